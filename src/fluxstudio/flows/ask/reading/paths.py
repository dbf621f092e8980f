"""The most likely ways to take all words of a question: paths through everything they can stand for."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from fluxstudio.flows.ask.language.dates import span_at, unit_of
from fluxstudio.flows.ask.language.keywords import Keyword, keywords_at
from fluxstudio.flows.ask.language.tokens import Token
from fluxstudio.flows.ask.language.units import unit_called
from fluxstudio.flows.ask.language.words import is_verbal, lemma
from fluxstudio.flows.ask.reading.lexemes import Bucket, Flag, Lexeme, Number, TextLexeme, Unknown, Value
from fluxstudio.flows.ask.reading.losses import BEING, loss
from fluxstudio.flows.ask.reading.vocabulary import LONGEST_SPAN, Named, Vocabulary, texts
from fluxstudio.flows.ask.schema.model import Entity, Field

# Every lexeme costs a little, so that fewer and longer ones are preferred.
_EACH = 0.06
_DOUBT = 1.2
_MOST_MEANINGS, _WIDEST = 5, 0.45
# A column of the table that is named is meant unless another's fits so much better.
_MUCH_LESS_EXACT = 0.25
_CERTAIN, _FAIRLY_CERTAIN, _EXACT = 0.3, 0.5, 0.15
_SURE_PHRASE, _SURE_VERB = 0.95, 0.2
_ADVERBS = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annual": "year",
    "annually": "year",
    "hourly": "hour",
}


@dataclass(frozen=True, slots=True)
class Path:
    """A way to take all tokens, and what it costs."""

    lexemes: tuple[Lexeme, ...]
    cost: float


def paths(vocabulary: Vocabulary, tokens: Sequence[Token], today: date, most: int) -> list[Path]:
    """The cheapest paths, at most so many, the cheapest first."""
    mentions = _mentions(vocabulary, tokens)
    anchors = _anchors(mentions)
    arcs: list[list[Lexeme]] = [[] for _ in tokens]
    for start, end, named in mentions:
        cost = _EACH + _DOUBT * (1 - named.score) + _remoteness(vocabulary, named, anchors)
        if isinstance(named.meaning, Value) and named.meaning.exact and end > start + 1:
            # Several words that are a whole value are no chance.
            cost = min(cost, 0.5 * _EACH)
        arcs[start].append(Lexeme(start, end, named.meaning, cost, texts(tokens[start:end])))
    mentioned = {
        arc.meaning
        for listed in arcs
        for arc in listed
        if isinstance(arc.meaning, Entity) and arc.cost < 0.25
    }
    phrases = [
        (start, end) for start, end, named in mentions if end > start + 1 and named.score >= _SURE_PHRASE
    ]
    for place in range(len(tokens)):
        span = span_at(tokens, place, today)
        if span is not None and span[0] > place + 1:
            # In "May 2026" nothing may be.
            phrases.append((place, span[0]))
    for place in range(len(tokens)):
        arcs[place] = _without_keys(vocabulary, _own_first(arcs[place], mentioned))
        others = _within_phrases(_others(tokens, place, today), phrases)
        arcs[place] = _useful(_longest_values(_likely(arcs[place])), others)
    return _cheapest(arcs, len(tokens), most)


def _mentions(vocabulary: Vocabulary, tokens: Sequence[Token]) -> list[tuple[int, int, Named]]:
    return [
        (start, end, named)
        for start in range(len(tokens))
        for end in range(start + 1, min(len(tokens), start + LONGEST_SPAN) + 1)
        for named in vocabulary.named(tokens[start:end])
        if end == start + 1
        or (
            (not _is_edge(tokens[start]) or _begins_name(tokens, start))
            and not _is_edge(tokens[end - 1], tokens[end - 2])
        )
        if not _counts(tokens, start, named)
    ]


def _counts(tokens: Sequence[Token], start: int, named: Named) -> bool:
    """Whether a unit stands after a number, as in `20 litres`, rather than for a column in litres."""
    unit = unit_called(tokens[start].lower)
    if unit is None or start == 0 or tokens[start - 1].number is None:
        return False
    return isinstance(named.meaning, Field) and lemma(tokens[start].lower) not in named.meaning.words


def _begins_name(tokens: Sequence[Token], start: int) -> bool:
    """Whether an article is part of a name, as in `who directed The Tide`."""
    named = [token.is_name for token in tokens[start : start + 2]]
    return start > 0 and named == [True, True]


def _is_edge(token: Token, before: Token | None = None) -> bool:
    if token.lower == "by" and before is not None and is_verbal(before.lower):
        # "Invited by" may be what a column is called.
        return False
    return token.kind == "sign" or token.lower in ("of", "the", "a", "an", "for", "in", "by")


def _anchors(mentions: Sequence[tuple[int, int, Named]]) -> set[Entity]:
    """Tables that are certainly meant: named themselves, or the only ones with such a column or value."""
    anchors: set[Entity] = set()
    by_start: dict[tuple[int, int], list[Named]] = {}
    for start, end, named in mentions:
        by_start.setdefault((start, end), []).append(named)
        if isinstance(named.meaning, Entity) and named.score >= 0.84:
            anchors.add(named.meaning)
    for group in by_start.values():
        sure = [named for named in group if named.score >= 0.88]
        if len(sure) == 1 and not isinstance(sure[0].meaning, Entity):
            anchors.add(_entity(sure[0]))
    return anchors


def _entity(named: Named) -> Entity:
    meaning = named.meaning
    if isinstance(meaning, Entity):
        return meaning
    return meaning.entity if isinstance(meaning, Field) else meaning.field.entity


def _remoteness(vocabulary: Vocabulary, named: Named, anchors: set[Entity]) -> float:
    entity = _entity(named)
    if not anchors or entity in anchors:
        return 0.0
    nearest = min(vocabulary.model.distance(anchor, entity) for anchor in anchors)
    return 0.05 if nearest <= 0.7 else 0.09 if nearest <= 1.3 else 0.22 if nearest <= 2.5 else 0.45


def _likely(arcs: list[Lexeme]) -> list[Lexeme]:
    """Of the meanings of each stretch those that are not much worse than the best."""
    lexemes: list[Lexeme] = []
    for end in sorted({arc.end for arc in arcs}):
        group = sorted((arc for arc in arcs if arc.end == end), key=lambda arc: arc.cost)
        lexemes += [arc for arc in group if arc.cost <= group[0].cost + _WIDEST][:_MOST_MEANINGS]
    return lexemes


def _without_keys(vocabulary: Vocabulary, arcs: list[Lexeme]) -> list[Lexeme]:
    """All arcs but columns that refer to a table which the same words name: `batches` are no `batch_no`."""
    named = {
        (arc.end, arc.meaning.id) for arc in arcs if isinstance(arc.meaning, Entity) and arc.cost < _EXACT
    }
    roles = {arc.end for arc in arcs if isinstance(arc.meaning, Entity) and arc.meaning.base is not None}
    return [
        # Who directs is the director, whatever else directors are.
        _costlier(arc, 0.1) if isinstance(arc.meaning, Value) and arc.end in roles else arc
        for arc in arcs
        if not isinstance(arc.meaning, Field)
        or not any((arc.end, target) in named for target in vocabulary.targets(arc.meaning))
    ]


def _longest_values(arcs: list[Lexeme]) -> list[Lexeme]:
    """Whole values cost more where a longer one of the same column begins: `Room 12` is not `Room 1`."""
    longest: dict[Field, int] = {}
    for arc in arcs:
        if isinstance(arc.meaning, Value) and arc.meaning.exact and arc.end > arc.start + 1:
            longest[arc.meaning.field] = max(arc.end, longest.get(arc.meaning.field, 0))
    return [
        _costlier(arc, 0.2)
        if isinstance(arc.meaning, Value) and arc.end < longest.get(arc.meaning.field, 0)
        else arc
        for arc in arcs
    ]


def _own_first(arcs: list[Lexeme], mentioned: set[Entity]) -> list[Lexeme]:
    """Columns of other tables cost more where one of the tables named has such a column."""
    owned: dict[int, float] = {}
    for arc in arcs:
        if isinstance(arc.meaning, Field) and arc.meaning.entity in mentioned and arc.cost < 0.5:
            owned[arc.end] = min(arc.cost, owned.get(arc.end, arc.cost))
    return [
        replace(arc, cost=arc.cost + 0.15)
        if isinstance(arc.meaning, Value)
        and arc.end in owned
        and arc.meaning.field.entity not in mentioned
        and arc.text.lower().endswith("ed")
        else replace(arc, cost=arc.cost + 0.25)
        if isinstance(arc.meaning, Field)
        and arc.meaning.entity not in mentioned
        and owned.get(arc.end, 9.0) <= arc.cost + _MUCH_LESS_EXACT
        else arc
        for arc in arcs
    ]


def _useful(named: list[Lexeme], others: list[Lexeme]) -> list[Lexeme]:
    """All arcs but those that say less: shorter keywords, and meaningful words taken for nothing."""
    longest = max((arc.end for arc in others if isinstance(arc.meaning, Keyword)), default=0)
    certain = any(arc.cost < _FAIRLY_CERTAIN for arc in named)
    lexemes = [
        arc
        for arc in others
        if not (isinstance(arc.meaning, Keyword) and arc.end < longest)
        and not (
            isinstance(arc.meaning, Unknown)
            and (longest or (certain and not arc.text.endswith(("ed", "ing"))))
        )
        and not (
            isinstance(arc.meaning, TextLexeme)
            and not arc.meaning.quoted
            and any(one.cost < _CERTAIN for one in named)
        )
    ]
    if any(arc.cost < _SURE_VERB for arc in named):
        lexemes = [_costlier(arc, 0.1) if isinstance(arc.meaning, Unknown) else arc for arc in lexemes]
    tables = {arc.end: arc.cost for arc in named if isinstance(arc.meaning, Entity)}
    phrase = max((arc.end - arc.start for arc in others if isinstance(arc.meaning, Keyword)), default=0)
    for place, arc in enumerate(named):
        if arc.end - arc.start < phrase:
            # "Order by" sorts, whatever is called an order.
            named[place] = arc = replace(arc, cost=arc.cost + 0.3)
        if isinstance(arc.meaning, Field) and arc.cost >= tables.get(arc.end, 9.0):
            named[place] = replace(arc, cost=arc.cost + 0.1)
    return named + _below_values(named, lexemes)


def _costlier(arc: Lexeme, by: float) -> Lexeme:
    return replace(arc, cost=arc.cost + by)


def _within_phrases(others: list[Lexeme], phrases: Sequence[tuple[int, int]]) -> list[Lexeme]:
    """Words of structure cost more within a name of several words: `on display`, `report to`."""
    return [
        replace(arc, cost=arc.cost + 0.1)
        if isinstance(arc.meaning, Keyword)
        and any(
            start <= arc.start < arc.end <= end and arc.end - arc.start < end - start
            for start, end in phrases
        )
        else arc
        for arc in others
    ]


def _below_values(named: Sequence[Lexeme], lexemes: Sequence[Lexeme]) -> list[Lexeme]:
    """Words that can be left out cost more where they are a value or a table: `done` may be a status."""
    values = {
        arc.end for arc in named if isinstance(arc.meaning, Value) and arc.meaning.exact and arc.cost < _EXACT
    }
    values |= {
        arc.end
        for arc in named
        if (isinstance(arc.meaning, Entity) and arc.cost < _EXACT)
        or (arc.end > arc.start + 1 and arc.cost < 0.2)
    }
    return [
        _costlier(arc, 0.3) if arc.end in values and arc.meaning == Keyword("skip") else arc
        for arc in lexemes
    ]


def _others(tokens: Sequence[Token], place: int, today: date) -> list[Lexeme]:
    """What a token is apart from names of the schema."""
    token = tokens[place]
    made = [
        Lexeme(place, end, keyword, 0.02 if keyword.role == "skip" else 0.04, texts(tokens[place:end]))
        for end, keyword in keywords_at(tokens, place)
        if not (keyword.role == "skip" and _is_away(tokens, place))
    ]
    span = span_at(tokens, place, today)
    if span is not None:
        made.append(Lexeme(place, span[0], span[1], 0.03, span[1].text))
    if token.number is not None:
        made.append(
            Lexeme(
                place,
                place + 1,
                Number(token.number, token.percent, token.text[:1] in "$€£"),
                0.05,
                token.text,
            )
        )
    unit = _ADVERBS.get(token.lower) or (unit_of(token.lower) if token.kind == "word" else None)
    if unit in ("hour", "day", "week", "month", "quarter", "year"):
        made.append(Lexeme(place, place + 1, Bucket(unit), 0.12, token.text))
    if token.kind == "quoted":
        made.append(Lexeme(place, place + 1, TextLexeme(token.text, quoted=True), 0.2, token.text))
    elif token.kind == "sign":
        if not made:
            made.append(Lexeme(place, place + 1, Keyword("skip"), 0.0, token.text))
    else:
        made += _names(tokens, place)
        made.append(
            Lexeme(
                place, place + 1, Unknown(token.text, loss(tokens, place)), loss(tokens, place), token.text
            )
        )
    return made


def _is_away(tokens: Sequence[Token], place: int) -> bool:
    """Whether it is said that something is out, which says what no word to leave out does."""
    return tokens[place].lower == "out" and place > 0 and tokens[place - 1].lower in BEING


def _names(tokens: Sequence[Token], place: int) -> list[Lexeme]:
    """Words written like a name, which no value that was sampled has."""
    end = place
    while end < len(tokens) and tokens[end].is_name and end - place < 4:
        end += 1
    if end == place or (place == 0 and end == 1):
        return []
    start = place
    return [
        Lexeme(start, end, TextLexeme(texts(tokens[start:end]), quoted=False), 0.5, texts(tokens[start:end]))
    ]


def _cheapest(arcs: Sequence[Sequence[Lexeme]], length: int, most: int) -> list[Path]:
    """The cheapest paths from the first token to the last; at every token the best few so far are kept."""
    reached: list[list[tuple[float, int, tuple[Lexeme, ...]]]] = [[] for _ in range(length + 1)]
    reached[0] = [(0.0, 0, ())]
    number = 0
    for place in range(length):
        for cost, _, lexemes in heapq.nsmallest(most, reached[place]):
            for arc in arcs[place]:
                number += 1
                reached[arc.end].append((cost + arc.cost, number, (*lexemes, arc)))
    best = heapq.nsmallest(most, reached[length])
    return [Path(lexemes, cost) for cost, _, lexemes in best]


__all__ = ["Flag", "Path", "Value", "paths"]

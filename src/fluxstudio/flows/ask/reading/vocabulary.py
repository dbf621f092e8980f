"""The words of a model, and which of its tables, columns and values a stretch of a question names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fluxstudio.flows.ask.language.lexicon import LIGHT, NOT_YET, OPPOSITES
from fluxstudio.flows.ask.language.tokens import Token
from fluxstudio.flows.ask.language.words import (
    ABBREVIATED,
    DERIVED,
    INFLECTED,
    is_verbal,
    lemma,
    similarity,
    stem,
)
from fluxstudio.flows.ask.reading.choices import money
from fluxstudio.flows.ask.reading.codes import called
from fluxstudio.flows.ask.reading.lexemes import Flag, OverdueFlag, Value
from fluxstudio.flows.ask.reading.weights import field_weights, head, weights
from fluxstudio.flows.ask.schema.deadlines import deadline_of, is_planned
from fluxstudio.flows.ask.schema.graph import Model
from fluxstudio.flows.ask.schema.model import KEY_WORDS, Entity, Field

LONGEST_SPAN = 5
_MEMORY = 20_000
_NOUN_ENDINGS = ("ion", "ance", "ence", "ment", "al", "ure")
# `max_seats` are not the seats.
_BOUNDS = {"max", "maximum", "min", "minimum", "limit", "target", "planned", "expected"}
# How surely revenue is the one amount of money in a table.
_AS_MONEY = 0.8
# How surely a date that is missing is what a word such as `open` says.
_AS_NOT_YET = 0.88
_ASSIGN = {"assign", "allocate"}
_OPPOSITES = ("un", "in", "non", "dis", "im")


@dataclass(frozen=True, slots=True, eq=False)
class _Name:
    """One of the names of an entity or a field, with the weight of each of its words."""

    owner: Entity | Field
    words: tuple[str, ...]
    weights: tuple[float, ...]
    trust: float = 1.0


@dataclass(frozen=True, slots=True)
class Named:
    """What was named, and how surely: 0 to 1."""

    meaning: Entity | Field | Value | Flag
    score: float


class Vocabulary:
    """Finds what words of a question name in one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._names: defaultdict[str, list[tuple[_Name, int]]] = defaultdict(list)
        self._values: defaultdict[str, list[Value]] = defaultdict(list)
        self._codes: defaultdict[str, list[Value]] = defaultdict(list)
        self._stems: defaultdict[str, list[Value]] = defaultdict(list)
        self._value_words: defaultdict[str, list[Value]] = defaultdict(list)
        self._similar: dict[str, list[tuple[str, float]]] = {}
        for entity in (*model.entities, *model.roles):
            for words in (entity.words, *entity.aliases):
                self._add(_Name(entity, words, weights(words)))
        for entity in model.entities:
            for field in entity.fields:
                self._add(_Name(field, field.words, field_weights(field)))
                for words in field.aliases:
                    self._add(_Name(field, words, weights(words), 0.98))
                for text in field.column.values:
                    self._add_value(field, text)

    def _add(self, name: _Name) -> None:
        for place, word in enumerate(name.words):
            self._names[word].append((name, place))

    def _add_value(self, field: Field, text: str) -> None:
        value = Value(field, text)
        words = _spoken(text)
        self._values[" ".join(words)].append(value)
        based = " ".join(lemma(word) for word in words)
        if based != " ".join(words):
            self._values[based].append(Value(field, text))
        for name in called(field, text):
            spoken = _spoken(name)
            for form in {" ".join(spoken), " ".join(map(lemma, spoken))}:
                self._codes[form].append(value)
        if len(words) == 1 and text.islower():
            self._stems[stem(lemma(text))].append(value)
        if 1 < len(words) <= 8:
            for word in set(words):
                if len(word) >= 3:
                    self._value_words[word].append(value)

    def targets(self, field: Field) -> set[str]:
        """The tables that a column refers to, or is the key of."""
        refers = (
            one.target.id
            for one in self.model.references
            if one.source is field.entity and one.columns == (field.name,)
        )
        return {*refers, *([field.entity.id] if field.entity.key == (field.name,) else [])}

    def named(self, tokens: Sequence[Token]) -> Iterator[Named]:
        """Everything that the tokens as a whole may name."""
        if tokens[0].kind not in ("sign",) and tokens[-1].kind != "sign":
            plain = [token for token in tokens if token.lower not in ("of", "the", "-")]
            yield from self._schema_names(plain, whole=len(plain) < len(tokens))
        yield from self._value_names(tokens)

    # --- tables and columns -------------------------------------------------------------------------------

    def _schema_names(self, tokens: Sequence[Token], *, whole: bool) -> Iterator[Named]:
        if not tokens or any(token.kind not in ("word", "number") for token in tokens):
            return
        best: dict[Entity | Field, float] = {}
        for name, score in self._matches([token.lower for token in tokens], whole=whole):
            best[name.owner] = max(best.get(name.owner, 0.0), score * name.trust)
        if len(tokens) == 2:
            joined = tokens[0].lower + tokens[1].lower
            for name, score in self._matches([joined]):
                if score > 0.95:
                    best[name.owner] = max(best.get(name.owner, 0.0), score * name.trust)
        for owner, score in best.items():
            role = self._referred(owner, [token.lower for token in tokens])
            if role is not None and len(tokens) > 2 and tokens[-1].lower == "by":
                # "Patients referred by" are not who referred them.
                continue
            if role is None or role not in best:
                yield Named(role or owner, score)
        if len(tokens) == 1:
            yield from self._opposites(tokens[0].lower)
            yield from self._not_yet(tokens[0].lower)
            yield from self._overdue(tokens[0].lower)
            yield from self._assigned(tokens[0].lower, best)
            if lemma(tokens[0].lower) in ("revenue", "turnover", "proceeds", "spend"):
                yield from self._money(best)

    def _matches(self, words: Sequence[str], *, whole: bool = False) -> Iterator[tuple[_Name, float]]:
        """Names that have all the words, or (unless `whole`) all but those of their table's name."""
        hits: defaultdict[_Name, list[tuple[int, int, float]]] = defaultdict(list)
        for at, word in enumerate(words):
            for entry_name, likeness in self._like(word):
                for name, place in self._names[entry_name]:
                    hits[name].append((at, place, likeness))
        for name, hits_of_name in hits.items():
            if whole and len({at for at, _, _ in hits_of_name}) < len(words):
                continue
            score = self._score(name, hits_of_name, words)
            if score > 0.4:
                yield name, score

    def _like(self, word: str) -> list[tuple[str, float]]:
        """The words of the model that are like a word of the question."""
        similar = self._similar.get(word)
        if similar is None:
            similar = [(name, likeness) for name in self._names if (likeness := similarity(word, name)) > 0.0]
            if len(self._similar) > _MEMORY:
                self._similar.clear()
            self._similar[word] = similar
        return similar

    def _score(self, name: _Name, hits: list[tuple[int, int, float]], words: Sequence[str]) -> float:
        placed: dict[int, tuple[int, float]] = {}
        used: set[int] = set()
        for at, place, likeness in sorted(hits, key=lambda hit: -hit[2]):
            if at not in placed and place not in used:
                placed[at] = (place, likeness)
                used.add(place)
        if {"who", "that"} & set(name.words) and len(used) < len(name.words):
            # "People who" without what they did is nobody's role.
            return 0.0
        rest = [word for at, word in enumerate(words) if at not in placed]
        context = 0.0
        if rest:
            if isinstance(name.owner, Entity):
                return 0.0
            likenesses = [self._beside(name.owner, word) for word in rest]
            if not all(likenesses):
                return 0.0
            context = sum(likenesses) / len(likenesses)
            if min(at for at in range(len(words)) if at not in placed) > min(placed) and words[-1] not in (
                "name",
                "names",
            ):
                context -= 0.25
        if isinstance(name.owner, Field) and self._lacks_key(name, {place for place, _ in placed.values()}):
            return 0.0
        matched_words = [words[at] for at in placed]
        if not (
            isinstance(name.owner, Field) and any(map(is_verbal, matched_words))
        ) and self._says_table_only(name, used):
            return 0.0
        verbal = any(
            len(words) > 1 and is_verbal(words[at]) and likeness < INFLECTED
            for at, (_, likeness) in placed.items()
        )
        if verbal:
            return 0.0
        unsaid = {word for place, word in enumerate(name.words) if place not in used}
        bound = 0.2 if unsaid & _BOUNDS else 0.0
        matched = sum(name.weights[place] for place, _ in placed.values())
        quality = sum(likeness for _, likeness in placed.values()) / len(placed)
        if rest:
            quality = (quality * len(placed) + context * len(rest)) / len(words)
        order = [placed[at][0] for at in sorted(placed)]
        shuffled = 0.12 if order != sorted(order) else 0.0
        telling = {head(name.words, name.weights), len(name.words) - 1}
        beside = 0.06 if isinstance(name.owner, Field) and not telling & used else 0.0
        return quality * (0.6 + 0.4 * matched / sum(name.weights)) - shuffled - bound - beside

    def _lacks_key(self, name: _Name, placed: set[int]) -> bool:
        """Whether only the table's name was said of a key: `order` is not `order_id`."""
        if len(name.words) < 2 or name.words[-1] not in KEY_WORDS or len(name.words) - 1 in placed:
            return False
        assert isinstance(name.owner, Field)
        if self.model.role_of(name.owner) is not None:
            # "Invited by" of `invited_by_id`.
            return False
        return name.owner.is_key

    def _says_table_only(self, name: _Name, placed: set[int]) -> bool:
        """Whether only its table's name was said of a column or a role: `order` of `order_date`."""
        rest = [place for place in range(len(name.words)) if place not in placed]
        if not rest:
            return False
        role = name.owner if isinstance(name.owner, Entity) else self.model.role_of(name.owner)
        if isinstance(name.owner, Entity) or role is not None:
            own, fewest = (role.base.words if role is not None and role.base else ()), ABBREVIATED
        else:
            own, fewest = name.owner.entity.words, DERIVED
        likenesses = (max((similarity(name.words[at], one) for one in own), default=0.0) for at in placed)
        return all(likeness >= fewest for likeness in likenesses)

    def _referred(self, owner: Entity | Field, words: Sequence[str]) -> Entity | None:
        """The role that a column refers to, unless its key is asked for: `fed from` of `feeds_from`."""
        if not isinstance(owner, Field) or KEY_WORDS & set(words):
            return None
        return self.model.role_of(owner)

    def _beside(self, field: Field, word: str) -> float:
        """How well a word goes with a column that it is not part of the name of."""
        if word in ("name", "names", "number", "numbers") and field.kind == "text":
            return 0.95
        if word in ("date", "dates", "time", "day") and field.kind in ("date", "time"):
            return 0.95
        if word != lemma(word):
            return 0.0
        likeness = self._of_table(field.entity, word)
        return likeness if likeness >= ABBREVIATED else 0.0

    def _of_table(self, entity: Entity, word: str) -> float:
        return max(
            (similarity(word, own) for words in (entity.words, *entity.aliases) for own in words), default=0.0
        )

    def _money(self, named: Mapping[Entity | Field, float]) -> Iterator[Named]:
        """What was taken or spent, in tables with one amount of money."""
        for entity in self.model.entities:
            listed = money(entity)
            if len(listed) == 1 and listed[0] not in named:
                yield Named(listed[0], _AS_MONEY)

    def _opposites(self, word: str) -> Iterator[Named]:
        if word in OPPOSITES:
            for name, score in self._matches([OPPOSITES[word]]):
                if isinstance(name.owner, Field) and name.owner.kind == "boolean":
                    yield Named(Flag(name.owner, holds=False), score * 0.97)
        for prefix in _OPPOSITES:
            if word.startswith(prefix) and len(word) > len(prefix) + 3:
                for name, score in self._matches([word.removeprefix(prefix)]):
                    if isinstance(name.owner, Field) and self._may_be_missing(name.owner):
                        # "Unpaid" says less of an `autopay_flag` than of `paid_on`.
                        telling = [one for one in name.words if one not in LIGHT]
                        yield Named(
                            Flag(name.owner, holds=False), score * (0.97 if len(telling) < 2 else 0.9)
                        )

    def _not_yet(self, word: str) -> Iterator[Named]:
        """`open` and `outstanding`: what is closed or settled at a date, and has none yet."""
        for entity in self.model.entities if word in NOT_YET else ():
            dates = [
                one
                for one in entity.fields
                if one.kind in ("date", "time")
                and one.column.nullable
                and any(lemma(own) in NOT_YET[word] for own in one.words)
                and not is_planned(one)
            ]
            if len(dates) == 1:
                yield Named(Flag(dates[0], holds=False), _AS_NOT_YET)

    def _overdue(self, word: str) -> Iterator[Named]:
        """`overdue`: due before today, and not done."""
        for entity in self.model.entities if word == "overdue" else ():
            dates = deadline_of(entity)
            if dates is not None:
                yield Named(OverdueFlag(dates[0], holds=True, done=dates[1]), _AS_NOT_YET)

    def _assigned(self, word: str, named: Mapping[Entity | Field, float]) -> Iterator[Named]:
        """`assigned` to whoever a row refers to, where there is one such column and no name says so."""
        if lemma(word.removeprefix("un")) not in _ASSIGN:
            return
        for entity in () if named else self.model.entities:
            people = [
                entity.field(one.columns[0])
                for one in self.model.references
                if one.source is entity and one.target.is_person and one.target is not entity
                if len(one.columns) == 1 and entity.field(one.columns[0]).column.nullable
            ]
            if len(people) == 1:
                yield Named(Flag(people[0], holds=not word.startswith("un")), _AS_NOT_YET)

    def _may_be_missing(self, field: Field) -> bool:
        """Whether a word such as `unpaid` or `unassigned` can deny what a column says."""
        refers = self.model.role_of(field) is not None and field.column.nullable
        return refers or field.kind in ("boolean", "date", "time")

    # --- values -------------------------------------------------------------------------------------------

    def _value_names(self, tokens: Sequence[Token]) -> Iterator[Named]:
        quoted = len(tokens) == 1 and tokens[0].kind == "quoted"
        words = (
            _spoken(tokens[0].text)
            if quoted
            else tuple(_plain(token.lower) for token in tokens if token.kind != "sign")
        )
        spoken = " ".join(words)
        if not spoken or (
            not quoted and any(token.kind == "number" for token in tokens) and len(tokens) == 1
        ):
            return
        named = quoted or any(token.is_name for token in tokens)
        whole = list(self._whole_values(words, tokens[0].text if named else ""))
        yield from whole
        if not whole and len(words) == 1 and spoken.endswith(_NOUN_ENDINGS):
            whole = [Named(value, 0.8) for value in self._stems.get(stem(spoken), ())]
            yield from whole
        if not whole and (named or len(words[0]) >= 4):
            yield from self._parts(words, 0.88 if quoted else 0.8 if named else 0.62)

    def _whole_values(self, words: Sequence[str], name: str) -> Iterator[Named]:
        """Values that are the words, or go by them; `name` is the first word where it is written like one."""
        spoken = " ".join(words)
        seen: set[tuple[Field, str]] = set()
        # "do" is not the status "done": short words are values only as they are.
        based = " ".join(map(lemma, words)) if len(spoken) >= 4 else spoken
        for text, score in ((spoken, 0.98), (based, 0.9)):
            if text == based != spoken and len(text) < 3:
                continue
            for value in self._values.get(text, ()):
                own = " ".join(_spoken(value.text))
                short = (len(spoken) < 4 and spoken != own) or (len(value.text) < 3 and value.text != name)
                if not short and (value.field, value.text) not in seen and not _is_over(spoken, [own]):
                    seen.add((value.field, value.text))
                    yield Named(value, score + (0.02 if name else 0.0))
        for value in () if seen else self._codes.get(spoken, ()) or self._codes.get(based, ()):
            if not _is_over(spoken, called(value.field, value.text)):
                yield Named(value, 0.96)

    def _parts(self, words: Sequence[str], score: float) -> Iterator[Named]:
        """Values that the words are a part of; one for each column."""
        spoken = " ".join(words)
        seen: set[Field] = set()
        for value in self._value_words.get(words[0], ()):
            if value.field not in seen and re.search(
                rf"\b{re.escape(spoken)}\b", " ".join(_spoken(value.text))
            ):
                seen.add(value.field)
                yield Named(Value(value.field, spoken, exact=False), score)


def _is_over(spoken: str, names: Iterable[str]) -> bool:
    """Whether words say that something is over which a value says is going on: `fermented`, `fermenting`."""
    return spoken.endswith("ed") and any(one.endswith("ing") for one in names)


def _spoken(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s_\-/,.:()]+", text.lower()) if word)


def _plain(word: str) -> str:
    return word.replace("-", " ").replace("_", " ")


def texts(tokens: Iterable[Token]) -> str:
    """Tokens as they were written, with single spaces."""
    return " ".join(token.text for token in tokens)


__all__ = ["INFLECTED", "LONGEST_SPAN", "Named", "Vocabulary", "texts"]

"""From a question to SQL without a language model: all readings, and the best or a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fluxstudio.core.ask.schema import Schema
from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.tokens import Token, tokens
from fluxstudio.flows.ask.language.words import lemma, plural
from fluxstudio.flows.ask.questions import LONGEST_QUESTION
from fluxstudio.flows.ask.reading.completion import complete
from fluxstudio.flows.ask.reading.coverage import left_out
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Form
from fluxstudio.flows.ask.reading.grammar import Reader
from fluxstudio.flows.ask.reading.lexemes import Meaning, Unknown, Value
from fluxstudio.flows.ask.reading.paths import Path, paths
from fluxstudio.flows.ask.reading.vocabulary import Vocabulary
from fluxstudio.flows.ask.schema.graph import Hints, Model
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.sql.scope import OPEN
from fluxstudio.flows.ask.sql.statement import statement

MOST_TOKENS = 90
MOST_PATHS = 24
# What a reading may cost and still be an answer, and by how much the next one has to be worse.
TOO_DOUBTFUL, MARGIN = 0.75, 0.08
_PER_TOKEN = 0.05
_PER_JOIN = 0.05
# A reading that leaves out a word which weighs more than this answers another question.
_UNSPOKEN = 0.5
_SEVERAL = "That can mean several things. Say which you mean."
# Words that are lost at more than this are named where a question is refused.
_UNCLEAR = 0.3


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a question.

    Attributes:
        cost: how doubtful it is, from 0 on.
        assumed: what had to be assumed, in words.
        weight: how far apart the tables are that it joins.
    """

    sql: str
    cost: float
    form: Form
    path: Path
    assumed: tuple[str, ...] = ()
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The SQL that answers a question, and other readings of it."""

    reading: Reading
    others: tuple[Reading, ...] = ()

    @property
    def sql(self) -> str:
        return self.reading.sql


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question is not answered.

    Attributes:
        code: `too_long`, `empty`, `not_understood` or `ambiguous`.
        reason: what happened and what to do, in one or two sentences.
        understood: what parts of the question were taken for.
        readings: what it may mean, where it may mean several things.
    """

    code: str
    reason: str
    understood: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()


class Planner:
    """Plans questions over one schema. Safe to share between threads."""

    def __init__(self, schema: Schema) -> None:
        self.model = Model(schema)
        self.vocabulary = Vocabulary(self.model)
        # How many paths the last question made it read.
        self.read = 0
        self.relations = frozenset(entity.id for entity in self.model.entities)

    def plan(self, question: str, today: date) -> Plan | Refusal:
        """SQL for a question, or why there is none. Work is bounded whatever the question.

        Args:
            today: what years and months without a year are counted from.
        """
        if len(question) > LONGEST_QUESTION:
            return Refusal(
                "too_long", f"The question is too long. Ask in at most {LONGEST_QUESTION} characters."
            )
        cut = tokens(question, MOST_TOKENS)
        if len(cut) > MOST_TOKENS:
            return Refusal("too_long", "The question has too many words. Ask for one thing at a time.")
        if not any(token.kind in ("word", "quoted") for token in cut):
            return Refusal("empty", "There is no question. Ask in words, such as “How many …” or “Which …”.")
        candidates = paths(self.vocabulary, cut, today, MOST_PATHS)
        asked = {lemma(token.lower) for token in cut} | {token.lower for token in cut}
        readings = self._readings(candidates, asked)
        return self._judged(readings, candidates, cut)

    def _readings(self, candidates: Iterable[Path], asked: set[str]) -> list[Reading]:
        """The readings that make sense, the best first, each SQL once."""
        best: dict[str, Reading] = {}
        cheapest = float("inf")
        self.read = 0
        for path in candidates:
            # What a path costs its reading costs at least.
            if path.cost > cheapest + MARGIN:
                break
            self.read += 1
            reading = self._reading(path, asked)
            if reading is not None and (reading.sql not in best or reading.cost < best[reading.sql].cost):
                best[reading.sql] = reading
                cheapest = min(cheapest, reading.cost)
        return sorted(best.values(), key=lambda one: one.cost)

    def _reading(self, path: Path, asked: set[str], turn: int = 0) -> Reading | None:
        if any(isinstance(one.meaning, Unknown) and one.meaning.weight > _UNSPOKEN for one in path.lexemes):
            return None
        try:
            reader = Reader(self.model, path, turn)
            reader.read()
            form = complete(reader)
            if left_out(form, path.lexemes):
                return None
            named = frozenset(one.meaning for one in path.lexemes if isinstance(one.meaning, Entity))
            made = statement(form, self.model, Hints(frozenset(asked), named))
        except Unreadable:
            return None
        doubts = sum(cost for cost, _ in form.doubts)
        cost = path.cost + doubts + _PER_JOIN * made.weight
        assumed = tuple(text for price, text in form.doubts if price >= 0.1)
        return Reading(made.sql, cost, form, path, assumed, made.weight)

    def _judged(
        self, readings: Sequence[Reading], candidates: Sequence[Path], cut: Sequence[Token]
    ) -> Plan | Refusal:
        if not readings:
            return Refusal("not_understood", self._why(candidates), understood=_understood(candidates))
        best = readings[0]
        asked = {lemma(token.lower) for token in cut} | {token.lower for token in cut}
        options = self._options(best, asked) or self._turned(best, asked)
        if len(options) > 1:
            return Refusal("ambiguous", _SEVERAL, _understood(candidates), options)
        if best.cost > TOO_DOUBTFUL + _PER_TOKEN * len(cut):
            return Refusal("not_understood", self._why(candidates), understood=_understood(candidates))
        near = [
            one for one in readings[1:] if one.cost < best.cost + MARGIN and _bare(one.sql) != _bare(best.sql)
        ]
        if near:
            return Refusal("ambiguous", _SEVERAL, _understood(candidates), (best, *near[:3]))
        return Plan(best, tuple(readings[1:4]))

    def _options(self, best: Reading, asked: set[str]) -> tuple[Reading, ...]:
        """A reading for each of the references that no word of the question chooses between."""
        if best.weight < OPEN:
            return ()
        options: list[Reading] = []
        for role, words in self.model.choices:
            again = self._reading(best.path, asked | words)
            if again is not None and again.weight < OPEN and again.sql not in {one.sql for one in options}:
                options.append(replace(again, assumed=(f"by {role}",)))
        return tuple(options[:4])

    def _turned(self, best: Reading, asked: set[str]) -> tuple[Reading, ...]:
        """A reading and the other way in which its words go together; nothing where there is none."""
        other = self._reading(best.path, asked, turn=1) if best.form.turns else None
        return (best, other) if other is not None and other.sql != best.sql else ()

    def _why(self, candidates: Sequence[Path]) -> str:
        """Why there is no reading good enough, and what would work."""
        joining = self.model.links | self.model.pairs
        tables = [plural(one.words) for one in self.model.entities if one not in joining][:5]
        advice = f"Ask about {', '.join(tables)}." if tables else "There is nothing to ask about here."
        best = candidates[0].lexemes if candidates else ()
        unknown = [(one.text, one.meaning) for one in best]
        strange = [text for text, it in unknown if isinstance(it, Unknown) and it.weight > _UNCLEAR]
        if strange:
            listed = ", ".join(f"“{word}”" for word in dict.fromkeys(strange[:3]))
            return f"Nothing here is called {listed}. {advice}"
        return f"The words are clear, but not how they go together. Ask for one thing at a time. {advice}"


def _bare(sql: str) -> str:
    """SQL without the names of tables: readings may differ in whose column of a name they take."""
    return re.sub(r"\b[a-z_]+\d*\.| AS [a-z_]+\d*\b", "", sql).lower()


def _understood(candidates: Sequence[Path]) -> tuple[str, ...]:
    """The parts of a question that mean something here, by its likeliest path."""
    if not candidates:
        return ()
    described = ((one.text, _described(one.meaning)) for one in candidates[0].lexemes)
    return tuple(f"“{text}” as {what}" for text, what in described if what)


def _described(meaning: Meaning) -> str:
    """What a stretch of a question was taken for; nothing for words of structure."""
    match meaning:
        case Entity():
            return " ".join(meaning.words)
        case Field():
            return f"{' '.join(meaning.words)} of {' '.join(meaning.entity.words)}"
        case Value():
            named = " ".join(meaning.field.words)
            return f"{'an' if named[0] in 'aeiou' else 'a'} {named} of {' '.join(meaning.field.entity.words)}"
        case Span():
            return meaning.text
    return ""

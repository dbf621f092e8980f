"""Times from one date to another: `how long between order and delivery`, `paid within 10 days of issue`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fluxstudio.flows.ask.language.words import lemma
from fluxstudio.flows.ask.reading.choices import time_field
from fluxstudio.flows.ask.reading.form import Test
from fluxstudio.flows.ask.reading.lexemes import Bucket, Number, Unknown
from fluxstudio.flows.ask.reading.likeness import Likeness
from fluxstudio.flows.ask.reading.nouns import Noun
from fluxstudio.flows.ask.schema.lapses import SECONDS, Lapse, date_called, dates_of, duration_of, lapse
from fluxstudio.flows.ask.schema.model import Entity, Field

_AGGREGATES = ("avg", "max", "min", "median", "sum", "count")
_PASSING = {
    "pass",
    "passes",
    "take",
    "takes",
    "took",
    "elapse",
    "elapsed",
    "go",
    "by",
    "needed",
    "last",
    "lasts",
}
_NIGHTS = {"night": "day"}
_LENGTHS = {"duration", "length", "runtime", "minute", "hour", "second", "day", "time"}


class Durations(Likeness):
    """Times from one date to another."""

    def _lapse(self) -> bool:
        """Take a time that is asked for; false, with nothing taken, where none is."""
        begin, aggregates, unit, is_asked = self.cursor.place, list[str](), "", False
        thing: Entity | None = None
        while not self.cursor.ended:
            meaning = self.cursor.peek()
            if keyword := self.cursor.accept(*_AGGREGATES):
                aggregates.append(keyword.role)
            elif self.cursor.accept("lapse"):
                is_asked = True
            elif not unit and (is_asked or aggregates) and self._unit_at():
                unit = self._unit_at()
                self.cursor.take()
            elif thing is None and isinstance(meaning, Entity) and not unit and self._leads_to_lapse():
                thing = meaning
                self.cursor.take()
            elif not (
                self.cursor.accept("skip", *(("comma",) if aggregates else ()))
                or self._passes()
                or self._in_unit(is_asked)
            ):
                break
        field = self._lapse_after(thing, unit or "day", lasting=is_asked or "sum" not in aggregates)
        if not (is_asked or unit):
            field = None
        if field is None:
            self.cursor.place = begin
            return False
        self._ask_lapse(field, [one for one in aggregates if one != "count"])
        return True

    def _unit_at(self, offset: int = 0) -> str:
        """The unit of time there; empty where none stands."""
        meaning = self.cursor.peek(offset)
        if isinstance(meaning, Bucket):
            return meaning.unit
        elsewhere = isinstance(meaning, Field) and meaning.entity not in (self.subject, *self.mentioned)
        word = lemma(self.cursor.text(offset).lower()) if elsewhere or isinstance(meaning, Unknown) else ""
        return _NIGHTS.get(word, word if word in SECONDS else "")

    def _leads_to_lapse(self) -> bool:
        return self.cursor.at("lapse", offset=1) is not None

    def _in_unit(self, is_asked: bool) -> bool:
        """Take the `in` of `in minutes`."""
        if is_asked and self.cursor.at("prep") and self._unit_at(1):
            self.cursor.take()
            return True
        return False

    def _passes(self) -> bool:
        if self.cursor.at("by") and isinstance(self.cursor.peek(1), Entity | Field | Bucket):
            return False
        if self.cursor.text().lower() in _PASSING:
            self.cursor.take()
            return True
        return False

    def _ask_lapse(self, field: Lapse, aggregates: list[str]) -> None:
        if self._unit_at(self.cursor.beyond("prep", "skip")):
            self.cursor.place += self.cursor.beyond("prep", "skip") + 1
        if not aggregates and not self.targets:
            self.doubt(0.05, "an average is meant")
            aggregates = ["avg"]
        self.mentioned.append(field.entity)
        self._place_lapse(Noun(core=field, aggregates=aggregates[:1]))

    def _place_lapse(self, noun: Noun) -> None:
        raise NotImplementedError

    # --- which dates --------------------------------------------------------------------------------------

    def _lapse_after(self, thing: Entity | None, unit: str, *, lasting: bool) -> Lapse | None:
        """The time that the words here say the dates of, or that the thing lasts."""
        begin = self.cursor.place
        for entity in self._dated(thing):
            self.cursor.place = begin
            field = self._between_dates(entity, unit)
            if field is not None:
                return field
        self.cursor.place = begin
        # Two dates that are named but belong to different tables are no whole stay.
        lasting = lasting and not self.cursor.at("between")
        for entity in self._dated(thing) if lasting else ():
            field = self._whole(entity, unit)
            if field is not None and (thing is None or thing is entity):
                return field
        return None

    def _whole(self, entity: Entity, unit: str) -> Lapse | None:
        """How long a row lasts, where no column says that already."""
        if any(one.kind == "number" and _LENGTHS & set(one.words) for one in entity.fields):
            return None
        return duration_of(entity, unit)

    def _dated(self, thing: Entity | None) -> Iterator[Entity]:
        """Tables with two dates, those that the question names first."""
        ahead = (one.meaning for one in self.cursor.lexemes)
        owners = (one.entity if isinstance(one, Field) else one for one in ahead)
        named = [one for one in owners if isinstance(one, Entity)]
        several = chain([thing] if thing else [], named, [] if named else self.model.entities)
        yield from (one for one in dict.fromkeys(several) if len(dates_of(one)) > 1)

    def _between_dates(self, entity: Entity, unit: str) -> Lapse | None:
        cursor = self.cursor
        cursor.skip("skip")
        word = cursor.text().lower()
        if cursor.accept("between") or word in ("from", "between"):
            cursor.place += word == "from"
            start = self._date(entity)
            if cursor.at("prep") and isinstance(cursor.peek(1 + self._skipped(1)), Entity):
                cursor.place += 2 + self._skipped(1)
            joined = cursor.accept("and", "to", "prep")
            return self._lapsed(start if joined else None, self._date(entity), unit)
        if word in ("to", "until", "till", "before"):
            cursor.take()
            return self._lapsed(self._beginning(entity), self._date(entity), unit)
        if word == "after":
            cursor.take()
            start = self._date(entity)
            if isinstance(cursor.peek(cursor.beyond("skip")), Entity):
                cursor.place += cursor.beyond("skip") + 1
            return self._lapsed(start, self._date(entity), unit)
        return None

    def _skipped(self, offset: int) -> int:
        """How many words without meaning stand from there on."""
        ahead = offset
        while self.cursor.at("skip", offset=ahead):
            ahead += 1
        return ahead - offset

    def _lapsed(self, start: Field | None, end: Field | None, unit: str) -> Lapse | None:
        if start is None or end is None or start is end:
            return None
        return lapse(start, end, unit)

    def _beginning(self, entity: Entity) -> Field | None:
        time = time_field(entity)
        return time[0] if time and time[1] else None

    def _date(self, entity: Entity) -> Field | None:
        """The date that is named here; it is taken."""
        self.cursor.skip("skip")
        meaning, text = self.cursor.peek(), self.cursor.text()
        if isinstance(meaning, Entity) and isinstance(self.cursor.peek(1), Field):
            self.cursor.take()
            meaning, text = self.cursor.peek(), self.cursor.text()
        if isinstance(meaning, Field) and meaning.entity is entity and meaning.kind in ("date", "time"):
            self.cursor.take()
            return meaning
        called = date_called(entity, text) if text else None
        if called is not None:
            self.cursor.take()
            while (
                isinstance(self.cursor.peek(), Unknown) and date_called(entity, self.cursor.text()) is called
            ):
                self.cursor.take()
            self.cursor.skip("skip")
        return called

    # --- compared -----------------------------------------------------------------------------------------

    def _lapse_compared(self, left: object, operator: str) -> bool:
        """Take `10 days after they were issued`, `5 days`; false where it is no time between dates."""
        cursor, begin = self.cursor, self.cursor.place
        cursor.skip("skip")
        number = cursor.peek()
        count = number.value if isinstance(number, Number) else 1.0
        cursor.place += isinstance(number, Number)
        unit = self._unit_at()
        if not unit:
            cursor.place = begin
            return False
        cursor.take()
        field = self._lapse_of(left, unit)
        if field is None:
            cursor.place = begin
            return False
        for one in (field.start, field.end):
            if one in self.form.columns:
                self.form.columns.remove(one)
        self._retract(field)
        self.pending = None
        self._add(Test(field, operator, count))
        return True

    def _retract(self, field: Lapse) -> None:
        """That a date has come goes without saying where it is compared."""
        self.form.conditions = [
            one
            for one in self.form.conditions
            if not (
                isinstance(one, Test) and one.field in (field.start, field.end) and one.operator == "true"
            )
        ]

    def _lapse_of(self, left: object, unit: str) -> Lapse | None:
        cursor, begin = self.cursor, self.cursor.place
        cursor.skip("skip")
        word = cursor.text().lower().split()[:1]
        if isinstance(left, Field) and left.kind in ("date", "time"):
            if word and word[0] in ("after", "of", "from", "since", "before"):
                cursor.take()
                other = self._date(left.entity)
                if word[0] == "before":
                    return self._lapsed(left, other, unit)
                return self._lapsed(other, left, unit)
            cursor.place = begin
            return None
        subject = self.subject
        if subject is None:
            return None
        field = self._between_dates(subject, unit)
        if field is None:
            cursor.place = begin
            field = self._whole(subject, unit)
        return field

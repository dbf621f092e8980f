"""Spans of time: which date they are of, and which are compared with one another."""

from __future__ import annotations

from typing import cast

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.words import lemma
from fluxstudio.flows.ask.reading.choices import time_field, year_field
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Measure, Test, When
from fluxstudio.flows.ask.reading.lexemes import Unknown, Value
from fluxstudio.flows.ask.reading.values import Values
from fluxstudio.flows.ask.schema.lapses import dates_of
from fluxstudio.flows.ask.schema.model import Entity, Field

# What happens to a row when it comes to be.
_CREATING = {
    "make",
    "place",
    "raise",
    "log",
    "file",
    "open",
    "record",
    "enter",
    "add",
    "report",
    "issue",
    "take",
    "do",
    "hold",
    "start",
    "begin",
    "get",
    "come",
    "receive",
    "sign",
    "write",
    "send",
    "happen",
    "run",
    "conduct",
    "give",
    "buy",
    "sell",
    "book",
}


class Spans(Values):
    """Spans of time: which date they are of, and which are compared with one another."""

    def _span(self, span: Span) -> None:
        self.cursor.take()
        when = self._when(span)
        if self.context == "versus" or (self.spans and self._spans_follow()):
            self.spans.append(when) if isinstance(when, When) else self._add(when)
            return
        if isinstance(when, When) and self._spans_follow_next():
            self.spans.append(when)
            return
        self._add(when)

    def _spans_follow(self) -> bool:
        offset = -2
        while self.cursor.at("skip", "prep", offset=offset):
            offset -= 1
        return self.cursor.at("versus", "and", "to", offset=offset) is not None and (
            self.share == "-" or self.cursor.at("versus", offset=offset) is not None
        )

    def _spans_follow_next(self) -> bool:
        offset = self.cursor.beyond("skip", "prep")
        joined = self.cursor.at("versus", offset=offset) or (
            self.share == "-" and self.cursor.at("and", "to", offset=offset)
        )
        if not joined:
            return False
        offset += 1
        while self.cursor.at("skip", "prep", "versus", "to", offset=offset):
            offset += 1
        return isinstance(self.cursor.peek(offset), Span)

    def _when(self, span: Span) -> When | Test:
        negated = self._take_negation()
        field = self.pending if isinstance(self.pending, Field) else None
        if field is None or not (field.kind in ("date", "time") or field.words[-1] == "year"):
            following = self.cursor.peek()
            field = following if isinstance(following, Field) and following.kind in ("date", "time") else None
            if field:
                self.cursor.take()
        if field is None:
            field = self._time_of_scope(span)
            if negated and not self._denied():
                raise Unreadable("what is denied is not clear")
        elif negated and field.column.nullable and (other := self._other_date(field)) is not None:
            # "Not cancelled in May": of those in May, or those that were not cancelled then.
            self.form.turns = True
            if self.turn == 1:
                self._add(Test(field, "null"))
                field, negated = other, False
        if field in self.form.columns and len(self.targets) > 1 and self.targets[0].core is not field:
            self.form.columns.remove(field)
        self.pending = None
        if field.kind == "number":
            return _years(field, span, negated)
        return When(field, span, negated)

    def _told_before(self) -> list[Entity]:
        """Whose rows a value right before the span is of: who `paid by card last month` did so then."""
        offset = -2
        while self.cursor.at("skip", "prep", offset=offset):
            offset -= 1
        value, subject = self.cursor.peek(offset), self.subject
        if not isinstance(value, Value) or subject is None or value.field.entity is subject:
            return []
        way = self.model.path([subject], value.field.entity) or []
        return [value.field.entity] if any(step.multiplies for step in way) else []

    def _denied(self) -> bool:
        """Whether `not` stands right before the span just taken, as in `not in 2020`."""
        offset = -2
        while self.cursor.at("skip", "prep", offset=offset):
            offset -= 1
        return self.cursor.at("not", offset=offset) is not None

    def _other_date(self, field: Field) -> Field | None:
        """When a row happened, where that is another date than this one."""
        time = time_field(field.entity)
        return None if time is None or time[0] is field else time[0]

    def _time_of_scope(self, span: Span) -> Field:
        candidates = [*self._told_before(), *([self.scope[0]] if self.scope else [])]
        candidates += [one.entity for one in self.form.measures if isinstance(one, Measure)]
        candidates += [*reversed(self.mentioned), *([self.subject] if self.subject else [])]
        for entity in candidates:
            if span.years and year_field(entity):
                return cast("Field", year_field(entity))
            time = time_field(entity)
            if time is not None:
                self._doubt_date(time, span)
                return time[0]
        subject = self.subject
        if subject is not None:
            for step in self.model.steps_from(subject):
                time = time_field(step.there)
                if time is not None:
                    self.doubt(0.4, f"“{span.text}” is about {time[0]!r}")
                    return time[0]
        raise Unreadable(f"nothing has a date for “{span.text}”")

    def _doubt_date(self, time: tuple[Field, bool], span: Span) -> None:
        """A verb that means nothing here may be what another date is of: `expire` is not when it was made."""
        offset = -2
        while self.cursor.at("skip", "prep", "rel", offset=offset):
            offset -= 1
        verb = self.cursor.text(offset).lower()
        strange = isinstance(self.cursor.peek(offset), Unknown) and lemma(verb) not in _CREATING
        if strange and len(dates_of(time[0].entity)) > 1:
            self.doubt(0.9, f"when they {verb} is {time[0].name}")
        elif not time[1]:
            self.doubt(0.1, f"“{span.text}” is about {time[0].name}")


def _years(field: Field, span: Span, negated: bool) -> Test:
    if span.years is None:
        raise Unreadable(f"“{span.text}” is not whole years")
    first, end = span.years
    if first is not None and end is not None:
        if end == first + 1:
            return Test(field, "=", first, negated=negated)
        return Test(field, "between", first, end - 1, negated)
    return (
        Test(field, ">=", first, negated=negated)
        if first is not None
        else Test(field, "<", end, negated=negated)
    )

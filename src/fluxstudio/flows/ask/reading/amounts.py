"""Numbers and dates as the columns hold them that they are compared with."""

from __future__ import annotations

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.units import unit_called, unit_in
from fluxstudio.flows.ask.language.words import lemma
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import When
from fluxstudio.flows.ask.reading.lexemes import Number
from fluxstudio.flows.ask.schema.model import Field

_MONEY = ("dollar", "euro", "pound", "usd", "eur", "gbp", "franc", "buck")


def in_unit_of(field: Field, number: Number, unit: str) -> float:
    """A number in what a column counts: a percentage as a fraction, dollars as cents, kilograms as grams.

    Raises:
        Unreadable: the column counts something else, as kilograms where hours are asked_unit.
    """
    if number.percent and _is_fraction(field):
        return number.value / 100
    if {"cent", "cents"} & set(field.words) and lemma(unit) != "cent":
        return number.value * 100
    asked_unit, own_unit = unit_called(unit) if unit else None, unit_in(field.words)
    if asked_unit is None or own_unit is None:
        return number.value
    if asked_unit.kind != own_unit.kind:
        raise Unreadable(f"{field} is not counted in {unit}")
    return number.value * asked_unit.factor / own_unit.factor


def _is_fraction(field: Field) -> bool:
    return field.words[-1] in ("rate", "ratio", "fraction", "share")


def comparable(one: Field, other: Field) -> bool:
    times = ("date", "time")
    return one.kind == other.kind or (one.kind in times and other.kind in times)


def date_test(field: Field, operator: str, span: Span) -> When:
    match operator:
        case ">":
            return When(field, Span(span.end, None, f"after {span.text}"))
        case ">=":
            return When(field, Span(span.start, None, f"since {span.text}"))
        case "<":
            return When(field, Span(None, span.start, f"before {span.text}"))
        case "<=":
            return When(field, Span(None, span.end, f"until {span.text}"))
    return When(field, span, negated=operator == "<>")

"""Numbers and dates as the columns hold them that they are compared with."""

from __future__ import annotations

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.words import lemma
from fluxstudio.flows.ask.reading.form import When
from fluxstudio.flows.ask.reading.lexemes import Number
from fluxstudio.flows.ask.schema.model import Field

_MONEY = ("dollar", "euro", "pound", "usd", "eur", "gbp", "franc", "buck")


def in_unit_of(field: Field, number: Number, unit: str) -> float:
    """A number in what a column counts: a percentage as a fraction, dollars as cents."""
    if number.percent and _is_fraction(field):
        return number.value / 100
    if {"cent", "cents"} & set(field.words) and lemma(unit) != "cent":
        return number.value * 100
    return number.value


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

"""Columns that a question means without naming them: the date of an order, what makes a house old."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fluxstudio.flows.ask.language.lexicon import MEASURES, PEOPLE
from fluxstudio.flows.ask.language.units import unit_called, unit_in
from fluxstudio.flows.ask.language.words import lemma, similarity
from fluxstudio.flows.ask.schema.model import Entity, Field

_TIMES = ("date", "datetime", "timestamp", "time", "ts", "day", "at")
_CREATED = (
    "created",
    "placed",
    "ordered",
    "received",
    "registered",
    "posted",
    "sent",
    "start",
    "started",
    "begin",
    "occurred",
    "opened",
    "published",
    "release",
    "transaction",
    "order",
    "scheduled",
    "connected",
    "issued",
    "visit",
    "purchase",
)
_LATE = (
    "updated",
    "modified",
    "deleted",
    "end",
    "ended",
    "completed",
    "finished",
    "closed",
    "read",
    "due",
    "expires",
    "expiry",
    "last",
    "verified",
    "birth",
    "shipped",
    "delivered",
    "cancelled",
    "settlement",
    "return",
    "returned",
)
_UNITS = {
    "dollar": "price amount cost total salary fee value revenue",
    "usd": "price amount cost total",
    "euro": "price amount cost total",
    "eur": "price amount cost total",
    "buck": "price amount cost",
    "year": "age year",
    "km": "distance length",
    "kilometer": "distance length",
    "mile": "distance length",
    "meter": "length height elevation altitude depth",
    "kg": "weight",
    "kilogram": "weight",
    "pound": "weight price",
    "minute": "duration length minutes",
    "hour": "hours duration",
    "second": "duration seconds",
    "people": "population capacity",
    "person": "population capacity",
    "inhabitant": "population",
    "resident": "population",
    "point": "points score",
    "star": "rating stars",
    "degree": "temperature temp",
    "litre": "volume capacity",
    "liter": "volume capacity",
    "page": "pages",
    "seat": "seats capacity",
}


_MONEY = {
    "price",
    "amount",
    "cost",
    "fee",
    "value",
    "revenue",
    "total",
    "cent",
    "paid",
    "charge",
    "usd",
    "eur",
}
_MONEY_ASKED = {
    "revenue",
    "turnover",
    "income",
    "proceeds",
    "sale",
    "spend",
    "spending",
    "expenditure",
    "amount",
    "payment",
    "donation",
    "expense",
    "refund",
    "fine",
    "deposit",
    "withdrawal",
    "payout",
    "contribution",
    "fee",
    "charge",
    "bonus",
    "tip",
}
_WRITTEN = ("text", "body", "content", "message", "comment")


def time_field(entity: Entity) -> tuple[Field, bool] | None:
    """When what a row stands for happened, and whether that is certain; None where nothing says."""
    times = [one for one in entity.fields if one.kind in ("date", "time")]
    if not times:
        return None
    # Of dates as likely, the one that every row has.
    ranked = sorted(times, key=lambda one: (_time_rank(one, entity), one.column.nullable))
    return ranked[0], len(times) == 1 or _time_rank(ranked[0], entity) < _time_rank(ranked[1], entity)


def _time_rank(field: Field, entity: Entity) -> int:
    words = [lemma(word) for word in field.words]
    rest = [word for word in field.words if word not in _TIMES]
    if not rest or all(any(similarity(word, own) > 0.8 for own in entity.words) for word in rest):
        return 0
    for place, word in enumerate(_CREATED):
        if word in field.words or lemma(word) in words:
            return 1 + (place > 0)
    if any(word in field.words or lemma(word) in words for word in _LATE):
        return 5
    return 3


def year_field(entity: Entity) -> Field | None:
    """A column of whole numbers that are years."""
    return next((one for one in entity.fields if one.kind == "number" and one.words[-1] == "year"), None)


def graded_field(entity: Entity, adjective: str) -> tuple[Field, int] | None:
    """What an adjective says of an entity: the column, and +1 where more of it is more of the adjective."""
    sign, words = MEASURES[adjective]
    if adjective in ("old", "young"):
        age = named_field(entity.fields, ["age"], ("number",))
        if age:
            return age, 1 if adjective == "old" else -1
    field = named_field(entity.fields, words.split(), ("number", "date", "time"))
    if field is None and {"date", "created"} & set(words.split()):
        time = time_field(entity)
        field = time[0] if time else None
    return (field, sign) if field else None


def unit_fields(entity: Entity, unit: str) -> Field | None:
    """The column that is counted in the unit."""
    asked_unit = unit_called(unit)
    counted = [one for one in amounts(entity) if asked_unit and _kind(one) == asked_unit.kind]
    if len(counted) == 1:
        return counted[0]
    words = _UNITS.get(lemma(unit)) or _UNITS.get(unit)
    return named_field(entity.fields, words.split(), ("number",)) if words else None


def _kind(field: Field) -> str:
    """What kind of quantity the name of a column says that it holds."""
    own_unit = unit_in(field.words)
    return own_unit.kind if own_unit else ""


def text_field(entity: Entity) -> Field | None:
    """Where a text is looked for that is said to be contained: what was written, else what names a row."""
    texts = [one for one in entity.fields if one.kind == "text" and not one.is_key]
    written = next((one for one in texts if one.words[-1] in _WRITTEN), None)
    return written or (entity.labels[0] if entity.labels else None)


def person_field(entity: Entity) -> Field | None:
    """Who did what a row stands for, as a text."""
    texts = [one for one in entity.fields if one.kind == "text" and not one.is_key]
    return next((one for one in texts if any(lemma(word) in PEOPLE for word in one.words)), None)


def is_unit(word: str) -> bool:
    """Whether a word counts something, as `km` and `people` do."""
    unit = unit_called(word)
    return (
        word in _UNITS
        or lemma(word) in _UNITS
        or (unit is not None and unit.kind != "time")
        or lemma(word) in ("square", "percent", "percentage", "usd", "eur")
    )


def named_field(fields: Iterable[Field], words: Sequence[str], kinds: Sequence[str]) -> Field | None:
    """The first column with one of the words in its name, in the order of the words."""
    listed = [one for one in fields if one.kind in kinds and not one.is_key]
    for word in words:
        for whole in (True, False):
            for one in listed:
                likeness = max(similarity(word, own) for own in one.words)
                if likeness >= 0.87 and (not whole or len(one.words) == 1):
                    return one
    return None


def is_money(text: str) -> bool:
    """Whether words ask for money rather than for rows: `total sales`, `revenue`."""
    return any(lemma(word) in _MONEY_ASKED for word in text.lower().split())


def money(entity: Entity) -> list[Field]:
    """Columns of money, of a table whose rows happen at a time: the price on a list was paid by nobody."""
    if not any(one.kind in ("date", "time") for one in entity.fields):
        return []
    return [one for one in amounts(entity) if _MONEY & {lemma(word) for word in one.words}]


def amounts(entity: Entity) -> list[Field]:
    """Columns that measure something."""
    return [
        one for one in entity.fields if one.kind == "number" and not one.is_key and one.words[-1] != "year"
    ]

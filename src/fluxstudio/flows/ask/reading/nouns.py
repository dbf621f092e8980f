"""Noun phrases: `the average price`, `top 5 customers`, `most recent order`, `number of active users`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.language.words import is_verbal, lemma
from fluxstudio.flows.ask.reading.attributes import is_attribute
from fluxstudio.flows.ask.reading.choices import amounts, graded_field, is_money, money, time_field
from fluxstudio.flows.ask.reading.cursor import Cursor, Unreadable
from fluxstudio.flows.ask.reading.form import Aggregate, Measure, Order, Period
from fluxstudio.flows.ask.reading.lexemes import Bucket, Flag, Number, Value
from fluxstudio.flows.ask.schema.lapses import duration_of
from fluxstudio.flows.ask.schema.model import Entity, Field

_AGGREGATES = ("count", "sum", "avg", "median", "stddev", "max", "min")


@dataclass
class Noun:
    """A thing or a column with what is said before it.

    Attributes:
        core: what is meant; None where only words of counting stand there.
        aggregates: the words of counting, the outermost first.
        extreme: +1 for the most, -1 for the least, 0 where neither is asked for.
        adjective: of what there is most, where a word such as `oldest` says it.
        by_time: `first` and `last`: -1 and +1.
        common: whether the most frequent is meant.
        in_all: whether `most` of something is meant, all of it together, rather than the highest.
        also: further words of counting for the same core: `minimum and maximum`.
        related: a table named right before the core, as in `customer orders`.
        attributes: values and flags before the core, as in `active users`.
        of_all: whether the sum `of` something is meant: `the total of all invoices`.
        how_much: whether an amount is meant, and never a number of rows.
        counted: what there is most of, as in `most prescribed drugs`.
    """

    core: Entity | Field | None = None
    aggregates: list[str] = field(default_factory=list)
    distinct: bool = False
    extreme: int = 0
    adjective: str = ""
    by_time: int = 0
    in_all: bool = False
    also: list[str] = field(default_factory=list)
    common: bool = False
    limit: int | None = None
    related: Entity | None = None
    attributes: list[Value | Flag | Field] = field(default_factory=list)
    negated: set[int] = field(default_factory=set)
    period: Period | None = None
    text: str = ""
    strained: bool = False
    of_all: bool = False
    how_much: bool = False
    counted: Entity | None = None

    @property
    def is_verbal(self) -> bool:
        """Whether the core is a date named by what happened then, as in `orders shipped last week`."""
        verb = any(map(is_verbal, self.text.lower().split()))
        return isinstance(self.core, Field) and self.core.kind in ("date", "time") and verb

    @property
    def entity(self) -> Entity | None:
        return self.core.entity if isinstance(self.core, Field) else self.core

    @property
    def is_extreme(self) -> bool:
        return bool(self.extreme or self.by_time or self.common)


def read_noun(cursor: Cursor) -> Noun:
    """The noun phrase here; its core is None where there is no table or column at its end."""
    noun = Noun()
    while not cursor.ended and _prefix(cursor, noun):
        pass
    meaning = cursor.peek()
    if isinstance(meaning, Entity | Field):
        noun.text = cursor.text()
        noun.core = cast("Entity | Field", cursor.take())
        _compound(cursor, noun)
    elif noun.attributes and isinstance(noun.attributes[-1], Field):
        noun.core = cast("Field", noun.attributes.pop())
    elif noun.is_extreme and isinstance(meaning, Value) and meaning.exact and not noun.aggregates:
        # "The heaviest pig": of the animals that are pigs.
        noun.attributes.append(cast("Value", cursor.take()))
        noun.core, noun.text = meaning.field.entity, meaning.text
    return noun


def _prefix(cursor: Cursor, noun: Noun) -> bool:
    """Take one word before the core; false where there is none."""
    meaning = cursor.peek()
    if isinstance(meaning, Keyword):
        return _keyword(cursor, noun, meaning)
    if isinstance(meaning, Number):
        return _number(cursor, noun, meaning)
    if (
        isinstance(meaning, Bucket)
        and isinstance(cursor.peek(1), Entity | Field | Keyword)
        and noun.period is None
    ):
        if not _leads_on(cursor, 1):
            return False
        cursor.take()
        noun.period = Period(meaning.unit)
        return True
    if is_attribute(cursor, meaning):
        noun.attributes.append(cast("Value | Flag | Field", cursor.take()))
        return True
    return False


def _keyword(cursor: Cursor, noun: Noun, keyword: Keyword) -> bool:
    role, value = keyword.role, keyword.value
    started = bool(noun.aggregates or noun.is_extreme or noun.distinct)
    if role in _AGGREGATES:
        noun.aggregates += ["sum", role] if value == "total" else [role]
        noun.of_all = cursor.text().lower().endswith(" of")
        noun.how_much = cursor.text().lower() == "how much"
    elif role == "most":
        noun.extreme = noun.extreme or int(value)
        noun.in_all = cursor.text().lower() in ("most", "least", "fewest")
    elif role == "extreme":
        sign, noun.adjective = value.split()
        noun.extreme = int(sign)
    elif role == "common":
        noun.common, noun.extreme = True, int(value)
    elif role in ("first", "last"):
        noun.by_time = 1 if role == "last" else -1
    elif role == "distinct":
        noun.distinct = True
    elif role in ("and", "comma") and noun.aggregates and cursor.at(*_AGGREGATES, offset=1):
        cursor.take()
        noun.also.append(cast("Keyword", cursor.peek()).role)
    elif role in ("and", "or", "comma") and _goes_on(cursor, noun):
        return True
    elif role == "not" and is_attribute(cursor, cursor.peek(1), offset=1):
        noun.negated.add(len(noun.attributes))
    elif not (
        role == "skip"
        or (role == "prep" and started and cursor.text() in ("of", "for", "in") and noun.core is None)
    ):
        return False
    noun.of_all = noun.of_all or (role == "prep" and noun.aggregates == ["sum"] and cursor.text() == "of")
    cursor.take()
    return True


def _goes_on(cursor: Cursor, noun: Noun) -> bool:
    """Take what joins two attributes or two extremes: `male and female`, `the highest and the lowest`."""
    if noun.attributes and is_attribute(cursor, cursor.peek(1), offset=1):
        cursor.take()
        return True
    ahead = 1
    while cursor.at("skip", offset=ahead):
        ahead += 1
    second = cursor.at("most", offset=ahead)
    if not noun.extreme or noun.core is not None or second is None:
        return False
    cursor.place += ahead + 1
    noun.also.append("max" if int(second.value) > 0 else "min")
    return True


def _number(cursor: Cursor, noun: Noun, number: Number) -> bool:
    """A number of things wanted, as in `top 5 customers` and `3 largest cities`."""
    following = cursor.peek(1)
    leads = isinstance(following, Entity) or bool(
        cursor.at("most", "extreme", "common", "last", "first", offset=1)
    )
    leads = leads or bool(noun.is_extreme and (isinstance(following, Field | Value) or _leads_on(cursor, 1)))
    if not leads or number.value != int(number.value) or number.value < 1:
        return False
    noun.limit = int(number.value)
    cursor.take()
    return True


def _leads_on(cursor: Cursor, offset: int) -> bool:
    """Whether a core follows after words that belong to a noun phrase."""
    while cursor.at("skip", "most", "extreme", "distinct", *_AGGREGATES, offset=offset):
        offset += 1
    return isinstance(cursor.peek(offset), Entity | Field)


# "Each farm spends", not "farm spending".
_PAYING = {"spend", "spends", "earn", "earns", "pay", "pays", "owe", "owes"}


def _compound(cursor: Cursor, noun: Noun) -> None:
    """A second noun right after the first: `customer names`, `product orders`."""
    following = cursor.peek()
    if isinstance(noun.core, Field) and isinstance(following, Field) and following.entity is noun.core.entity:
        if following.kind == noun.core.kind == "number":
            noun.core = cast("Field", cursor.take())
            noun.strained = True
        return
    if isinstance(noun.core, Entity) and isinstance(following, Field) and following.entity is noun.core.base:
        # "The manager's salary", "destination city".
        noun.core = noun.core.field(following.name)
        cursor.take()
        return
    verb, *particle = cursor.text().lower().split() or [""]
    passive = (particle or cursor.at("by", "prep", offset=1)) and is_verbal(verb)
    if isinstance(following, Entity) and following.base is noun.core and noun.core is not None:
        if passive:
            # "Agents managed by Amy Cole" are not who manages.
            return
        # "Which doctor referred": in that role.
        noun.core = following
        cursor.take()
        return
    if _described_by_verb(noun, following):
        cursor.take()
        return
    word = noun.text.lower().split()[-1]
    if cursor.text().lower() in _PAYING:
        return
    if lemma(word) != word or is_verbal(cursor.text().lower().split()[0] if cursor.text() else ""):
        return
    if isinstance(noun.core, Entity) and isinstance(following, Entity | Field) and following is not noun.core:
        entity = following.entity if isinstance(following, Field) else following
        if isinstance(following, Field) and entity is not noun.core and following.kind == "boolean":
            return
        if isinstance(following, Field) and _is_done(following, cursor.text()):
            return
        noun.related = noun.core if entity is not noun.core else None
        noun.text = cursor.text()
        noun.core = cast("Entity | Field", cursor.take())


def _is_done(date: Field, text: str) -> bool:
    """Whether a date is named by what somebody does: `author write`, where reviews are written at a time."""
    return date.kind in ("date", "time") and is_verbal(date.words[0]) and text.lower() == lemma(date.words[0])


def _described_by_verb(noun: Noun, following: object) -> bool:
    """`most prescribed drugs` are counted by prescriptions, `total invoiced amount` is one of invoices."""
    core = noun.core
    if not isinstance(core, Entity) or not is_verbal(noun.text.lower().split()[-1]):
        return False
    if isinstance(following, Entity) and following is not core and noun.extreme and not noun.adjective:
        noun.counted, noun.core, noun.common = core, following, True
        return True
    if isinstance(following, Field) and following.kind == "number" and noun.aggregates:
        noun.core = following
        return True
    return False


def measure_of(noun: Noun, subject: Entity | None = None) -> Measure | None:
    """The measure a noun phrase asks for; None where it asks for rows or a column as it is.

    Raises:
        Unreadable: what is to be counted or added up cannot be.
    """
    core, kinds = noun.core, noun.aggregates
    if core is None:
        core = subject if kinds else None
    if core is None or not kinds:
        return None
    if isinstance(core, Entity):
        return _of_entity(core, kinds, noun)
    inner = kinds[-1]
    if inner == "count":
        if core.kind == "number" and not core.is_key and not noun.distinct and is_counted(core):
            return Measure(cast("Aggregate", kinds[0] if len(kinds) > 1 else "sum"), core.entity, core)
        made = Measure("count", core.entity, core, distinct=True)
        if len(kinds) > 1 and kinds[0] != "sum":
            made.outer = cast("Aggregate", kinds[0])
        return made
    if inner in ("sum", "avg", "median", "stddev") and (core.kind != "number" or core.is_key):
        raise Unreadable(f"{core} has no numbers to add up")
    if core.kind not in ("number", "date", "time") and inner in ("max", "min"):
        raise Unreadable(f"{core} has no order")
    made = Measure(cast("Aggregate", inner), core.entity, core)
    if len(kinds) > 1 and kinds[0] != inner:
        made.outer = cast("Aggregate", kinds[0])
    return made


def is_counted(field: Field) -> bool:
    """Whether a column says how many there are, so that "how many" is its sum."""
    return field.column.integer and not {"age", "year", "rating", "score", "grade", "level", "rank"} & set(
        field.words
    )


def _of_entity(core: Entity, kinds: list[str], noun: Noun) -> Measure:
    if "count" in kinds:
        made = Measure("count", core)
        if kinds[0] in ("avg", "max", "min", "median") and kinds[-1] == "count" and len(kinds) > 1:
            made.outer = cast("Aggregate", kinds[0])
        return made
    if kinds == ["sum"]:
        if not is_money(noun.text) and not (noun.of_all and len(money(core)) == 1):
            if noun.how_much:
                raise Unreadable(f"how much of {noun.text} is not clear")
            return Measure("count", core)
        sums = money(core)
        if len(sums) != 1:
            raise Unreadable(f"what {noun.text} comes to is not clear")
        return Measure("sum", core, sums[0])
    measured = amounts(core)
    if kinds[0] == "avg" and noun.text and len(measured) == 1:
        return Measure("avg", core, measured[0])
    raise Unreadable(f"{core} is no number")


def order_of(noun: Noun, subject: Entity | None) -> Order | None:
    """By what an extreme is meant: a column, or a measure.

    Raises:
        Unreadable: nothing says what there is most of.
    """
    if noun.by_time:
        entity = noun.entity or subject
        if isinstance(noun.core, Field) and noun.core.kind in ("date", "time"):
            return Order(noun.core, -noun.by_time)
        time = time_field(entity) if entity else None
        if time is None:
            raise Unreadable("there is no date to be first or last by")
        return Order(time[0], -noun.by_time)
    if noun.adjective and (graded := _order_by_adjective(noun, subject)):
        return graded
    measure = measure_of(noun, subject)
    if measure is not None:
        return Order(measure, -noun.extreme)
    if isinstance(noun.core, Entity):
        return Order(Measure("count", noun.core), -noun.extreme)
    if isinstance(noun.core, Field) and noun.core.kind in ("number", "date", "time"):
        return Order(noun.core, -noun.extreme)
    return None


def _order_by_adjective(noun: Noun, subject: Entity | None) -> Order | None:
    """By what `oldest` or `most recently modified` sorts.

    Raises:
        Unreadable: nothing says what the adjective is of.
    """
    dates = (one for one in noun.attributes if isinstance(one, Field) and one.kind in ("date", "time"))
    date_field = next(dates, None)
    if noun.adjective in ("recent", "new", "late", "old", "early") and date_field is not None:
        # "Most recently modified files": by when they were modified.
        noun.attributes.remove(date_field)
        return Order(date_field, noun.extreme if noun.adjective in ("old", "early") else -noun.extreme)
    if noun.adjective and noun.aggregates and isinstance(noun.core, Field):
        averaged = measure_of(noun, subject)
        if averaged is not None:
            return Order(averaged, -noun.extreme * graded_sign(noun.adjective, noun.core))
    if noun.adjective:
        if isinstance(noun.core, Field) and noun.core.kind in ("number", "date", "time"):
            sign = graded_sign(noun.adjective, noun.core)
            return Order(noun.core, -noun.extreme * sign)
        entity = noun.entity or subject
        graded = graded_field(entity, noun.adjective) if entity else None
        if graded is None and entity and noun.adjective in ("long", "short"):
            lasting = duration_of(entity, "day")
            graded = (lasting, 1 if noun.adjective == "long" else -1) if lasting else None
        if graded is None:
            raise Unreadable(f"nothing says what is {noun.adjective}")
        return Order(graded[0], -noun.extreme * graded[1])
    return None


def graded_sign(adjective: str, core: Field) -> int:
    """+1 where more of the column is more of the adjective."""
    graded = graded_field(core.entity, adjective)
    if graded is not None and graded[0] is core:
        return graded[1]
    if adjective in ("cheap", "short", "small", "slow", "cold", "light", "affordable", "bad"):
        return -1
    if adjective in ("old", "early") and core.kind in ("date", "time"):
        return -1
    return 1


def is_span(meaning: object) -> bool:
    """Whether something is a span of time."""
    return isinstance(meaning, Span)

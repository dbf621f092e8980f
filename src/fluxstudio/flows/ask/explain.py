"""A form in a sentence: what was counted, of what, where, and how it is sorted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.words import is_verbal, lemma, plural
from fluxstudio.flows.ask.reading.form import (
    Any,
    AnyMeasure,
    Combination,
    Condition,
    Form,
    Has,
    Key,
    Lookup,
    Measure,
    MeasureTest,
    Older,
    OuterField,
    Period,
    Share,
    Test,
    When,
)
from fluxstudio.flows.ask.schema.model import Entity, Field

_AGGREGATES = {
    "sum": "total",
    "avg": "average",
    "min": "lowest",
    "max": "highest",
    "median": "median",
    "stddev": "standard deviation of",
}
_OPERATORS = {
    "=": "is",
    "<>": "is not",
    ">": "is more than",
    "<": "is less than",
    ">=": "is at least",
    "<=": "is at most",
    "prefix": "starts with",
    "suffix": "ends with",
    "contains": "contains",
    "like": "contains",
}
_MOST_LISTED = 4
_NO_PREPOSITION = {
    "last",
    "this",
    "next",
    "today",
    "yesterday",
    "tomorrow",
    "since",
    "until",
    "before",
    "after",
    "between",
    "from",
    "within",
    "on",
}


def explained(form: Form) -> str:
    """The sentence, such as "Number of orders where status is cancelled, for each city." """
    parts = [_what(form)]
    verbs = [one for one in form.conditions if _is_said_by_verb(one, form)]
    # "Received this week and not handled": what did not happen is said last.
    happened = sorted(verbs, key=lambda one: not isinstance(one, When) or one.negated)
    if happened:
        parts.append(" and ".join(map(_by_verb, happened)))
    rest = _gathered([one for one in form.conditions if one not in happened])
    if rest:
        parts.append("where " + " and ".join(map(_condition, rest)))
    sentence = " ".join(parts)
    groups = [*form.within, *form.keys]
    if groups:
        sentence += f", for each {_listed(map(_key, groups))}"
    if form.orders:
        first = form.orders[0]
        by = _field(first.by) if isinstance(first.by, Field) else _measure(first.by)
        sentence += f", {'highest' if first.sign < 0 else 'lowest'} {by} first"
    if form.limit:
        sentence += f", only the first{f' {form.limit}' if form.limit > 1 else ''}"
    return sentence[:1].upper() + sentence[1:] + "."


def _is_said_by_verb(condition: Condition, form: Form) -> bool:
    """Whether a condition on a date of what is asked for reads as a verb: `received last week`."""
    dated = isinstance(condition, When) or (isinstance(condition, Test) and condition.operator == "null")
    if not dated or not isinstance(condition, When | Test) or condition.field.kind not in ("date", "time"):
        return False
    first = form.measures[0] if form.measures else None
    asked = first.entity if isinstance(first, Measure) else form.subject
    if form.columns or condition.field.entity is not asked:
        return False
    words = condition.field.words
    return len(words) == 2 and words[1] in ("at", "on", "date", "time") and is_verbal(words[0])


def _gathered(conditions: list[Condition]) -> list[Condition]:
    """What is said of rows of another table, said with them: "some checks where passed is false"."""
    gathered: list[Condition] = []
    for one in conditions:
        owner = one.field.entity if isinstance(one, Test | When | Older) else None
        has = next((o for o in gathered if isinstance(o, Has) and o.entity is owner and not o.negated), None)
        if has is None:
            gathered.append(replace(one, conditions=[*one.conditions]) if isinstance(one, Has) else one)
        else:
            has.conditions.append(one)
    return gathered


def _by_verb(condition: Condition) -> str:
    if isinstance(condition, When):
        denied = "not " if condition.negated else ""
        return f"{denied}{condition.field.words[0]} {_span(condition.span)}"
    assert isinstance(condition, Test)
    return f"{'' if condition.negated else 'not '}{condition.field.words[0]}"


def _what(form: Form) -> str:
    if form.exists:
        return f"whether there are {_subject(form.subject)}"
    if form.measures:
        measured = _listed(map(_measure, form.measures))
        return (
            f"{measured} for each {_subject(form.subject, one=True)}"
            if form.subject is not None
            else measured
        )
    if form.columns:
        of = f" of {_subject(form.subject)}" if isinstance(form.subject, Entity) else ""
        return _listed(map(_field, form.columns)) + of
    return _subject(form.subject)


def _subject(subject: Entity | Field | None, *, one: bool = False) -> str:
    if isinstance(subject, Entity):
        return _one(subject) if one else plural(subject.words)
    return ("" if one else "values of ") + _field(subject) if subject is not None else "rows"


def _measure(measure: AnyMeasure) -> str:
    if isinstance(measure, Combination):
        joined = {"/": "divided by", "%": "as a percentage of", "-": "minus"}[measure.operator]
        return f"{_measure(measure.left)} {joined} {_measure(measure.right)}"
    if isinstance(measure, Share):
        return f"share of {_measure(measure.measure)}"
    what = plural(measure.entity.words) if measure.field is None else _field(measure.field)
    if measure.aggregate == "count":
        phrase = f"number of {'different ' if measure.field is not None else ''}{what}"
    else:
        word = _AGGREGATES[measure.aggregate]
        phrase = what if what.startswith(f"{word} ") else f"{word} {what}"
    if measure.conditions:
        phrase += f" where {' and '.join(map(_condition, measure.conditions))}"
    return f"{_AGGREGATES.get(measure.outer, measure.outer)} {phrase}" if measure.outer else phrase


def _condition(condition: Condition) -> str:
    match condition:
        case Test():
            return _test(condition)
        case When():
            return (
                f"{_field(condition.field)} is {'not ' if condition.negated else ''}{_span(condition.span)}"
            )
        case Older():
            return f"{_field(condition.field)} is {condition.count:g} {condition.unit}s ago or more"
        case Has():
            which = (
                f" where {' and '.join(map(_condition, condition.conditions))}"
                if condition.conditions
                else ""
            )
            return (
                f"there are {'no' if condition.negated else 'some'} {plural(condition.entity.words)}{which}"
            )
        case MeasureTest():
            value = condition.value
            of = f"{value:g}" if isinstance(value, int | float) else _measure(value)
            if condition.operator == "between":
                return f"{_measure(condition.measure)} is between {of} and {condition.second:g}"
            return f"{_measure(condition.measure)} {_OPERATORS[condition.operator]} {of}"
        case Any():
            return " or ".join(map(_condition, condition.options))


def _span(span: Span) -> str:
    """A span of time after `is`: `last week`, `in May 2026`."""
    return span.text if span.text.split()[0].lower() in _NO_PREPOSITION else f"in {span.text}"


def _test(test: Test) -> str:
    name, denied = _field(test.field), "not " if test.negated else ""
    match test.operator:
        case "null":
            return f"{name} is {'set' if test.negated else 'empty'}"
        case "true":
            return f"{name} is {'true' if bool(test.value) is not test.negated else 'false'}"
        case "in":
            values = test.value if isinstance(test.value, list) else []
            return f"{name} is {denied}one of {_listed(map(str, values))}"
        case "between":
            return f"{name} is {denied}between {_value(test.value)} and {_value(test.second)}"
    verb = _OPERATORS[test.operator]
    if denied:
        verb = "is not" if test.operator == "=" else f"does not: {verb}"
    return f"{name} {verb} {_value(test.value)}"


def _value(value: object) -> str:
    if isinstance(value, Measure):
        return f"the {_measure(value)}"
    if isinstance(value, Lookup):
        chosen = f" where {' and '.join(map(_condition, value.conditions))}" if value.conditions else ""
        return f"that of {_words(value.field.entity.words)}{chosen}"
    if isinstance(value, OuterField):
        return f"the same {_field(value.field)}"
    if isinstance(value, Field):
        owner = f" of {_words(value.entity.words)}" if value.entity.base is not None else ""
        return f"{_field(value)}{owner}"
    return f"{value:g}" if isinstance(value, int | float) else f"“{value}”"


def _key(key: Key) -> str:
    if isinstance(key, Period):
        return key.unit
    return _field(key) if isinstance(key, Field) else _one(key)


def _one(entity: Entity) -> str:
    """One row of a table, whatever number its name is in."""
    return _words((*entity.words[:-1], lemma(entity.words[-1])))


def _field(field: Field) -> str:
    return _words(field.words)


def _words(words: Iterable[str]) -> str:
    return " ".join(words)


def _listed(texts: Iterable[str]) -> str:
    listed = list(texts)
    if len(listed) > _MOST_LISTED:
        listed = [*listed[:_MOST_LISTED], "more"]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}" if listed else ""

"""Conditions as SQL, each where its table is: joined, or looked for with EXISTS."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import (
    Any,
    Condition,
    Has,
    Lookup,
    Measure,
    MeasureTest,
    Older,
    OuterField,
    Test,
    When,
)
from fluxstudio.flows.ask.schema.graph import Step
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.sql.scope import QueryScope
from fluxstudio.flows.ask.sql.select import Select, name, number, text

_NEGATED = {"=": "<>", "<>": "=", ">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_ZERO_COUNTS = {"<", "<="}


def restrict(scope: QueryScope, conditions: Sequence[Condition]) -> None:
    """Add conditions to a SELECT.

    What belongs to a table with many rows for each is looked for with EXISTS, all of it together, so that
    nothing is counted twice.

    Raises:
        Unreadable: a table cannot be reached.
    """
    apart: dict[tuple[Entity, str], tuple[Step, list[Condition]]] = {}
    for condition in conditions:
        entity = entity_of(condition)
        if isinstance(condition, Has) and (condition.negated or condition.conditions or scope.keeps_rows):
            scope.select.where.append(_has(scope, condition))
            continue
        if entity is None or isinstance(condition, MeasureTest):
            scope.select.where.append(_plain(scope, condition))
            continue
        if entity in scope.aliases:
            if not isinstance(condition, Has):
                scope.select.where.append(_plain(scope, condition))
            continue
        steps = scope.way(entity)
        first = next((place for place, step in enumerate(steps) if step.multiplies), None)
        if first is None:
            scope.join(entity)
            if not isinstance(condition, Has):
                scope.select.where.append(_plain(scope, condition))
            elif steps[0].reference.source.field(steps[0].reference.columns[0]).column.nullable:
                pass
            continue
        for step in steps[:first]:
            scope.follow(step)
        key = (steps[first].there, steps[first].reference.columns[0])
        apart.setdefault(key, (steps[first], []))[1].append(condition)
    for step, together in apart.values():
        scope.select.where.append(f"EXISTS ({_inner(scope, step, together)})")


def entity_of(condition: Condition) -> Entity | None:
    """The table that a condition is about; None where it is about several."""
    match condition:
        case Test() | When() | Older():
            return condition.field.entity
        case Has():
            return condition.entity
        case MeasureTest() if isinstance(condition.measure, Measure):
            return condition.measure.entity
    return None


def _inner(scope: QueryScope, step: Step, conditions: Sequence[Condition]) -> str:
    """The SELECT inside EXISTS: from where the step leads, tied to the row outside."""
    inner = QueryScope(scope.model, scope.names, step.there, scope.hints)
    inner.outer = scope
    inner.select.columns = [("1", "")]
    inner.select.where.append(scope.on(step, inner.aliases[step.there]))
    restrict(inner, [one for one in conditions if not (isinstance(one, Has) and one.entity is step.there)])
    scope.weight += scope.cost_of(step) + inner.weight
    return _one_line(inner.select)


def _alternative(scope: QueryScope, option: Condition) -> str:
    """One of several conditions, wherever its table is."""
    entity = entity_of(option)
    if entity is None or entity in scope.aliases:
        return _plain(scope, option)
    steps = scope.way(entity)
    if not any(step.multiplies for step in steps):
        scope.join(entity)
        return _plain(scope, option)
    if not steps[0].multiplies:
        raise Unreadable("an alternative that is too far away")
    return f"EXISTS ({_inner(scope, steps[0], [option])})"


def _has(scope: QueryScope, condition: Has) -> str:
    steps = scope.model.path([scope.root], condition.entity, scope.hints)
    if not steps:
        raise Unreadable(f"nothing leads from {scope.root} to {condition.entity}")
    rest: list[Condition] = [Has(condition.entity), *condition.conditions]
    word = "NOT EXISTS" if condition.negated else "EXISTS"
    return f"{word} ({_inner(scope, steps[0], rest)})"


def _one_line(select: Select) -> str:
    return " ".join(select.render().split("\n"))


def _plain(scope: QueryScope, condition: Condition) -> str:
    match condition:
        case Test():
            return test(scope, condition)
        case When():
            within = when(scope.column(condition.field), condition.span, condition.negated)
            missing = condition.negated and condition.field.column.nullable
            return f"({scope.column(condition.field)} IS NULL OR {within})" if missing else within
        case Older():
            sign = "<" if condition.operator == "<" else ">"
            amount = f"INTERVAL '{number(condition.count)} {condition.unit}'"
            return f"{scope.column(condition.field)} {sign} CURRENT_DATE - {amount}"
        case Any():
            return "(" + " OR ".join(f"({_alternative(scope, option)})" for option in condition.options) + ")"
        case MeasureTest():
            return _measured(scope, condition)
    raise Unreadable("a condition that cannot be written")


def test(scope: QueryScope, condition: Test) -> str:
    """A column compared, as SQL."""
    column, value, operator = scope.column(condition.field), condition.value, condition.operator
    match operator:
        case "null":
            return f"{column} IS {'NOT ' if condition.negated else ''}NULL"
        case "true":
            return _flag(column, condition)
        case "between":
            word = "NOT BETWEEN" if condition.negated else "BETWEEN"
            return f"{column} {word} {number(_float(value))} AND {number(_float(condition.second))}"
        case "in":
            listed = ", ".join(text(str(one)) for one in value) if isinstance(value, list) else ""
            return f"{column} {'NOT IN' if condition.negated else 'IN'} ({listed})"
        case "prefix" | "suffix" | "contains" | "like":
            return _like(column, operator, str(value), condition.negated)
    if condition.negated:
        operator = _NEGATED[operator]
    if isinstance(value, Measure):
        return f"{column} {operator} ({scalar(scope, value)})"
    if isinstance(value, Field):
        return f"{column} {operator} {_other(scope, value)}"
    if isinstance(value, OuterField):
        return f"{column} {operator} {_outer(scope, value.field)}"
    if isinstance(value, Lookup):
        return _looked_up(scope, column, operator, value)
    literal = text(value) if isinstance(value, str) else number(_float(value))
    if operator == "<>" and condition.field.column.nullable:
        return f"{column} IS DISTINCT FROM {literal}"
    return f"{column} {operator} {literal}"


def _other(scope: QueryScope, field: Field) -> str:
    if field.entity not in scope.aliases:
        if any(step.multiplies for step in scope.way(field.entity)):
            raise Unreadable(f"there are many {field} to compare with")
        scope.join(field.entity)
    return scope.column(field)


def _outer(scope: QueryScope, field: Field) -> str:
    """A column of the nearest SELECT outside that has its table."""
    around = scope.outer
    while around is not None and field.entity not in around.aliases:
        around = around.outer
    if around is None:
        raise Unreadable(f"{field} is not outside")
    return around.column(field)


def _looked_up(scope: QueryScope, column: str, operator: str, value: Lookup) -> str:
    """A column compared with that of other rows: with any of theirs, or with the highest or lowest."""
    inner = QueryScope(scope.model, scope.names, value.field.entity, scope.hints)
    inner.outer = scope
    restrict(inner, value.conditions)
    there = inner.column(value.field)
    if operator == "<>":
        inner.select.where.append(f"{there} IS NOT NULL")
    word = {"=": "IN", "<>": "NOT IN"}.get(operator, operator)
    extreme = {">": "MAX", ">=": "MAX", "<": "MIN", "<=": "MIN"}.get(operator)
    inner.select.columns = [(f"{extreme}({there})" if extreme else there, "")]
    return f"{column} {word} ({_one_line(inner.select)})"


def _flag(column: str, condition: Test) -> str:
    holds = bool(condition.value) is not condition.negated
    if condition.field.column.true:
        return f"{column} {'=' if holds else '<>'} {condition.field.column.true}"
    if condition.field.kind == "boolean":
        return column if holds else f"NOT {column}"
    return f"{column} IS {'NOT ' if holds else ''}NULL"


def _like(column: str, operator: str, value: str, negated: bool) -> str:
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    before = "" if operator == "prefix" else "%"
    after = "" if operator == "suffix" else "%"
    return f"{column} {'NOT ILIKE' if negated else 'ILIKE'} {text(before + escaped + after)}"


def _float(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise Unreadable("a number is missing")


def when(column: str, span: Span, negated: bool = False) -> str:
    """That a date or time is within a span, as SQL."""
    parts = []
    if span.start is not None:
        parts.append(f"{column} >= {span.start}")
    if span.end is not None:
        parts.append(f"{column} {'<=' if span.end == 'NOW()' else '<'} {span.end}")
    joined = " AND ".join(parts)
    return f"NOT ({joined})" if negated else joined


def scalar(scope: QueryScope, measure: Measure) -> str:
    """A measure of all rows as a SELECT of one number."""
    from fluxstudio.flows.ask.sql.measures import expression

    inner = QueryScope(scope.model, scope.names, measure.entity, scope.hints)
    inner.outer = scope
    restrict(inner, measure.conditions)
    inner.select.columns = [(expression(inner, measure), "")]
    return _one_line(inner.select)


def _measured(scope: QueryScope, condition: MeasureTest) -> str:
    """How many rows another table has for each row here, compared."""
    from fluxstudio.flows.ask.sql.measures import expression

    measure = condition.measure
    if not isinstance(measure, Measure):
        raise Unreadable("a combination cannot be a condition")
    steps = scope.model.path([scope.root], measure.entity, scope.hints)
    if not steps or not any(step.multiplies for step in steps):
        raise Unreadable(f"{scope.root} does not have many {measure.entity}")
    for step in steps:
        if step.multiplies:
            break
        scope.follow(step)
    first = next(step for step in steps if step.multiplies)
    inner = QueryScope(scope.model, scope.names, first.there, scope.hints)
    inner.aliases.pop(first.here, None)
    for step in steps[steps.index(first) + 1 :]:
        inner.follow(step)
    restrict(inner, measure.conditions)
    keys = [name(inner.aliases[first.there], there) for _, there in first.pairs]
    operator, value = condition.operator, condition.value
    with_zero = measure.aggregate == "count" and (
        operator in _ZERO_COUNTS or (operator == "=" and value == 0)
    )
    if with_zero:
        operator = _NEGATED[operator]
    inner.select.columns = [(key, "") for key in keys]
    inner.select.groups = keys
    inner.select.having = [compared(scope, expression(inner, measure), operator, condition)]
    mine = ", ".join(name(scope.aliases[first.here], here) for here, _ in first.pairs)
    row = f"({mine})" if len(keys) > 1 else mine
    if with_zero:
        inner.select.where += [f"{key} IS NOT NULL" for key in keys]
    scope.weight += first.reference.cost + inner.weight
    return f"{row} {'NOT IN' if with_zero else 'IN'} ({_one_line(inner.select)})"


def compared(scope: QueryScope, expression: str, operator: str, condition: MeasureTest) -> str:
    """A measure compared with a number or with another measure, as SQL."""
    if operator == "between":
        return f"{expression} BETWEEN {number(_float(condition.value))} AND {number(condition.second or 0.0)}"
    if isinstance(condition.value, Measure):
        return f"{expression} {operator} ({scalar(scope, condition.value)})"
    return f"{expression} {operator} {number(condition.value)}"

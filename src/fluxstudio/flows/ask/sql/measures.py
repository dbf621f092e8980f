"""Measures as SQL: counted without counting twice."""

from __future__ import annotations

from fluxstudio.flows.ask.language.words import lemma
from fluxstudio.flows.ask.reading.form import AnyMeasure, Combination, Measure, Share, Test, When
from fluxstudio.flows.ask.sql.conditions import restrict, test, when
from fluxstudio.flows.ask.sql.scope import QueryScope
from fluxstudio.flows.ask.sql.select import name

_FUNCTIONS = {"sum": "SUM", "avg": "AVG", "min": "MIN", "max": "MAX", "stddev": "STDDEV"}


def expression(scope: QueryScope, measure: Measure, condition: str = "") -> str:
    """A measure over the rows of a SELECT; `condition` says which of them count."""
    chosen = f" FILTER (WHERE {condition})" if condition else ""
    if measure.aggregate == "count":
        return _count(scope, measure) + chosen
    assert measure.field is not None
    column = scope.column(measure.field)
    if measure.aggregate == "median":
        return f"PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {column}){chosen}"
    return f"{_FUNCTIONS[measure.aggregate]}({column}){chosen}"


def _count(scope: QueryScope, measure: Measure) -> str:
    if measure.field is not None:
        return f"COUNT(DISTINCT {scope.column(measure.field)})"
    entity = measure.entity
    repeated = scope.multiplied or scope.root is not entity
    if repeated and len(entity.key) == 1:
        return f"COUNT(DISTINCT {name(scope.aliases[entity], entity.key[0])})"
    return "COUNT(*)"


def filtered(scope: QueryScope, measure: Measure) -> str:
    """A measure with its own conditions, over a SELECT that has rows which do not meet them."""
    if not measure.conditions:
        return expression(scope, measure)
    inner = QueryScope(scope.model, scope.names, measure.entity, scope.hints)
    inner.aliases = dict(scope.aliases)
    inner.select.joins = scope.select.joins
    before = len(scope.select.where)
    inner.select.where = []
    inner.keeps_rows = True
    restrict(inner, measure.conditions)
    scope.aliases.update(inner.aliases)
    assert len(scope.select.where) == before
    return expression(scope, measure, " AND ".join(inner.select.where))


def combined(left: str, operator: str, right: str) -> str:
    """Two measures in one."""
    if operator == "-":
        return f"{left} - {right}"
    factor = "100.0 * " if operator == "%" else ""
    return (
        f"{factor}{left}::numeric / NULLIF({right}, 0)"
        if factor == ""
        else f"{factor}{left} / NULLIF({right}, 0)"
    )


def title(measure: AnyMeasure) -> str:
    """What the column of a measure is called."""
    if isinstance(measure, Combination):
        return {"/": "ratio", "%": "percentage", "-": "difference"}[measure.operator]
    if isinstance(measure, Share):
        return "percentage" if measure.percent else "share"
    of = (
        measure.field.words
        if measure.field is not None
        else (*measure.entity.words[:-1], lemma(measure.entity.words[-1]))
    )
    noun = "_".join(of)
    span = next((one for one in measure.conditions if isinstance(one, When)), None)
    value = next(
        (
            str(one.value)
            for one in measure.conditions
            if isinstance(one, Test) and isinstance(one.value, str)
        ),
        "",
    )
    suffix = "_".join((span.span.text if span else value).split())
    suffix = f"_{suffix.lower()}"[:40] if suffix.replace("_", "").isalnum() else ""
    if measure.outer:
        return f"{measure.outer}_{noun}_{measure.aggregate}{suffix}"
    prefix = {"count": "count", "sum": "total", "avg": "average", "min": "lowest", "max": "highest"}.get(
        measure.aggregate, measure.aggregate
    )
    if measure.field is not None and measure.field.kind in ("date", "time"):
        prefix = {"min": "earliest", "max": "latest"}.get(measure.aggregate, prefix)
    return (f"{noun}_count" if prefix == "count" else f"{prefix}_{noun}") + suffix


__all__ = ["combined", "expression", "filtered", "test", "title", "when"]

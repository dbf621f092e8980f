"""Measures compared with one another, and what they are counted over."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.reading.form import AnyMeasure, Combination, Condition, Measure, MeasureTest, Share
from fluxstudio.flows.ask.schema.model import Entity


def same_measure(one: AnyMeasure, other: AnyMeasure) -> bool:
    if isinstance(one, Measure) and isinstance(other, Measure):
        alike = (one.aggregate, one.entity, one.field) == (other.aggregate, other.entity, other.field)
        return one is other or (
            alike and (not one.conditions or not other.conditions or one.conditions == other.conditions)
        )
    return one is other


def distinct_measures(measures: Sequence[AnyMeasure]) -> list[AnyMeasure]:
    """Each measure once; of two that are the same the one with conditions."""
    distinct: list[AnyMeasure] = []
    for measure in measures:
        twin = next((one for one in distinct if same_measure(one, measure)), None)
        if twin is None:
            distinct.append(measure)
        elif (
            isinstance(twin, Measure)
            and isinstance(measure, Measure)
            and measure.conditions
            and not twin.conditions
        ):
            distinct[distinct.index(twin)] = measure
    return distinct


def shared_conditions(measures: Sequence[AnyMeasure]) -> list[Condition]:
    """The conditions of a measure that is alone: they restrict the rows themselves."""
    if len(measures) == 1 and isinstance(measures[0], Measure):
        return measures[0].conditions
    return []


def bases_of(measure: AnyMeasure) -> list[Entity]:
    if isinstance(measure, Combination):
        return [measure.left.entity, measure.right.entity]
    return [measure.measure.entity if isinstance(measure, Share) else measure.entity]


def with_zero(tests: Sequence[MeasureTest]) -> bool:
    """Whether groups without any rows meet one of the tests as well."""
    return any(
        isinstance(one.measure, Measure)
        and one.measure.aggregate == "count"
        and (one.operator in ("<", "<=") or (one.operator == "=" and one.value == 0))
        for one in tests
    )


def replace_outer(measure: Measure) -> Measure:
    """The inner measure of a nested one."""
    return Measure(measure.aggregate, measure.entity, measure.field, measure.distinct, measure.conditions)

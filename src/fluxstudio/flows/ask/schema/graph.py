"""Ways from table to table along references."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from fluxstudio.core.ask.schema import Schema
from fluxstudio.flows.ask.schema.keys import Reference, references, without_key
from fluxstudio.flows.ask.schema.model import Entity, Field, entities
from fluxstudio.flows.ask.schema.roles import inverse_of, roles_of, says_role

# Passing through a table that only links others is no detour.
_THROUGH_LINK, _THROUGH_PAIR = 0.6, 0.8
_THROUGH_NAMED, _PAST_NAMED = 0.3, 1.4
_FARTHEST = 6.0
# Ways that differ by no more than this are equally near.
_AS_NEAR = 0.03


@dataclass(frozen=True, slots=True)
class Step:
    """One reference gone along; `multiplies` where one row here may have many there."""

    reference: Reference
    here: Entity
    there: Entity

    @property
    def multiplies(self) -> bool:
        return self.reference.target is self.here and not self._is_single

    @property
    def _is_single(self) -> bool:
        columns = self.reference.columns
        return len(columns) == 1 and self.reference.source.field(columns[0]).column.unique

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Columns here and there that are equal."""
        columns = list(zip(self.reference.columns, self.reference.target_columns, strict=True))
        return columns if self.reference.source is self.here else [(there, here) for here, there in columns]


@dataclass(frozen=True, slots=True)
class Hints:
    """The words of a question and the tables that it names."""

    words: frozenset[str] = frozenset()
    entities: frozenset[Entity] = frozenset()


NO_HINTS = Hints()


class Model:
    """Everything the planner knows of one database.

    Attributes:
        entities: the tables.
        references: the keys between them, declared or evident.
        roles: what a reference has a name of its own for.
    """

    def __init__(self, schema: Schema) -> None:
        self.entities = entities(schema)
        self.references = references(self.entities)
        self._steps: defaultdict[Entity, list[Step]] = defaultdict(list)
        self._roles_by_column: dict[tuple[str, str], Entity] = {}
        for one in self.references:
            self._steps[one.source].append(Step(one, one.source, one.target))
            if one.source is not one.target:
                self._steps[one.target].append(Step(one, one.target, one.source))
        self.roles = list(self._with_roles())
        self.links = {entity for entity in self.entities if self._only_links(entity)}
        for entity in self.links:
            entity.key = entity.table.key
        self.pairs = {entity for entity in self.entities if self._pairs(entity)} - self.links
        self._distances: dict[Entity, Mapping[Entity, float]] = {}

    @cached_property
    def by_id(self) -> Mapping[str, Entity]:
        """Entities by the ids of their tables."""
        return {entity.id: entity for entity in self.entities}

    def role_of(self, field: Field) -> Entity | None:
        """The rows that a column refers to, under the name that they have there."""
        return self._roles_by_column.get((field.entity.id, field.name))

    @cached_property
    def choices(self) -> Sequence[tuple[str, set[str]]]:
        """References beside others between the same tables: their names, and the words in them."""
        pairs = Counter((one.source, one.target) for one in self.references)
        listed = [one for one in self.references if pairs[one.source, one.target] > 1]
        named = [(one.role or without_key(one.source.field(one.columns[0]).words)) for one in listed]
        return [(" ".join(words), set(words)) for words in dict.fromkeys(named)]

    def steps_from(self, entity: Entity) -> Sequence[Step]:
        """The references from and to an entity."""
        return self._steps[entity]

    def _with_roles(self) -> Iterator[Entity]:
        """The roles, each with the one reference that leads there."""
        for one, role in roles_of(self.references).items():
            named = replace(one, target=role, role=())
            self._steps[one.source].append(Step(named, one.source, role))
            self._steps[role].append(Step(named, role, one.source))
            self._roles_by_column[one.source.id, one.columns[0]] = role
            yield role
            inverse = inverse_of(one)
            if inverse is not None:
                for target in (one.target, role):
                    back = replace(one, source=inverse, target=target, role=())
                    self._steps[target].append(Step(back, target, inverse))
                    self._steps[inverse].append(Step(back, inverse, target))
                yield inverse

    def is_open(self, step: Step, hints: Hints) -> bool:
        """Whether another reference joins the same two tables, and no word says which is meant."""
        one = step.reference
        alike = [
            other
            for other in self.references
            if other is not one and other.source is one.source and other.target is one.target
        ]
        return bool(alike) and not says_role(one, hints.words)

    def distance(self, one: Entity, other: Entity) -> float:
        """How far it is from one to the other; infinite where nothing leads there."""
        if one not in self._distances:
            self._distances[one] = self._reached_from(one)
        return self._distances[one].get(other, float("inf"))

    def path(
        self,
        starts: Iterable[Entity],
        goal: Entity,
        hints: Hints = NO_HINTS,
        *,
        avoided: Collection[Entity] = (),
    ) -> list[Step] | None:
        """The nearest way from any of the starts to the goal; None where nothing leads there.

        Args:
            hints: what the question names; ways that go by it are nearer.
            avoided: tables not to pass.
        """
        return self.ways(starts, goal, hints, avoided=avoided)[0]

    def ways(
        self,
        starts: Iterable[Entity],
        goal: Entity,
        hints: Hints = NO_HINTS,
        *,
        avoided: Collection[Entity] = (),
    ) -> tuple[list[Step] | None, bool]:
        """As `path`, and whether another way, by other tables, is as near."""
        queue: list[tuple[float, int, Entity, tuple[Step, ...]]] = []
        number = 0
        nearest: tuple[float, tuple[Step, ...]] | None = None
        for start in starts:
            heapq.heappush(queue, (0.0, number, start, ()))
            number += 1
        seen: set[Entity] = set()
        while queue:
            cost, _, here, steps = heapq.heappop(queue)
            if nearest is not None and cost > nearest[0] + _AS_NEAR:
                break
            if here is goal:
                if nearest is None:
                    nearest = cost, steps
                elif _passed(steps) != _passed(nearest[1]):
                    return list(nearest[1]), True
                continue
            if here in seen or cost > _FARTHEST:
                continue
            seen.add(here)
            if here.base is not None and steps:
                continue
            for step in self._steps[here]:
                if step.there not in seen and (step.there not in avoided or step.there is goal):
                    number += 1
                    heapq.heappush(
                        queue,
                        (
                            cost + self._cost(step, hints.words, hints.entities),
                            number,
                            step.there,
                            (*steps, step),
                        ),
                    )
        return (None if nearest is None else list(nearest[1])), False

    def _reached_from(self, start: Entity) -> Mapping[Entity, float]:
        costs = {start: 0.0}
        queue = [(0.0, 0, start)]
        number = 0
        while queue:
            cost, _, here = heapq.heappop(queue)
            if cost > costs[here] or cost > _FARTHEST or (here.base is not None and here is not start):
                continue
            for step in self._steps[here]:
                there = cost + self._cost(step)
                if there < costs.get(step.there, float("inf")):
                    costs[step.there] = there
                    number += 1
                    heapq.heappush(queue, (there, number, step.there))
        return costs

    def _cost(self, step: Step, asked: Collection[str] = (), entities: Collection[Entity] = ()) -> float:
        cost = step.reference.cost
        if step.here in self.links or step.there in self.links:
            cost *= _THROUGH_LINK
        elif step.here in self.pairs or step.there in self.pairs:
            cost *= _THROUGH_PAIR
        elif entities and step.there not in entities:
            cost *= _PAST_NAMED
        if step.there in entities:
            cost *= _THROUGH_NAMED
        if step.reference.role and asked:
            cost -= 0.4 if says_role(step.reference, asked) else 0.0
        return cost + (0.1 if step.reference.role else 0.0)

    def _pairs(self, entity: Entity) -> bool:
        """Whether a table says little more than which rows of two others belong together."""
        linking = {name for one in self.references if one.source is entity for name in one.columns}
        others = [one for one in entity.fields if one.name not in linking and not one.is_key]
        return len(linking) >= 2 and len(others) <= 2

    def _only_links(self, entity: Entity) -> bool:
        linking = {name for one in self.references if one.source is entity for name in one.columns}
        others = [
            one
            for one in entity.fields
            if one.name not in linking
            and not one.is_key
            and one.words[-1] not in ("at", "on", "date", "order", "position")
        ]
        return len(linking) >= 2 and not others


def _passed(steps: Iterable[Step]) -> set[Entity]:
    """The tables on a way."""
    return {step.there for step in steps}

"""What is known of a question while its lexemes are read."""

from __future__ import annotations

from fluxstudio.flows.ask.reading.cursor import Cursor
from fluxstudio.flows.ask.reading.form import Any, Condition, Form, Has, Measure, Older, Test, When
from fluxstudio.flows.ask.reading.nouns import Noun
from fluxstudio.flows.ask.reading.paths import Path
from fluxstudio.flows.ask.schema.graph import Model
from fluxstudio.flows.ask.schema.model import Entity, Field


class State:
    """What is known of a question while its lexemes are read."""

    def __init__(self, model: Model, path: Path, turn: int = 0) -> None:
        self.model = model
        self.cursor = Cursor(path.lexemes)
        self.form = Form()
        # Which way is gone where the words can be put together in two.
        self.turn = turn
        self.context = ""
        self.negated = False
        self.who = self.when = False
        self.pending: Field | Measure | None = None
        self.targets: list[Noun] = []
        self.scope: tuple[Entity, list[Condition]] | None = None
        self.last_test: Test | None = None
        self.both = False
        self.mode = ""
        self.sides: list[Measure] = []
        self.share: str = ""
        self.spans: list[When] = []
        self.extremes: list[Noun] = []
        self.mentioned: list[Entity] = []
        self.joined_by_or = False
        self.owned = self.per = self.uncounted = False
        # A number of things said before what there is most of: "of the 5 customers with the most orders".
        self.wished: int | None = None
        self.fresh: Field | None = None
        self.whole: list[Condition] | None = None
        self.nobody = False
        self.direction = ""
        self.separated = self.wanted = self.ranked = False

    @property
    def subject(self) -> Entity | None:
        """The table of what is asked for so far."""
        for noun in self.targets:
            if noun.entity:
                return noun.entity
        if self.sides:
            return self.sides[0].entity
        return self.mentioned[0] if self.mentioned and not self.targets else None

    def doubt(self, cost: float, reason: str) -> None:
        """Note what had to be assumed."""
        self.form.doubts.append((cost, reason))

    def _take_negation(self) -> bool:
        negated, self.negated = self.negated, False
        return negated

    def _scope_for(self, entity: Entity) -> list[Condition]:
        """Where a condition on an entity belongs: to what was read last, if it is nearer there."""
        if self.whole is not None:
            return self.whole
        if self.scope is None:
            return self.form.conditions
        near, conditions = self.scope
        subject = self.subject
        if subject is None or near is subject:
            return conditions
        here, there = self.model.distance(near, entity), self.model.distance(subject, entity)
        return conditions if here < there or entity is near else self.form.conditions

    def _add(self, condition: Condition) -> None:
        entity = _entity_of(condition)
        conditions = self._scope_for(entity) if entity else self.form.conditions
        if isinstance(condition, Test) and _never_holds(condition):
            self.doubt(1.0, f"{condition.field} is never empty")
        alternative, self.joined_by_or = self.joined_by_or, False
        before = conditions[-1] if conditions else None
        if alternative and isinstance(before, Test | When | Any) and isinstance(condition, Test | When):
            conditions.pop()
            options = before.options if isinstance(before, Any) else [before]
            conditions.append(Any([*options, condition]))
            self.last_test = None
            return
        if alternative:
            self.doubt(0.6, "an “or” between things that cannot be alternatives")
        conditions.append(condition)
        self.last_test = condition if isinstance(condition, Test) else None

    def _unwanted(self, field: Field) -> None:
        """A column that is only compared is not asked for."""
        if (
            field is self.fresh
            and field in self.form.columns
            and self.targets
            and self.targets[0].core is not field
        ):
            self.form.columns.remove(field)

    def _next_meaning(self) -> object:
        offset = self.cursor.beyond("skip", "rel", "prep", "not")
        return self.cursor.peek(offset)

    def _nearest_entity(self, following: object) -> Entity | None:
        if isinstance(following, Entity):
            return following
        if self.mentioned:
            return self.mentioned[-1]
        return self.subject


def _entity_of(condition: Condition) -> Entity | None:
    match condition:
        case Test() | When() | Older():
            return condition.field.entity
        case Has():
            return condition.entity
    return None


def _never_holds(test: Test) -> bool:
    """Whether a column is said to be empty that every row has to fill."""
    empty = test.operator == "null" and not test.negated
    return empty and not test.field.column.nullable and test.field.entity.base is None

"""Rows compared with other rows: with their manager, with the same city, with one that is named."""

from __future__ import annotations

from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.reading.comparisons import Comparisons
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Any, Condition, Has, Lookup, Measure, OuterField, Test
from fluxstudio.flows.ask.reading.lexemes import TextLexeme, Value
from fluxstudio.flows.ask.schema.model import Entity, Field

_ANY = ("a", "an", "any", "some", "another", "one of the", "at least one")


class Likeness(Comparisons):
    """Rows compared with other rows."""

    def _on_same(self, keyword: Keyword) -> None:
        """`in the same city as their manager`, `have the same origin and destination`."""
        self.cursor.take()
        operator = keyword.value or "="
        thing = self._likened()
        self.cursor.skip("skip")
        if self.cursor.at("and") and isinstance(self.cursor.peek(1), Entity | Field):
            self.cursor.take()
            self._alike(thing, self._likened(), operator)
        elif self.cursor.accept("as", "than") or (operator == "<>" and self._from()):
            self._same_as(thing, operator)
        else:
            self._pair_alike(thing, operator)

    def _from(self) -> bool:
        if self.cursor.text().lower() != "from":
            return False
        self.cursor.take()
        return True

    def _likened(self) -> Entity | Field:
        self.cursor.skip("skip", "prep")
        meaning = self.cursor.take() if not self.cursor.ended else None
        if not isinstance(meaning, Entity | Field):
            raise Unreadable("the same what is not clear")
        return meaning

    def _same_as(self, thing: Entity | Field, operator: str) -> None:
        if isinstance(thing, Field) and not self.targets:
            self.mentioned.append(thing.entity)
        single = not any(self.cursor.text(ahead).lower() in _ANY for ahead in range(2))
        self.cursor.skip("skip", "prep")
        meaning = self.cursor.take() if not self.cursor.ended else None
        if isinstance(meaning, Value) and isinstance(thing, Field):
            self._like_named(thing, operator, meaning)
        elif isinstance(meaning, TextLexeme) and isinstance(thing, Field) and thing.entity.labels:
            self._like_named(thing, operator, Value(thing.entity.labels[0], meaning.text, exact=False))
        elif isinstance(meaning, Entity):
            self._like_row(thing, operator, meaning, single)
        elif isinstance(meaning, Field) and isinstance(thing, Field):
            self._add(Test(thing, operator, meaning))
        else:
            raise Unreadable("the same as what is not clear")

    def _like_named(self, field: Field, operator: str, named: Value) -> None:
        """`more than Lyon Hub`, `the same nationality as Adam Stone`: as a row that its name tells."""
        if named.field.entity is not field.entity:
            raise Unreadable(f"“{named.text}” has no {field.name}")
        self._unwanted(field)
        names = [named]
        while isinstance(further := self.cursor.peek(), Value) and further.field.entity is field.entity:
            names.append(further)
            self.cursor.take()
        self._add(Test(field, operator, Lookup(field, [_named(one) for one in names])))
        if operator == "=":
            others: list[Condition] = [_named(one, negated=True) for one in names]
            self.form.conditions.append(Any(others) if len(others) > 1 else others[0])

    def _like_row(self, thing: Entity | Field, operator: str, other: Entity, single: bool) -> None:
        """A column here and the same one of a row that belongs to it, or of any row of another table."""
        self.mentioned.append(other)
        if isinstance(thing, Entity):
            self._same_reference(thing, operator, other)
            return
        self._unwanted(thing)
        counterpart = self._counterpart(thing, other)
        subject = self.subject
        if counterpart is None or subject is None:
            raise Unreadable(f"{other} has no {thing.name}")
        if thing.entity is not subject and not self._belongs(subject, thing.entity):
            raise Unreadable(f"{thing} is not of {subject}")
        if not single or self.model.distance(subject, other) == float("inf"):
            self._add(Test(thing, operator, Lookup(counterpart, [])))
        elif self._belongs(subject, other):
            self._add(Test(thing, operator, counterpart))
        else:
            compared = Test(counterpart, operator, OuterField(thing))
            self.form.conditions.append(Has(other, [compared]))

    def _where_it_is(self, field: Field, other: Entity) -> None:
        subject = self.subject
        here = self._counterpart(field, subject) if subject is not None and field.entity is other else field
        if here is None or here.entity is not subject:
            raise Unreadable(f"{subject} has no {field.name}")
        if field in self.form.columns:
            self.form.columns.remove(field)
        self._like_row(here, "=", other, single=True)

    def _of_their_own(self, measure: Measure, named: Entity) -> bool:
        """`above the average of their department`: of the rows that refer to the same one."""
        if self.subject is not measure.entity or named is self.subject:
            return False
        for step in self.model.steps_from(measure.entity):
            if step.there is named and not step.multiplies and len(step.reference.columns) == 1:
                shared = measure.entity.field(step.reference.columns[0])
                measure.conditions.append(Test(shared, "=", OuterField(shared)))
                return True
        return False

    def _belongs(self, here: Entity, there: Entity) -> bool:
        """Whether there is one row there for each row here."""
        way = self.model.path([here], there)
        return way is not None and not any(step.multiplies for step in way)

    def _same_reference(self, thing: Entity, operator: str, other: Entity) -> None:
        """`in the same department as their manager`: both refer to one row."""
        subject = self.subject
        if subject is None or other.base is not subject:
            raise Unreadable(f"{other} and the same {thing}")
        for step in self.model.steps_from(subject):
            if step.there is thing and not step.multiplies and len(step.reference.columns) == 1:
                column = step.reference.columns[0]
                self._add(Test(subject.field(column), operator, other.field(column)))
                return
        raise Unreadable(f"{subject} has no {thing}")

    def _counterpart(self, field: Field, other: Entity) -> Field | None:
        """The column of another table, or of a role, that says the same as one here."""
        if other.base is field.entity or (other.base is not None and other.base is field.entity.base):
            return other.field(field.name)
        alike = [one for one in other.fields if one.words[-1] == field.words[-1] and one.kind == field.kind]
        return alike[0] if len(alike) == 1 and other is not field.entity else None

    def _alike(self, one: Entity | Field, other: Entity | Field, operator: str) -> None:
        """`the same origin and destination`."""
        if isinstance(one, Entity) and isinstance(other, Entity):
            first, second = self._reference_to(one), self._reference_to(other)
            self._add(Test(first, operator, second))
        elif isinstance(one, Field) and isinstance(other, Field) and one.kind == other.kind:
            self._add(Test(one, operator, other))
        else:
            raise Unreadable("these are not alike")

    def _reference_to(self, role: Entity) -> Field:
        steps = self.model.steps_from(role) if role.base is not None else ()
        if len(steps) != 1:
            raise Unreadable(f"{role} is no role")
        reference = steps[0].reference
        return reference.source.field(reference.columns[0])

    def _pair_alike(self, thing: Entity | Field, operator: str) -> None:
        """`origin and destination are in the same country`, `between members from the same country`."""
        subject = self.subject
        if subject is None:
            raise Unreadable("the same for which is not clear")
        named = [one for one in self.mentioned if one.base is not None]
        pair = list(dict.fromkeys(named))[-2:]
        if len(pair) < 2:
            steps = self.model.steps_from(subject)
            pair = [one.there for one in steps if one.there.base in self.mentioned and not one.multiplies]
        if len(pair) != 2 or not isinstance(thing, Field):
            raise Unreadable("the same for which is not clear")
        first, second = (self._counterpart(thing, one) for one in pair)
        if first is None or second is None:
            raise Unreadable(f"{thing} is not of both")
        bases = {one.base for one in pair}
        self.form.conditions = [
            one for one in self.form.conditions if not (isinstance(one, Has) and one.entity in bases)
        ]
        self._add(Test(first, operator, second))


def _named(value: Value, *, negated: bool = False) -> Test:
    """That a row goes by a name, or does not."""
    return Test(value.field, "=" if value.exact else "like", value.text, negated=negated)

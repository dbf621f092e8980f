"""Conditions that a value, a name or a span of time is by itself."""

from __future__ import annotations

from typing import cast

from fluxstudio.flows.ask.language.dates import BEFORE_TODAY, Span
from fluxstudio.flows.ask.language.words import is_verb, lemma
from fluxstudio.flows.ask.reading.choices import person_field
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Has, Test, When
from fluxstudio.flows.ask.reading.lexemes import Flag, OverdueFlag, TextLexeme, Unknown, Value
from fluxstudio.flows.ask.reading.nouns import Noun
from fluxstudio.flows.ask.reading.state import State
from fluxstudio.flows.ask.schema.keys import UPWARDS, Reference
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.schema.roles import passive_of, says_role

# "Who report to her", "who work under him".
_SERVING = {"report", "work", "answer"}
_DIRECTIONS = {
    "from": {"from", "origin", "source", "src", "departure", "dep", "start", "sender", "old", "seller"},
    "to": {
        "to",
        "destination",
        "dest",
        "dst",
        "arrival",
        "arr",
        "end",
        "receiver",
        "recipient",
        "new",
        "target",
    },
}


class Values(State):
    """Conditions that a value, a name or a span of time is by itself."""

    def _same_kind(self, value: Value) -> None:
        """Rows related to one of their own kind: "employees who report to Blake" are not Blake."""
        subject = self.subject
        strange = (
            isinstance(self.cursor.peek(-3), Unknown) and self.cursor.at("prep", "by", offset=-2) is not None
        )
        if strange and self.targets and subject is not None and value.field in subject.labels:
            self.doubt(0.7, f"“{value.text}” is a name of {subject}")

    def _value(self, value: Value) -> None:
        self.cursor.take()
        if self.context == "order":
            self.doubt(0.4, f"an order by “{value.text}”")
        self._same_kind(value)
        pending = self.pending
        if (
            isinstance(pending, Field)
            and pending is not value.field
            and pending.kind == "text"
            and pending in self.form.columns
        ):
            following = self.cursor.peek()
            if self.cursor.at("prep", offset=-2) is None and not isinstance(following, Entity):
                self.doubt(0.15, f"“{value.text}” is of another column than “{pending.name}”")
        if (
            (
                isinstance(pending, Field)
                and pending is value.field
                and pending in self.form.columns
                and len(self.form.columns) > 0
            )
            and self.targets
            and self.targets[0].core is not pending
        ):
            self.form.columns.remove(pending)
        following = self.cursor.peek()
        if (isinstance(following, Field) and following is value.field) or (
            isinstance(following, Entity)
            and following is value.field.entity
            and self.targets
            and following is not self.subject
        ):
            self.cursor.take()
        if not self.targets and not self.sides:
            self.mentioned.append(value.field.entity)
        self._add_value(value, self._take_negation())

    def _add_value(self, value: Value, negated: bool) -> None:
        last = self.last_test
        value = self._of_own_kind(value)
        if role := self._role_by(self._preposition(), value.field.entity):
            value = Value(role.field(value.field.name), value.text, value.exact)
        if not negated and self._contradicts(value):
            self.doubt(1.0, f"{value.field} is two things at once")
        if _is_also_date(value) and isinstance(self._next_meaning(), Span):
            self.doubt(0.25, f"“{value.text}” says when as well")
        if negated and _is_also_date(value):
            self.doubt(0.2, f"“{value.text}” may be a date as well")
        adjacent = last is not None and last.field is value.field and last.operator in ("=", "in", "like")
        if adjacent and last is not None and not self.both and last.negated == negated and self._listed(last):
            if last.operator == "=" and value.exact:
                last.operator, last.value = "in", [last.value]
            if last.operator == "in" and value.exact:
                cast("list[object]", last.value).append(value.text)
                self.joined_by_or = False
                return
        operator = "=" if value.exact else "like"
        test = Test(value.field, operator, value.text, negated=negated)
        if self.both:
            self.doubt(0.0, "both")
            test.second = "both"
        if negated and self._is_one_of_many(value.field.entity):
            # "Never hosted a musical" is not that something else was hosted.
            test.negated = False
            self._add(Has(value.field.entity, [test], negated=True))
            return
        self._add(test)

    def _is_one_of_many(self, entity: Entity) -> bool:
        """Whether what is asked for has many rows of a table that the question does not name."""
        subject = self.subject
        if subject is None or entity is subject or entity in self.mentioned or self.scope is not None:
            return False
        way = self.model.path([subject], entity) or []
        return any(step.multiplies for step in way)

    def _of_own_kind(self, value: Value) -> Value:
        """Of rows that refer to one of their own table: who is meant by a name beside a verb.

        `Who invited Ada` asks for the one who did, `members Ada invited` and `who report to Ada` for hers.
        """
        entity = value.field.entity
        for reference in self.model.references:
            if not (reference.source is reference.target is entity and reference.role):
                continue
            role = self.model.role_of(entity.field(reference.columns[0]))
            if role is None:
                continue
            match self._said_beside(reference, entity):
                case "by":
                    return Value(role.field(value.field.name), value.text, value.exact)
                case "whom":
                    self._ask_for(role, entity)
        return value

    def _said_beside(self, reference: Reference, entity: Entity) -> str:
        """`by` where the one named is who did something, `whom` where it was done to them; else nothing."""
        before, after = -2, 0
        while self._is_name_of(entity, before) or self.cursor.at("skip", offset=before):
            before -= 1
        while self._is_name_of(entity, after):
            after += 1
        leading, following = self.cursor.text(before).lower().split(), self.cursor.text(after).lower().split()
        led = self.cursor.at("prep", "by", offset=before) is not None
        verb = self.cursor.text(before - 1).lower().split() if led else leading[:-1]
        particle = leading[-1:]
        if following and says_role(reference, following) and not isinstance(self.cursor.peek(after), Value):
            if lemma(following[0]) in _SERVING:
                # "Who does Ada report to?"
                return "whom"
            passive = following[-1] == "by" or self.cursor.at("by", offset=after + 1)
            if passive_of(reference):
                # "Which recipe is this one based on?"
                return "whom"
            if not passive and self.cursor.text(before).lower() not in ("by", "of"):
                return "by"
        if particle == ["by"] and verb and says_role(reference, verb):
            return "by"
        if particle in (["to"], ["for"], ["under"]) and verb and lemma(verb[-1]) in _SERVING:
            return "by" if UPWARDS & set(reference.role) else ""
        if leading and not led and is_verb(leading[-1]) and says_role(reference, leading[-1:]):
            return "whom"
        return ""

    def _is_name_of(self, entity: Entity, offset: int) -> bool:
        meaning = self.cursor.peek(offset)
        return isinstance(meaning, Value) and meaning.field.entity is entity

    def _ask_for(self, role: Entity, entity: Entity) -> None:
        """Have the question be for the rows that others refer to in a role."""
        self.who = False
        for noun in self.targets:
            if noun.core in (entity, role):
                noun.core = role
                return
        if not self.targets:
            self.targets.append(Noun(core=role))

    def _contradicts(self, value: Value) -> bool:
        """Whether a column is said to be something else already, without an `or` between."""
        if self.joined_by_or or self.both or (self.last_test is not None and self._listed(self.last_test)):
            return False
        tests = (one for one in self.form.conditions if isinstance(one, Test) and one.field is value.field)
        return any(one.operator == "=" and not one.negated and one.second is None for one in tests)

    def _preposition(self) -> str:
        """The word right before what was just taken."""
        return self.cursor.text(-2).lower()

    def _role_by(self, preposition: str, entity: Entity) -> Entity | None:
        """The role that a preposition says: `from Hamburg` is the origin's, `to Lyon` the destination's."""
        named = [one for one in self.mentioned if one.base is entity and one is not self.subject]
        if (
            named
            and named[-1] is self.mentioned[-1]
            and (self.cursor.at("prep", "by", "each", offset=-2) or self.cursor.peek(-2) is named[-1])
        ):
            # "Agents managed by Amy Cole": she is who manages.
            return named[-1]
        if len(named) == 1 and entity not in self.mentioned:
            return named[0]
        words = _DIRECTIONS.get(preposition.split()[0] if preposition else "")
        owners = {self.subject, *self.mentioned, *(one.entity for one in self.sides)}
        if words is None or not owners:
            return None
        roles = [
            one
            for one in self.model.roles
            if one.base is entity and self.model.steps_from(one)[0].there in owners and words & set(one.words)
        ]
        return roles[0] if len(roles) == 1 else None

    def _listed(self, last: Test) -> bool:
        """Whether a comma, `and` or `or` stands between two values."""
        offset, moved = -2, False
        while self.cursor.at("skip", "prep", offset=offset):
            moved = moved or self.cursor.text(offset).lower() in ("from", "to")
            offset -= 1
        return self.cursor.at("and", "or", "comma", offset=offset) is not None or (
            isinstance(self.cursor.peek(offset), Value) and not moved
        )

    def _attributes(self, noun: Noun) -> None:
        for place, attribute in enumerate(noun.attributes):
            self.negated = place in noun.negated
            self._attribute(attribute)

    def _attribute(self, attribute: Value | Flag | Field) -> None:
        negated = self._take_negation()
        if isinstance(attribute, Value):
            self._add_value(attribute, negated)
        elif isinstance(attribute, Flag):
            self._add_flag(attribute, negated=negated)
        else:
            self._add(Test(attribute, "true", value=True, negated=negated))

    def _add_flag(self, flag: Flag, *, negated: bool) -> None:
        if not isinstance(flag, OverdueFlag):
            self._add(Test(flag.field, "true", value=flag.holds, negated=negated))
            return
        if negated:
            raise Unreadable("what is not overdue may be done or not yet due")
        self._add(When(flag.field, BEFORE_TODAY))
        if flag.done.kind == "boolean":
            self._add(Test(flag.done, "true", value=False))
        else:
            self._add(Test(flag.done, "null"))

    def _owner_named(self, entity: Entity) -> Field | None:
        """The name of the person that rows belong to, in "rules of Ada Park"."""
        if self.cursor.text(-2).lower() not in ("of", "by", "from"):
            return None
        steps = self.model.steps_from(entity)
        people = (
            one.there for one in steps if not one.multiplies and one.there.is_person and one.there.labels
        )
        return next((person.labels[0] for person in people), None)

    def _text(self, text: TextLexeme) -> None:
        """Words that no sampled value has: a value of the column before them, or a name."""
        self.cursor.take()
        following = self.cursor.peek()
        field: Field | None = None
        doubt = 0.0
        if isinstance(self.pending, Field) and self.pending.kind == "text":
            field = self.pending
            if field in self.form.columns and self.targets and self.targets[0].core is not field:
                self.form.columns.remove(field)
        elif isinstance(following, Field) and following.kind == "text":
            field = following
            self.cursor.take()
        else:
            entity = self._nearest_entity(following)
            by_whom = self.context in ("by", "agent") and entity is not None
            if by_whom and entity is not None and (author := person_field(entity)):
                field, doubt = author, 0.1
            elif entity is not None and (owner := self._owner_named(entity)):
                field, doubt = owner, 0.2
            elif entity is not None and entity.labels:
                field = entity.labels[0]
                doubt = 0.15 if text.quoted else 0.25
        if field is None:
            raise Unreadable(f"nothing says what “{text.text}” is")
        if field.column.complete and field.column.values:
            doubt += 0.45
        self.doubt(doubt, f"“{text.text}” is taken for a {field.words[-1]} of {field.entity}")
        test = Test(field, "like", text.text, negated=self._take_negation())
        self._add(test)


def _is_also_date(value: Value) -> bool:
    """Whether a value such as `shipped` is a date of its table as well."""
    word = lemma(value.text.lower())
    dates = [one for one in value.field.entity.fields if one.kind in ("date", "time")]
    return any(lemma(own) == word for one in dates for own in one.words)

"""Nouns after what is asked for: related tables, further columns, what there is most of."""

from __future__ import annotations

from typing import cast

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.durations import Durations
from fluxstudio.flows.ask.reading.form import Has, Measure, Order, Test
from fluxstudio.flows.ask.reading.lexemes import Flag, Number, TextLexeme, Value
from fluxstudio.flows.ask.reading.nouns import Noun, graded_sign, measure_of, order_of
from fluxstudio.flows.ask.schema.model import Entity, Field


class Relations(Durations):
    """Nouns after what is asked for."""

    def _extreme(self, noun: Noun) -> None:
        """`with the highest price`, `has the most orders`."""
        if self._ranks_itself(noun):
            self.extremes.append(noun)
            self.owned = True
            return
        if (
            noun.core is None
            and (noun.in_all or noun.common)
            and not (noun.adjective or noun.by_time or noun.aggregates)
        ):
            # "Which tag is used the most?"
            noun.common, noun.limit = True, noun.limit or self.form.limit
            if self._often(noun) is None and self.subject is not None:
                self.extremes.append(noun)
                return
        counted = self._often(noun)
        order = Order(Measure("count", counted), -noun.extreme) if counted else order_of(noun, self.subject)
        if order is not None and noun.in_all and isinstance(order.by, Field):
            order = self.in_all(order, order.by)
        if order is None:
            if isinstance(noun.core, Field) and noun.core.kind in ("text", "boolean"):
                order = Order(Measure("count", noun.core.entity, noun.core, distinct=True), -noun.extreme)
            else:
                raise Unreadable("nothing says what there is most of")
        noun.limit, self.wished = noun.limit or self.wished, None
        for one in self.extremes:
            if one.limit:
                self.form.limit = one.limit
        limit = noun.limit
        self.ranked = limit is None
        many = any(one.limit for one in self.extremes)
        self.extremes = [one for one in self.extremes if one.adjective or one.by_time]
        self.form.orders.append(order)
        if not many:
            self.form.limit = limit if limit is not None else self.form.limit or 1
        if isinstance(order.by, Measure):
            self.scope = (order.by.entity, order.by.conditions)
            self._attributes(noun)
        else:
            self._attributes(noun)
            self.pending = None

    def _ranks_itself(self, noun: Noun) -> bool:
        """`the names of the top 3 hotels`: what follows says by what they are ranked."""
        plain = not (noun.adjective or noun.by_time or noun.common or noun.aggregates)
        return plain and isinstance(noun.core, Entity) and noun.core is self.subject

    def in_all(self, order: Order, by: Field) -> Order:
        """`the most credits` of a department with many courses are those of all of them together."""
        subject = self.subject
        if subject is None or by.entity is subject or by.kind != "number":
            return order
        way = self.model.path([subject], by.entity) or []
        many = any(one.multiplies for one in way)
        return Order(Measure("sum", by.entity, by), order.sign) if many else order

    def _often(self, noun: Noun) -> Entity | None:
        """What happens most where only `most often` is said: what was named last."""
        if (
            not noun.common
            or noun.core is not None
            or not self.mentioned
            or self.mentioned[-1] is self.subject
        ):
            return None
        counted = self.mentioned[-1]
        self.form.conditions = [
            one for one in self.form.conditions if not (isinstance(one, Has) and one.entity is counted)
        ]
        return counted

    def _further(self, noun: Noun, context: str) -> None:
        """A noun after what is asked for: a relation to it, a condition, or one more column."""
        negated = self._take_negation()
        core = noun.core
        if isinstance(core, Entity):
            self._relation(noun, core, negated, context)
            return
        if core is None:
            return
        if noun.aggregates:
            measure = measure_of(noun, self.subject)
            if measure is not None:
                if self.targets and context in ("with", "and with", "and"):
                    self.form.measures.append(measure)
                    self.scope = (measure.entity, measure.conditions)
                else:
                    self.pending = measure
            return
        if negated or not self._says_nothing_new(core):
            self._column(core, context, negated)
            self._attributes(noun)

    def _column(self, core: Field, context: str, negated: bool) -> None:
        """A column after what is asked for: a flag, something that has to be there, or shown as well."""
        if not negated and context == "with" and self._must_be_there(core):
            self._add(Test(core, "null", negated=True))
        elif core.kind == "boolean":
            self._add(Test(core, "true", value=True, negated=negated))
        elif negated:
            self._add(Test(core, "null"))
        elif core.kind in ("date", "time") and context in ("verb", "rel", "", "skip"):
            self.pending = core
            if (
                not isinstance(self._next_meaning(), Span)
                and core.column.nullable
                and context in ("verb", "rel", "")
            ):
                self._add(Test(core, "true", value=True))
        elif context in ("with", "and with", "and", "and prep") and self._plainly_wanted(core):
            self.form.columns.append(core)
            self.pending = self.fresh = core
        else:
            self.pending = core
            if not isinstance(self._next_meaning(), Value | TextLexeme | Span | Number):
                self._loose(core, context)

    def _says_nothing_new(self, core: Field) -> bool:
        """Whether a column is measured already: "the average duration, in minutes"."""
        return any(isinstance(one, Measure) and one.field is core for one in self.form.measures)

    def _must_be_there(self, core: Field) -> bool:
        """Whether rows are counted that have something in a column: "customers have a phone number"."""
        counts_only = bool(self.form.measures) and all(one.aggregates for one in self.targets)
        return counts_only and core.kind == "text" and self._stands_alone(core)

    def _stands_alone(self, core: Field) -> bool:
        """Whether nothing is said of a column but that it is there."""
        has_value = isinstance(self._next_meaning(), Value | TextLexeme | Number | Span)
        return core.column.nullable and not has_value

    def _loose(self, core: Field, context: str) -> None:
        """A column that nothing is said of: perhaps it is wanted as well."""
        if core in self.form.columns or core in self.form.keys:
            return
        if self.subject is not None and context in ("prep", "with", ""):
            self.form.columns.append(core)
            self.doubt(0.12, f"“{core.name}” is shown as well")
        else:
            self.doubt(0.3, f"nothing is said of “{core.name}”")

    def _plainly_wanted(self, core: Field) -> bool:
        following = self._next_meaning()
        return not isinstance(following, Value | TextLexeme | Number | Span) or (
            isinstance(following, Value) and following.field is not core
        )

    def _relation(self, noun: Noun, core: Entity, negated: bool, context: str) -> None:
        negated = negated and (context == "with" or self._has_none(noun))
        has = Has(core, negated=negated)
        if noun.aggregates:
            measure = measure_of(noun, self.subject)
            if measure is not None and not negated:
                self.form.measures.append(measure)
                self.scope = (core, measure.conditions)
                return
        if core is self.subject and not negated:
            if any(isinstance(one, Has) for one in self.form.conditions) and not noun.attributes:
                self.doubt(0.6, f"{core} are named again")
            if isinstance(self.cursor.peek(-2), Field):
                self.doubt(0.3, f"{core} after a column of theirs")
            self.owned = True
            self._attributes(noun)
            return
        if isinstance(self.subject, Entity) and self.model.distance(self.subject, core) == float("inf"):
            raise Unreadable(f"nothing leads from {self.subject} to {core}")
        if negated and core is self.subject:
            raise Unreadable(f"{core} without itself")
        shown = context.startswith("and") or (context == "with" and core.base is self.subject)
        if shown and self.cursor.text(-2).lower() == "their" and not negated and self.cursor.ended:
            self.form.columns += [*(self.subject.labels if self.subject else ()), *core.labels]
        target = self._scope_for(core)
        target.append(has)
        if negated:
            self.scope = (core, has.conditions)
        elif context in ("with", "rel", "verb", "agent", ""):
            self.scope = (core, target) if target is not self.form.conditions else None
        self._attributes(noun)

    def _has_none(self, noun: Noun) -> bool:
        """Whether a `not` denies rows; "did not pass the check" may say as well that one was failed."""
        if not self._denies_verb(noun):
            return True
        self.form.turns = True
        if self.turn == 1:
            noun.negated = {0}
        return self.turn == 0

    def _denies_verb(self, noun: Noun) -> bool:
        """Whether a `not` is said of a flag of rows that there are many of for each of what is asked for."""
        first = noun.attributes[0] if len(noun.attributes) == 1 else None
        flag = first.field if isinstance(first, Flag) else first
        if not isinstance(flag, Field) or flag.kind != "boolean" or self.subject in (None, flag.entity):
            return False
        way = self.model.path([self.subject], flag.entity) or []
        return any(step.multiplies for step in way)

    def _happened(self, noun: Noun, context: str) -> None:
        """A date said as a verb: it belongs to a span that follows, or says that it has come."""
        core = cast("Field", noun.core)
        before = self.cursor.text(-2).lower().split()
        self.pending = core
        self.context = "verb"
        if isinstance(self._next_meaning(), Span):
            return
        if self.cursor.at("without") and self.cursor.peek(1) is core.entity:
            # "Received no donations": the table named next says what there is none of.
            return
        if core.entity is not self.subject and self.subject is not None:
            # What happened did so in another table's rows: "passengers who booked business class".
            has = Has(core.entity, negated=self._take_negation())
            self._scope_for(core.entity).append(has)
            self.scope = None if self.cursor.at("both") else (core.entity, has.conditions)
        elif self.negated:
            self._take_negation()
            self._add(Test(core, "null"))
        elif (
            core.column.nullable
            and before
            and before[-1]
            in ("are", "is", "was", "were", "been", "that", "yet", "have", "has", "had", "already")
        ):
            self._add(Test(core, "true", value=True))

    def _order(self, noun: Noun) -> None:
        order = self._order_of(noun)
        if order is not None:
            if self.mode.startswith("dir"):
                order.sign, self.mode = int(self.mode.split()[1]), ""
            self.form.orders.append(order)
            if noun.limit and noun.limit > 0:
                self.form.limit = noun.limit

    def _order_of(self, noun: Noun) -> Order | None:
        if noun.is_extreme:
            return order_of(noun, self.subject)
        measure = measure_of(noun, self.subject)
        if measure is not None:
            return Order(measure, 1)
        if isinstance(noun.core, Field):
            return Order(noun.core, 1)
        if isinstance(noun.core, Entity) and noun.core.labels:
            return Order(noun.core.labels[0], 1)
        return None

    def _by(self, noun: Noun) -> None:
        """`by` groups what is counted, ranks what there is most of, and names who did something."""
        if self.extremes and not self.form.measures:
            ranked = self._order_of(noun)
            if ranked is not None and (isinstance(ranked.by, Measure) or _is_number(ranked.by)):
                if isinstance(ranked.by, Field):
                    ranked = self.in_all(ranked, ranked.by)
                extreme = self.extremes.pop()
                graded = extreme.adjective and isinstance(ranked.by, Field)
                sign = graded_sign(extreme.adjective, cast("Field", ranked.by)) if graded else 1
                ranked.sign = -extreme.extreme * sign or -1
                self.form.orders.append(ranked)
                self.form.limit = extreme.limit or self.form.limit or 1
                self.scope = (
                    (ranked.by.entity, ranked.by.conditions) if isinstance(ranked.by, Measure) else None
                )
                return
        if (self.form.measures or self.sides) and not noun.aggregates:
            if noun.core is not None:
                self._attributes(noun)
                self.form.keys.append(noun.core)
                self.context = "grouped"
            return
        begins = isinstance(self.cursor.lexemes[0].meaning, Entity) and not self.form.columns
        text = isinstance(noun.core, Field) and noun.core.kind == "text"
        if begins and (text or self._groups(noun.core)) and not noun.aggregates and noun.core is not None:
            # "Orders by status", "customers by tariff": so many of each.
            self._attributes(noun)
            self.form.keys.append(noun.core)
            self.per, self.context = True, "grouped"
            return
        if isinstance(noun.core, Field) or noun.aggregates:
            self._order(noun)
            if noun.aggregates and self.form.orders:
                self.form.orders[-1].sign = -1
            return
        self._further(noun, "prep")

    def _groups(self, core: object) -> bool:
        """Whether each row of what is listed belongs to one of a table, which is not who made it."""
        if not isinstance(core, Entity) or core.is_person or self.subject in (None, core):
            return False
        way = self.model.path([self.subject], core)
        return bool(way) and not any(step.multiplies for step in way or ())

    def _key(self, noun: Noun) -> None:
        self._attributes(noun)
        if noun.is_extreme and isinstance(noun.core, Entity):
            raise Unreadable("groups cannot be extreme")
        if noun.core is None:
            raise Unreadable("nothing to group by")
        if isinstance(noun.core, Entity) and (role := self._role_by(self.direction, noun.core)):
            noun.core = role
        self.form.keys.append(noun.core)
        self.scope = None


def _is_number(by: object) -> bool:
    return isinstance(by, Field) and by.kind in ("number", "date", "time")

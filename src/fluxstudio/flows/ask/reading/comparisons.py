"""Comparisons: with numbers, texts, other columns and measures."""

from __future__ import annotations

from typing import cast

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.reading.amounts import comparable, date_test, in_unit_of
from fluxstudio.flows.ask.reading.choices import amounts, graded_field, text_field, unit_fields
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Aggregate, Has, Measure, MeasureTest, Older, Test, When
from fluxstudio.flows.ask.reading.lexemes import Bucket, Flag, Number, TextLexeme, Unknown, Value
from fluxstudio.flows.ask.reading.nouns import Noun, graded_sign, measure_of, read_noun
from fluxstudio.flows.ask.reading.spans import Spans
from fluxstudio.flows.ask.schema.model import Entity, Field

_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "<>", "<>": "="}
_ONE_OF_ALL = (["avg"], ["median"], ["max"], ["min"])
_NOUN_STARTS = (
    "count",
    "sum",
    "avg",
    "median",
    "stddev",
    "max",
    "min",
    "distinct",
    "most",
    "extreme",
    "common",
    "first",
    "last",
)


class Comparisons(Spans):
    """Comparisons: with numbers, texts, other columns and measures."""

    def _like_named(self, field: Field, operator: str, named: Value) -> None:
        raise NotImplementedError

    def _like_row(self, thing: Entity | Field, operator: str, other: Entity, single: bool) -> None:
        raise NotImplementedError

    def _of_their_own(self, measure: Measure, named: Entity) -> bool:
        raise NotImplementedError

    def _lapse_compared(self, left: object, operator: str) -> bool:
        raise NotImplementedError

    def _comparison(self) -> None:
        left = None if self._counts_rows(0) else self.pending
        self.pending = None
        negated = self._take_negation()
        cursor = self.cursor
        if cursor.accept("null"):
            self._null(left, "null", negated)
        elif cursor.accept("notnull"):
            self._null(left, "null", not negated)
        elif cursor.accept("between"):
            self._between(left, negated)
        elif keyword := cursor.accept("text"):
            self._match(left, keyword.value, negated)
        elif keyword := cursor.accept("graded"):
            sign, adjective = keyword.value.split()
            self._graded(left, int(sign), adjective, negated)
        elif cursor.accept("called"):
            self._called()
        else:
            keyword = cursor.accept("cmp")
            operator = keyword.value if keyword else "="
            while further := cursor.accept("cmp"):
                operator = further.value
            cursor.skip("skip", "than")
            if negated:
                operator = _OPPOSITE[operator]
            self._operand(left, operator)

    def _null(self, left: object, operator: str, negated: bool) -> None:
        if not isinstance(left, Field):
            raise Unreadable("nothing says what is empty")
        self._unwanted(left)
        self._add(Test(left, operator, negated=negated))

    def _between(self, left: Field | Measure | None, negated: bool) -> None:
        if isinstance(self.cursor.peek(self.cursor.beyond("skip")), Entity):
            # "Matches between teams": of them.
            self.context = "prep"
            return
        first = self.cursor.take() if not self.cursor.ended else None
        self.cursor.skip("skip")
        if isinstance(first, Span) and isinstance(self.cursor.peek(1), Span):
            self.cursor.take()
            self._compared_spans(first, cast("Span", self.cursor.take()))
            return
        self.cursor.accept("and", "to")
        self.cursor.skip("skip")
        second = self.cursor.take() if not self.cursor.ended else None
        if not isinstance(first, Number) or not isinstance(second, Number):
            raise Unreadable("between what is not clear")
        if isinstance(left, Measure):
            self.form.conditions.append(MeasureTest(left, "between", first.value, second.value))
            return
        unit = self.cursor.peek()
        if left is None and isinstance(unit, Entity):
            self.cursor.take()
            self.form.conditions.append(
                MeasureTest(Measure("count", unit), "between", first.value, second.value)
            )
            return
        if left is None and isinstance(unit, Field) and unit.kind == "number":
            left = unit
            self.cursor.take()
        unit_text = self._unit()
        field = left or self._measured(unit_text)
        self._unwanted(field)
        low, high = (in_unit_of(field, one, unit_text) for one in (first, second))
        self._add(Test(field, "between", low, high, negated))

    def _compared_spans(self, first: Span, second: Span) -> None:
        """`between this month and last month`: of each."""
        for span in (first, second):
            when = self._when(span)
            if not isinstance(when, When):
                raise Unreadable("years are not compared like this")
            self.spans.append(when)

    def _unit(self) -> str:
        """The unit after a number, if one stands there."""
        meaning = self.cursor.peek()
        if isinstance(meaning, Unknown | Bucket):
            text = self.cursor.text()
            self.cursor.take()
            return text.lower()
        return ""

    def _measured(self, unit: str) -> Field:
        """What a number without a column is of."""
        entities = [*([self.subject] if self.subject else []), *reversed(self.mentioned)]
        for entity in entities:
            if unit and (field := unit_fields(entity, unit)):
                return field
        for entity in entities:
            measured = amounts(entity)
            if len(measured) == 1:
                strange = not unit and isinstance(self.cursor.peek(), Entity | Field | Unknown)
                self.doubt(0.8 if strange else 0.15, f"the number is a {measured[0].name}")
                return measured[0]
        raise Unreadable("nothing says what the number is of")

    def _operand(self, left: Field | Measure | None, operator: str) -> None:
        meaning = self.cursor.peek()
        if meaning is None and left is None:
            self.doubt(0.1, "a comparison with nothing")
            return
        if isinstance(meaning, Number | Bucket | Unknown | Keyword) and self._lapse_compared(left, operator):
            return
        if isinstance(meaning, Number):
            self._with_number(left, operator, meaning)
        elif isinstance(meaning, Span) and isinstance(left, Field) and left.kind in ("date", "time"):
            self.cursor.take()
            self._unwanted(left)
            self._add(date_test(left, operator, meaning))
        elif (
            isinstance(meaning, Value) and isinstance(left, Field) and left.kind in ("number", "date", "time")
        ):
            self.cursor.take()
            self._like_named(left, operator, meaning)
        elif isinstance(meaning, Value | TextLexeme):
            self.cursor.take()
            field = left if isinstance(left, Field) else meaning.field if isinstance(meaning, Value) else None
            if field is None or operator not in ("=", "<>"):
                raise Unreadable("nothing says what is compared")
            self._unwanted(field)
            exact = isinstance(meaning, Value) and meaning.exact and meaning.field is field
            negated = operator == "<>"
            self._add(
                Test(
                    field,
                    "=" if exact or (isinstance(meaning, TextLexeme) and meaning.quoted) else "like",
                    meaning.text,
                    negated=negated,
                )
            )
        else:
            self._with_noun(left, operator)

    def _with_number(self, left: Field | Measure | None, operator: str, number: Number) -> None:
        self.cursor.take()
        after = self.cursor.accept("ormore")
        if self.cursor.accept("times"):
            self._often_enough(after.value if after else operator, number.value)
            return
        if left is not None and self.cursor.peek() is left:
            # "longer than 20 seconds", where the column counts seconds.
            self.cursor.take()
        if isinstance(left, Measure):
            operator = after.value if after else operator
            self._measure_test(MeasureTest(left, operator, number.value))
            self._unit()
            return
        self.cursor.skip("skip", "distinct")
        following = self.cursor.peek()
        if left is None and isinstance(following, Entity | Field | Keyword | Value | Flag):
            noun = (
                read_noun(self.cursor)
                if not isinstance(following, Keyword) or self.cursor.at(*_NOUN_STARTS)
                else Noun()
            )
            after = after or self.cursor.accept("ormore")
            operator = after.value if after else operator
            if noun.core is not None:
                self._with_counted(noun, operator, number)
                return
        unit = self._unit() if left is None or isinstance(self.cursor.peek(), Bucket | Unknown) else ""
        after = after or self.cursor.accept("ormore")
        operator = after.value if after else operator
        field = left if isinstance(left, Field) else self._measured(unit)
        refers = any(
            one.source is field.entity and field.name in one.columns for one in self.model.references
        )
        if field.kind != "number" or ((field.is_key or refers) and operator != "="):
            raise Unreadable(f"{field} is no number")
        self._unwanted(field)
        self._add(Test(field, operator, in_unit_of(field, number, unit)))

    def _often_enough(self, operator: str, count: float) -> None:
        """`admitted at least three times`: of what is said to have happened."""
        happened = [one for one in self.form.conditions if isinstance(one, Has) and not one.negated]
        if not happened:
            raise Unreadable("nothing says what happened so often")
        self.form.conditions.remove(happened[-1])
        measure = Measure("count", happened[-1].entity, conditions=happened[-1].conditions)
        self.pending = None
        self._measure_test(MeasureTest(measure, operator, count))

    def _with_counted(self, noun: Noun, operator: str, number: Number) -> None:
        """`more than 3 orders`, `at least 500 points`."""
        core = noun.core
        if isinstance(core, Field) and core.kind == "number" and not core.is_key:
            self._add(Test(core, operator, number.value))
            return
        if isinstance(core, Entity):
            self.mentioned.append(core)
            measure = Measure("count", core)
        else:
            measure = Measure("count", cast("Field", core).entity, cast("Field", core), distinct=True)
        self._measure_test(MeasureTest(measure, operator, number.value))
        if noun.distinct:
            measure.distinct = True
        self._attributes(noun)

    def _measure_test(self, test: MeasureTest) -> None:
        self.form.conditions.append(test)
        if isinstance(test.measure, Measure):
            self.scope = (test.measure.entity, test.measure.conditions)

    def _with_noun(self, left: Field | Measure | None, operator: str) -> None:
        noun = read_noun(self.cursor)
        if noun.core is None and not noun.aggregates:
            raise Unreadable("a comparison with nothing")
        measure = self._compared_measure(noun, left)
        if measure is not None:
            field = left
            if field is None and measure.field is not None:
                field = measure.field
            if isinstance(field, Measure):
                self.form.conditions.append(MeasureTest(field, operator, measure))
            elif isinstance(field, Field):
                self._unwanted(field)
                self._add(Test(field, operator, measure))
            else:
                raise Unreadable("nothing says what is compared")
            self.scope = (measure.entity, measure.conditions)
            following = self.cursor.peek(self.cursor.beyond("skip", "prep"))
            if self.cursor.at("prep") and isinstance(following, Entity):
                taken = self.cursor.beyond("skip", "prep") + 1
                self.cursor.place += taken if self._of_their_own(measure, following) else 0
            return
        if isinstance(left, Field) and isinstance(noun.core, Field) and comparable(left, noun.core):
            self._unwanted(left)
            self._add(Test(left, operator, noun.core))
            return
        if isinstance(left, Field) and isinstance(noun.core, Entity) and noun.core is not left.entity:
            self._like_row(left, operator, noun.core, single=True)
            return
        if isinstance(left, Measure) and isinstance(noun.core, Field):
            raise Unreadable("a measure compared with a column")
        if left is None and isinstance(noun.core, Entity) and operator == ">":
            raise Unreadable("more than what is not clear")
        raise Unreadable("these cannot be compared")

    def _compared_measure(self, noun: Noun, left: Field | Measure | None) -> Measure | None:
        """The number that something is compared with; None where it is no number of many rows."""
        if noun.core is None and isinstance(left, Field) and noun.aggregates:
            # "Above average": of the same column.
            return Measure(cast("Aggregate", noun.aggregates[-1]), left.entity, left)
        if noun.core is None and isinstance(left, Measure):
            return Measure(left.aggregate, left.entity, left.field)
        if isinstance(left, Field) and left.entity is noun.core and noun.aggregates in _ONE_OF_ALL:
            # "Heavier than the average shipment": of the same column.
            return Measure(cast("Aggregate", noun.aggregates[0]), left.entity, left)
        own = isinstance(left, Field) and noun.aggregates in _ONE_OF_ALL
        if own and isinstance(left, Field) and isinstance(noun.core, Entity):
            measure = Measure(cast("Aggregate", noun.aggregates[0]), left.entity, left)
            if self._of_their_own(measure, noun.core):
                return measure
        return measure_of(noun, self.subject)

    def _graded(self, left: Field | Measure | None, sign: int, adjective: str, negated: bool) -> None:
        entity = self.subject or (self.mentioned[-1] if self.mentioned else None)
        field: Field | None = left if isinstance(left, Field) else None
        if field is not None:
            sign *= graded_sign(adjective, field)
        elif entity is not None and (graded := graded_field(entity, adjective)):
            field = graded[0]
            sign *= graded[1]
        if adjective in ("long", "short") and (field is None or field.kind in ("date", "time")):
            timed = self._lapse_compared(left, ">" if (sign > 0) is not negated else "<")
            if timed:
                return
        if field is None:
            raise Unreadable(f"nothing says what is {adjective}")
        operator = ">" if sign > 0 else "<"
        if negated:
            operator = _OPPOSITE[operator]
        number = self.cursor.peek()
        unit = self.cursor.peek(1)
        if field.kind in ("date", "time") and isinstance(number, Number):
            self.cursor.take()
            self._add(Older(field, operator, number.value, unit.unit if isinstance(unit, Bucket) else "year"))
            if isinstance(unit, Bucket):
                self.cursor.take()
            return
        self._operand(field, operator)

    def _match(self, left: Field | Measure | None, operator: str, negated: bool) -> None:
        self.cursor.skip("skip", "prep")
        while isinstance(self.cursor.peek(), Unknown) and self.cursor.text().lower() in (
            "letter",
            "word",
            "letters",
            "text",
        ):
            self.cursor.take()
        meaning = self.cursor.peek()
        if (
            operator == "contains"
            and not isinstance(left, Field)
            and isinstance(meaning, Entity | Field | Value)
        ):
            self.context = "with"
            return
        if meaning is None or (isinstance(meaning, Keyword) and meaning.role not in ("skip",)):
            raise Unreadable("a text is missing")
        text = meaning.text if isinstance(meaning, TextLexeme | Value) else self.cursor.text()
        field = left if isinstance(left, Field) else None
        if field is None or field.kind != "text":
            entity = self.subject
            field = text_field(entity) if entity is not None else None
            if field is None:
                raise Unreadable("nothing says what the text is in")
        self.cursor.take()
        self._unwanted(field)
        self._add(Test(field, operator, text, negated=negated))

    def _called(self) -> None:
        self.cursor.skip("skip")
        meaning = self.cursor.peek()
        entity = self.mentioned[-1] if self.mentioned else self.subject
        if entity is None or not entity.labels or not isinstance(meaning, TextLexeme | Value | Unknown):
            self.doubt(0.2, "a name is missing")
            return
        self.cursor.take()
        if isinstance(meaning, Value):
            if meaning.field.entity is not entity:
                self.doubt(0.3, f"“{meaning.text}” is no name of {entity}")
            self._add_value(meaning, self._take_negation())
        else:
            self._add(Test(entity.labels[0], "like", meaning.text, negated=self._take_negation()))

    def _counts_rows(self, offset: int) -> bool:
        """`more than 3 orders` compares the number of orders, not what stood before it."""
        number = self.cursor.peek(offset + 1)
        return isinstance(number, Number) and isinstance(self.cursor.peek(offset + 2), Entity)

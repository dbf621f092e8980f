"""Comparisons: with numbers, texts, other columns and measures."""

from __future__ import annotations

from typing import cast

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.reading.choices import amounts, graded_field, text_field, unit_fields
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Aggregate, Measure, MeasureTest, Older, Test, When
from fluxstudio.flows.ask.reading.lexemes import Bucket, Flag, Number, TextLexeme, Unknown, Value
from fluxstudio.flows.ask.reading.nouns import Noun, graded_sign, measure_of, read_noun
from fluxstudio.flows.ask.reading.spans import Spans
from fluxstudio.flows.ask.schema.model import Entity, Field

_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "<>", "<>": "="}
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
        first = self.cursor.take() if not self.cursor.ended else None
        self.cursor.skip("skip")
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
        field = left or self._measured(self._unit())
        self._unwanted(field)
        self._add(Test(field, "between", first.value, second.value, negated))

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
        if isinstance(meaning, Number):
            self._with_number(left, operator, meaning)
        elif isinstance(meaning, Span) and isinstance(left, Field) and left.kind in ("date", "time"):
            self.cursor.take()
            self._unwanted(left)
            self._add(_date_test(left, operator, meaning))
        elif isinstance(meaning, Value | TextLexeme):
            self.cursor.take()
            field = left if isinstance(left, Field) else meaning.field if isinstance(meaning, Value) else None
            if field is None:
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
        if field.kind != "number" or (field.is_key and operator != "="):
            raise Unreadable(f"{field} is no number")
        self._unwanted(field)
        self._add(
            Test(
                field,
                operator,
                number.value / 100 if number.percent and _is_fraction(field) else number.value,
            )
        )

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
        if noun.core is None and isinstance(left, Field) and noun.aggregates:
            # "above average": of the same column.
            measure: Measure | None = Measure(cast("Aggregate", noun.aggregates[-1]), left.entity, left)
        elif noun.core is None and isinstance(left, Measure):
            measure = Measure(left.aggregate, left.entity, left.field)
        else:
            measure = measure_of(noun, self.subject)
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
            return
        if isinstance(left, Field) and isinstance(noun.core, Field) and _comparable(left, noun.core):
            self._unwanted(left)
            self._add(Test(left, operator, noun.core))
            return
        if isinstance(left, Measure) and isinstance(noun.core, Field):
            raise Unreadable("a measure compared with a column")
        if left is None and isinstance(noun.core, Entity) and operator == ">":
            raise Unreadable("more than what is not clear")
        raise Unreadable("these cannot be compared")

    def _graded(self, left: Field | Measure | None, sign: int, adjective: str, negated: bool) -> None:
        entity = self.subject or (self.mentioned[-1] if self.mentioned else None)
        field: Field | None = left if isinstance(left, Field) else None
        if field is not None:
            sign *= graded_sign(adjective, field)
        elif entity is not None and (graded := graded_field(entity, adjective)):
            field = graded[0]
            sign *= graded[1]
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


def _is_fraction(field: Field) -> bool:
    return field.words[-1] in ("rate", "ratio", "fraction", "share")


def _comparable(one: Field, other: Field) -> bool:
    times = ("date", "time")
    return one.kind == other.kind or (one.kind in times and other.kind in times)


def _date_test(field: Field, operator: str, span: Span) -> When:
    match operator:
        case ">":
            return When(field, Span(span.end, None, f"after {span.text}"))
        case ">=":
            return When(field, Span(span.start, None, f"since {span.text}"))
        case "<":
            return When(field, Span(None, span.start, f"before {span.text}"))
        case "<=":
            return When(field, Span(None, span.end, f"until {span.text}"))
    return When(field, span, negated=operator == "<>")

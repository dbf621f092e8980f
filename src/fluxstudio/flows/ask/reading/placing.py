"""Where a noun belongs: asked for, divided, grouped by, sorted by, or a condition."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.units import unit_called
from fluxstudio.flows.ask.language.words import is_verb
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Aggregate, Has, Measure, Test
from fluxstudio.flows.ask.reading.lexemes import Number
from fluxstudio.flows.ask.reading.nouns import Noun, measure_of, read_noun
from fluxstudio.flows.ask.reading.relations import Relations
from fluxstudio.flows.ask.schema.model import Entity, Field


class Placing(Relations):
    """Where a noun belongs: asked for, divided, grouped by, sorted by, or a condition."""

    def _place_lapse(self, noun: Noun) -> None:
        self._place(noun)

    def _noun(self) -> None:
        begin = self.cursor.place
        self.fresh = self.last_test = None
        noun = read_noun(self.cursor)
        if noun.core is None and not noun.aggregates and not noun.is_extreme:
            self._attributes(noun)
            if self.cursor.place == begin:
                self.cursor.take()
            return
        if self._is_quantity(noun) or self._is_added_up(noun):
            noun.aggregates = ["sum"]
        if noun.strained:
            self.doubt(0.1, "two columns in a row")
        self._owner(noun)
        if noun.entity:
            self.mentioned.append(noun.entity)
        if noun.related and noun.entity:
            if self.model.distance(noun.related, noun.entity) == float("inf"):
                raise Unreadable(f"{noun.related} and {noun.entity} have nothing to do with each other")
            self.mentioned.append(noun.related)
        if noun.period:
            self.form.keys.append(noun.period)
        if self._is_compared() and noun.core is not None and not noun.is_extreme:
            self._attributes(noun)
            described = bool(noun.attributes)
            noun.attributes.clear()
            measure = measure_of(noun, self.subject)
            self.pending = measure or (noun.core if isinstance(noun.core, Field) else None)
            if self.pending is None and isinstance(noun.core, Entity):
                self._place(noun)
                return
            if not self.targets and not self.share and not described:
                # What is compared first is what is asked for as well, as in "is the price above 5".
                self._place(noun) if isinstance(noun.core, Field) and not self.context else None
            return
        self._place(noun)

    def _is_quantity(self, noun: Noun) -> bool:
        """Whether a unit asks for all of them together: `how many litres`, `hectares per farm`."""
        plain = isinstance(noun.core, Field) and noun.aggregates in ([], ["count"])
        return plain and unit_called(noun.text) is not None and not self._is_compared()

    def _is_added_up(self, noun: Noun) -> bool:
        """Whether a column called a total is meant as the sum of it rather than as it is."""
        words = noun.text.lower().split()
        if not isinstance(noun.core, Field) or (words[0] != "total" and words[-1] not in _SUMS):
            return False
        if noun.aggregates or not _is_amount(noun.core) or self._is_compared():
            return False
        if words[-1] in _SUMS and not self.targets and self.cursor.at("by", "each"):
            return True
        return bool(self.form.measures) or self.subject is not noun.core.entity

    def _owner(self, noun: Noun) -> None:
        """A column is first of all one of the table named last, or of the one named right after it."""
        if not isinstance(noun.core, Field):
            return
        following = self.cursor.peek(self.cursor.beyond("skip", "prep"))
        if self.cursor.at("prep") and self.cursor.text().lower() == "of" and isinstance(following, Entity):
            if following.base is noun.core.entity:
                noun.core = following.field(noun.core.name)
                self.cursor.place += self.cursor.beyond("skip", "prep") + 1
            elif following is not noun.core.entity:
                self.doubt(0.3, f"“{noun.core.name}” of {following}")
        elif (
            self.context in ("with", "whose", "rel")
            and self.mentioned
            and self.mentioned[-1] is not noun.core.entity
        ):
            self.doubt(0.08, f"“{noun.core.name}” of {noun.core.entity}")

    def _is_compared(self) -> bool:
        """Whether a comparison follows what was just read."""
        offset = self.cursor.beyond("skip", "rel", "not")
        if self.cursor.at("prep", offset=offset) and isinstance(self.cursor.peek(offset + 1), Number):
            return True
        meaning = self.cursor.peek(offset)
        if isinstance(meaning, Number):
            return not isinstance(self.cursor.peek(offset + 1), Entity)
        if self.cursor.at("without", offset=offset):
            return False
        return self.cursor.at(
            "cmp", "between", "text", "null", "notnull", "graded", offset=offset
        ) is not None and not (self.cursor.at("cmp", offset=offset) and self._counts_rows(offset))

    def _place(self, noun: Noun) -> None:
        """Put a noun where the words before it say."""
        context, self.context = self.context, ""
        if self._completes(noun, context):
            return
        if self.share and self.sides and noun.core is not None and self._says_of_side(noun, context):
            self._further(noun, context)
            return
        if (
            (noun.is_verbal or self._is_helped(noun))
            and self.targets
            and context not in ("order", "each", "by", "and ordered", "and grouped")
        ):
            self._happened(noun, context)
            return
        if self._is_side(noun, context):
            self._side(noun, context)
        elif context == "each" or (context == "and grouped" and not noun.aggregates):
            self._key(noun)
            self.context = "grouped"
        elif context in ("order", "and ordered"):
            self._order(noun)
            self.context = "ordered"
        elif context == "by":
            self._by(noun)
        elif self._is_target(noun, context):
            self._attributes(noun)
            self._target(noun)
        elif noun.is_extreme:
            self._extreme(noun)
        elif noun.core is None and self._is_said_again(noun):
            return
        elif noun.core is None:
            self.doubt(1.2, "words of counting without anything to count")
        else:
            self._further(noun, context)

    def _is_said_again(self, noun: Noun) -> bool:
        """Whether words of counting repeat how it is counted: "how long does it take on average"."""
        last = self.form.measures[-1] if self.form.measures else None
        return isinstance(last, Measure) and noun.aggregates == [last.aggregate]

    def _is_helped(self, noun: Noun) -> bool:
        """Whether a date is named by a verb in its basic form: `do we brew`, of `brewed_on`."""
        dated = isinstance(noun.core, Field) and noun.core.kind in ("date", "time")
        before = {self.cursor.text(offset).lower() for offset in (-2, -3)}
        return dated and bool(before & {"do", "does", "did"}) and is_verb(noun.text.lower())

    def _completes(self, noun: Noun, context: str) -> bool:
        """Take what was to be added up for it: `how much did each farm spend`."""
        first = self.targets[0] if len(self.targets) == 1 else None
        bare = first is not None and first.core is None and first.aggregates in (["sum"], ["avg"])
        amount = isinstance(noun.core, Field) and _is_amount(noun.core) and noun.aggregates in ([], ["sum"])
        if (
            first is None
            or not bare
            or not amount
            or context in ("each", "by", "order")
            or self.form.measures
        ):
            return False
        noun.aggregates = first.aggregates
        self.targets.clear()
        self.uncounted = False
        self._target(noun)
        return True

    def _is_side(self, noun: Noun, context: str) -> bool:
        """Whether a noun is one of the two that are divided or compared."""
        if not self.share or len(self.sides) == 2 or context in ("order", "and ordered", "and grouped"):
            return False
        if not self.sides:
            return context != "each"
        if self.separated:
            return context not in ("each", "by")
        return (
            self.share == "/" and context == "each" and isinstance(noun.core, Field) and _is_amount(noun.core)
        )

    def _says_of_side(self, noun: Noun, context: str) -> bool:
        """Whether a noun restricts the rows of a share rather than being a second side."""
        return not self.separated and context in ("", "verb", "rel", "with", "skip") and not noun.is_extreme

    def _is_target(self, noun: Noun, context: str) -> bool:
        if self.negated:
            return False
        if not self.targets and not self.sides:
            return context not in ("with", "whose", "prep") or not (self.form.measures or self.form.keys)
        joined = context in ("and", "and prep")
        if (
            not context
            and isinstance(noun.core, Field)
            and isinstance(self.targets[-1].core if self.targets else None, Field)
        ):
            self.doubt(0.2, "two columns in a row")
            joined = not noun.is_verbal
        if joined and (isinstance(noun.core, Field) or noun.aggregates):
            return not noun.is_extreme or bool(noun.aggregates)
        plain = isinstance(noun.core, Field) or bool(noun.aggregates)
        return plain and context in ("and with", "and verb") and not noun.is_extreme

    def _doubt_owner(self, noun: Noun) -> None:
        """A further column is rather one of what is listed than of another table."""
        if isinstance(noun.core, Field) and self.subject not in (None, noun.core.entity):
            self.doubt(0.06, f"“{noun.core.name}” of {noun.core.entity}")

    def _target(self, noun: Noun) -> None:
        self._doubt_owner(noun)
        ranked = (
            noun.extreme
            and noun.limit
            and not (noun.adjective or noun.by_time or noun.common or noun.aggregates)
        )
        if ranked and isinstance(noun.core, Field) and noun.core.kind == "text":
            self.form.columns.append(noun.core)
            noun.core = noun.core.entity
        date = self._rows_meant(noun)
        self.targets.append(noun)
        if noun.related and noun.related is not noun.entity:
            self.form.conditions.append(Has(noun.related)) if isinstance(noun.core, Entity) else None
        if noun.is_extreme:
            self.extremes.append(noun)
            return
        measure = measure_of(noun, self.subject)
        self.uncounted = self.uncounted or (noun.core is None and measure is None)
        if measure is not None:
            if not any(
                isinstance(one, Measure) and one.signature == measure.signature for one in self.form.measures
            ):
                self.form.measures.append(measure)
            for also in noun.also:
                self.form.measures.append(replace(measure, aggregate=cast("Aggregate", also)))
            self.scope = (measure.entity, self.form.conditions)
        elif isinstance(noun.core, Field):
            if noun.core.kind == "boolean" and len(self.targets) > 1:
                self.targets.pop()
                self._add(Test(noun.core, "true", value=True))
                return
            labels = noun.core.entity.labels
            whole = (
                len(labels) > 1 and noun.core in labels and noun.text.lower().split()[0] in ("name", "names")
            )
            self.form.columns += [*labels] if whole else [noun.core]
            self.fresh = None if whole else noun.core
            if noun.distinct:
                self.form.distinct = True
        elif noun.limit and not noun.is_extreme:
            self.form.limit = noun.limit
        self.pending = date or (noun.core if isinstance(noun.core, Field) and not noun.aggregates else None)

    def _rows_meant(self, noun: Noun) -> Field | None:
        """Rows for a flag or a date said first: `investors without a phone`, `trials ending today`.

        Returns the date, which something is still said of.
        """
        core = noun.core
        if self.targets or not isinstance(core, Field) or noun.is_extreme or core.entity.base is not None:
            return None
        if core.kind == "boolean" and noun.aggregates in ([], ["count"]) and not _names_flag(noun.text):
            noun.core = core.entity
            self._add(Test(core, "true", value=True))
        elif (
            (noun.is_verbal or noun.text.endswith("ing"))
            and not noun.aggregates
            and isinstance(self._next_meaning(), Span)
        ):
            noun.core = core.entity
            return core
        return None

    def _side(self, noun: Noun, context: str) -> None:
        """One side of a ratio, a share or a difference."""
        if noun.is_extreme and isinstance(noun.core, Field) and not noun.adjective:
            noun.aggregates.append("max" if noun.extreme > 0 else "min")
        measure = measure_of(noun, self.subject)
        if measure is None and isinstance(noun.core, Entity):
            measure = Measure("count", noun.core)
        if measure is None and isinstance(noun.core, Field):
            number = noun.core.kind == "number" and not noun.core.is_key
            measure = (
                Measure("sum", noun.core.entity, noun.core)
                if number
                else Measure("count", noun.core.entity, noun.core, distinct=True)
            )
        if measure is None:
            if noun.aggregates in (["max"], ["min"]):
                self.extremes.append(noun)
                return
            raise Unreadable("nothing to divide")
        for also in noun.also if self.share == "-" and not self.sides else ():
            # "Between the highest and the lowest price": both sides at once.
            self.sides.append(measure)
            measure = replace(measure, aggregate=cast("Aggregate", also))
        for one in self.extremes:
            if one.core is None and measure.field is not None:
                self.sides.append(
                    Measure("max" if "max" in one.aggregates else "min", measure.entity, measure.field)
                )
        self.extremes.clear()
        if self.separated and not self.sides and self.form.conditions and self.share == "/":
            # "male to female patients": the first side is of the second one's table.
            self.sides.append(replace(measure, conditions=self.form.conditions))
            self.form.conditions = []
        self.sides.append(measure)
        self.scope = (measure.entity, measure.conditions)
        self._attributes(noun)


def _names_flag(text: str) -> bool:
    """Whether a flag itself is asked for: `the active flag`."""
    return bool({"flag", "status", "whether"} & set(text.lower().split()))


# What these words name is all of it together.
_SUMS = {"revenue", "turnover", "proceeds", "payroll", "spend", "spending", "spent", "sales", "income"}


def _is_amount(field: Field) -> bool:
    return field.kind == "number" and not field.is_key

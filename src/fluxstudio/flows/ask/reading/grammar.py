"""The grammar: what the lexemes of one path ask, as a form."""

from __future__ import annotations

from typing import cast

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.reading.attributes import is_attribute
from fluxstudio.flows.ask.reading.choices import is_unit
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Has, Measure, Period, Test
from fluxstudio.flows.ask.reading.lexemes import Bucket, Flag, Number, TextLexeme, Unknown, Value
from fluxstudio.flows.ask.reading.nouns import measure_of, read_noun
from fluxstudio.flows.ask.reading.placing import Placing
from fluxstudio.flows.ask.schema.deadlines import expected
from fluxstudio.flows.ask.schema.model import Entity, Field

_COMPARISONS = ("cmp", "between", "text", "graded", "null", "notnull", "called")
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


class Reader(Placing):
    """Reads one path. What it cannot make sense of costs, or ends in `Unreadable`."""

    def read(self) -> None:
        """Read the whole path; `completion.complete` makes a form of what was read.

        Raises:
            Unreadable: the words do not go together.
        """
        while not self.cursor.ended:
            self._step()

    def _step(self) -> None:
        meaning = self.cursor.peek()
        match meaning:
            case Keyword():
                self._keyword(meaning)
            case Entity() | Field():
                self._noun()
            case Value() | Flag() if is_attribute(self.cursor, meaning):
                self._noun()
            case Value():
                self._value(meaning)
            case Flag():
                self._flag(meaning)
            case Span():
                self._span(meaning)
            case Number():
                self._number(meaning)
            case TextLexeme():
                self._text(meaning)
            case Bucket():
                self._bucket(meaning)
            case Unknown():
                self.cursor.take()
                if meaning.weight < 0.5:
                    self.context = "verb"
            case _:
                self.cursor.take()

    def _flag(self, flag: Flag) -> None:
        self.cursor.take()
        if flag.says_whom and self._says_to_whom():
            self.context = "verb"
        elif not (flag.says_whom and self._says_who_is_missing()):
            self._add_flag(flag, negated=self._take_negation())

    def _says_who_is_missing(self) -> bool:
        """Whether a flag says no more than what stands before it: `no judge assigned`."""
        last = self.form.conditions[-1] if self.form.conditions else None
        return isinstance(last, Has) and last.negated and self.cursor.peek(-2) is last.entity

    def _says_to_whom(self) -> bool:
        """Whether it follows to whom something is assigned."""
        whom = self.cursor.peek(self.cursor.beyond("skip", "prep", "by"))
        return isinstance(whom, Entity | Value | TextLexeme)

    def _keyword(self, keyword: Keyword) -> None:
        role = keyword.role
        if role in _NOUN_STARTS:
            if not self._lapse():
                self._noun()
            return
        if role in _COMPARISONS:
            self._comparison()
            return
        handler = getattr(self, f"_on_{role}", None)
        if handler is not None:
            handler(keyword)
            return
        self.cursor.take()
        if role in ("with", "by", "each", "and", "prep", "rel", "whose", "comma"):
            self.context = role

    def _on_stop(self, _: Keyword) -> None:
        self.cursor.take()
        if not self.cursor.ended and self.targets:
            self.context = "and"
            self.scope = None

    def _on_want(self, _: Keyword) -> None:
        self.cursor.take()
        if self.targets or self.sides:
            self.context = "and"
            self.scope = None
            self.wanted = True

    def _on_skip(self, _: Keyword) -> None:
        self.cursor.take()

    def _on_who(self, _: Keyword) -> None:
        self.cursor.take()
        if self.targets or self.form.measures or self.sides:
            self.context = "rel"
        else:
            self.who = True

    def _on_lapse(self, _: Keyword) -> None:
        if not self._lapse():
            raise Unreadable("from when to when is not clear")

    def _on_when(self, _: Keyword) -> None:
        self.cursor.take()
        if self.targets:
            self.context = "rel"
        else:
            self.when = True

    def _on_where(self, _: Keyword) -> None:
        before = self.cursor.peek(-1)
        self.cursor.take()
        other = self.cursor.peek(self.cursor.beyond("skip"))
        if isinstance(before, Field) and isinstance(other, Entity) and self.subject not in (None, other):
            # "In the town where their branch is": the same one.
            self.cursor.place += self.cursor.beyond("skip") + 1
            self._where_it_is(before, other)
            return
        self.context = "whose"
        self.scope = None

    def _on_late(self, keyword: Keyword) -> None:
        """`returned late`, `arrived on time`: as compared with when it was to happen."""
        self.cursor.take()
        happened = self.pending
        planned = expected(happened) if isinstance(happened, Field) else None
        if planned is None or self._take_negation():
            raise Unreadable("late for what is not clear")
        self._unwanted(cast("Field", happened))
        self.pending = None
        self._add(Test(cast("Field", happened), keyword.value, planned))

    def _on_act(self, _: Keyword) -> None:
        self.cursor.take()
        self.context = "verb"

    def _on_exists(self, _: Keyword) -> None:
        self.cursor.take()
        self.form.exists = not self.targets

    def _on_not(self, _: Keyword) -> None:
        self.cursor.take()
        self.negated = True

    def _on_nobody(self, _: Keyword) -> None:
        self.cursor.take()
        self.negated = self.nobody = True
        self.cursor.skip("with")

    def _on_without(self, _: Keyword) -> None:
        self.cursor.take()
        self.negated = True
        self.context = "with"

    def _on_with(self, _: Keyword) -> None:
        self.cursor.take()
        self.pending = None
        if not self.negated:
            self.context = "with"
        if self.scope and isinstance(self.cursor.peek(-2), Keyword) and self.cursor.at("and", offset=-2):
            self.scope = None

    def _on_rel(self, _: Keyword) -> None:
        self.cursor.take()
        self.context = "rel"
        if self.cursor.at("and", offset=-2):
            self.scope = None

    def _on_whose(self, _: Keyword) -> None:
        self.cursor.take()
        self.context = "whose"
        self.scope = None

    def _on_both(self, _: Keyword) -> None:
        self.cursor.take()
        self.both = True

    def _on_either(self, _: Keyword) -> None:
        self.cursor.take()

    def _on_or(self, _: Keyword) -> None:
        self.cursor.take()
        self.joined_by_or = True

    def _on_and(self, _: Keyword) -> None:
        self.cursor.take()
        self.separated = self.separated or (bool(self.sides) and self.share in ("-", "/"))
        self.context = f"and {self.context.removeprefix('and ')}".strip()

    def _on_comma(self, keyword: Keyword) -> None:
        self._on_and(keyword)
        if self.context == "and grouped" and not self.targets and not self.sides:
            # "For each country, what is …": what is asked for follows.
            self.context = ""

    def _on_prep(self, keyword: Keyword) -> None:
        if self.share and (self.sides or self.form.conditions) and self.cursor.text().lower() == "to":
            self._on_to(keyword)
            return
        within = self.cursor.text().lower() == "within"
        self.cursor.take()
        if within and self._lapse_compared(self.pending, "<="):
            return
        over = self.cursor.text(-1).lower() == "over the" and isinstance(self.cursor.peek(), Bucket | Field)
        if over and self.cursor.text().lower().rstrip("s") in ("year", "month", "day", "week", "quarter"):
            self.context = "each"
        elif self.context != "verb" or self.cursor.text(-1) != "of":
            self.context = "prep"

    def _on_each(self, _: Keyword) -> None:
        self.per = self.per or self.cursor.text().lower().endswith("per")
        self.direction = self.cursor.text().lower()
        self.cursor.take()
        if isinstance(self.cursor.peek(), Unknown) and is_unit(self.cursor.text().lower()):
            return
        self.context = "each"

    def _on_by(self, _: Keyword) -> None:
        self.cursor.take()
        self.context = "agent" if self.context == "verb" else "by"

    def _on_than(self, _: Keyword) -> None:
        self.cursor.take()

    def _on_more(self, keyword: Keyword) -> None:
        """`more pages than the average`, `more orders than reviews`."""
        self.cursor.take()
        noun = read_noun(self.cursor)
        if noun.core is None or not self.cursor.at("than"):
            raise Unreadable("more than what is not clear")
        self.cursor.take()
        self.cursor.skip("skip")
        measure = measure_of(noun, self.subject)
        if measure is None and isinstance(noun.core, Entity):
            measure = Measure("count", noun.core)
        left = measure or cast("Field", noun.core)
        if noun.entity:
            self.mentioned.append(noun.entity)
        following = self.cursor.peek()
        if isinstance(following, Entity) and isinstance(left, Measure):
            raise Unreadable("two numbers of each are not compared")
        self._operand(left, keyword.value)

    def _on_outof(self, _: Keyword) -> None:
        self.cursor.take()
        if self.share and self.sides:
            self.whole = []

    def _on_order(self, _: Keyword) -> None:
        self.cursor.take()
        self.context = "order"

    def _on_dir(self, keyword: Keyword) -> None:
        self.cursor.take()
        if (self.form.orders and self.context != "order") or self.form.orders:
            self.form.orders[-1].sign = int(keyword.value)
        else:
            self.mode = f"dir {keyword.value}"
        if self.ranked and self.form.limit == 1:
            self.form.limit = None
        for noun in self.extremes:
            noun.limit = noun.limit or -1

    def _on_alpha(self, _: Keyword) -> None:
        self.cursor.take()
        if self.form.orders:
            return
        self.mode = "alpha"

    def _on_limit(self, _: Keyword) -> None:
        self.cursor.take()
        number = self.cursor.peek()
        if isinstance(number, Number):
            self.form.limit = int(number.value)
            self.cursor.take()
        else:
            self.doubt(1.5, "a limit without a number")

    def _on_ratio(self, _: Keyword) -> None:
        self.cursor.take()
        self.share = "/"

    def _on_percent(self, _: Keyword) -> None:
        self.cursor.take()
        self.share = "%"

    def _on_rate(self, _: Keyword) -> None:
        """`payment failure rate`: the share of those that were said last."""
        self.cursor.take()
        test = self.last_test
        if test is None or test not in self.form.conditions or self.share:
            raise Unreadable("the rate of what is not clear")
        self.form.conditions.remove(test)
        self.share, self.last_test = "%", None
        self.targets.clear()
        self.sides.append(Measure("count", test.field.entity, conditions=[test]))
        self.scope = None

    def _on_difference(self, _: Keyword) -> None:
        self.cursor.take()
        self.share = "-"

    def _on_versus(self, _: Keyword) -> None:
        self.cursor.take()
        self.separated = bool(self.sides)
        self.context = "versus"

    def _on_to(self, _: Keyword) -> None:
        self.cursor.take()
        if self.sides or self.form.conditions:
            self.separated = True
            self.context = ""

    def _bucket(self, bucket: Bucket) -> None:
        self.cursor.take()
        if self.context in ("each", "by", "and grouped"):
            self.context = "grouped"
            self.form.keys.append(Period(bucket.unit))
        elif self.context in ("order", "and ordered"):
            raise Unreadable("rows are not sorted by units of time")
        elif self.cursor.at("each", offset=-2) or not self.targets:
            self.form.keys.append(Period(bucket.unit))
            self.doubt(0.15, "a unit of time to group by")
        else:
            self.doubt(0.45, f"“{self.cursor.text(-1)}”")

    def _number(self, number: Number) -> None:
        if isinstance(self.cursor.peek(1), Keyword) and self.cursor.at("ormore", offset=1):
            self._comparison()
            return
        offset = 1
        if self.cursor.at("ormore", offset=2):
            self._comparison()
            return
        if self.context in ("with", "and with") and isinstance(self.cursor.peek(offset), Entity):
            self._comparison()
            return
        if self.cursor.at("most", "extreme", "common", "first", "last", offset=1) or (
            not self.targets and isinstance(self.cursor.peek(1), Entity)
        ):
            self._noun()
            return
        if isinstance(self.cursor.peek(1), Entity) and number.value == int(number.value) > 0:
            self.cursor.take()
            self.wished = int(number.value)
            return
        self.cursor.take()
        if isinstance(self.pending, Field) and self.pending.kind == "number":
            self._unwanted(self.pending)
            self._add(Test(self.pending, "=", number.value, negated=self._take_negation()))
            return
        entity = self.mentioned[-1] if self.mentioned else None
        counted = isinstance(self.cursor.peek(), Bucket) or is_unit(self.cursor.text().lower())
        named = isinstance(self.cursor.peek(-2), Entity) and not counted
        if entity is not None and named and _has_number(entity):
            self.doubt(0.2, f"{number.value:g} is a key of {entity}")
            self._add(Test(entity.field(entity.key[0]), "=", number.value))
            return
        self.doubt(1.0, f"nothing says what {number.value:g} is")


def _has_number(entity: Entity) -> bool:
    """Whether rows are told apart by a number."""
    return len(entity.key) == 1 and entity.field(entity.key[0]).kind == "number"

"""What is shown along with rows: a sentence, a chart, questions to begin with."""

from __future__ import annotations

from datetime import date

import pytest

from fluxstudio.core.ask.databases import ResultRows
from fluxstudio.flows.ask.charts import Chart, chart_of
from fluxstudio.flows.ask.explain import explained
from fluxstudio.flows.ask.planner import Plan, Planner
from fluxstudio.flows.ask.suggestions import examples
from tests.flows.ask.schemas import SHOP

PLANNER = Planner(SHOP)
TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many orders were cancelled?", "Number of orders where status is “cancelled”."),
        ("number of orders per status", "Number of orders, for each status."),
        ("customers without orders", "Customers where there are no orders."),
        ("top 5 products by price", "Products, highest price first, only the first 5."),
    ],
)
def test_an_answer_says_what_it_is_of(question: str, sentence: str) -> None:
    plan = PLANNER.plan(question, TODAY)
    assert isinstance(plan, Plan)
    assert explained(plan.reading.form) == sentence


def test_numbers_for_each_name_are_bars() -> None:
    rows = ResultRows(("status", "orders_count"), (("open", 3), ("closed", 5)), cut=False)
    assert chart_of(rows) == Chart("bar", "status", "orders_count")


def test_numbers_over_time_are_a_line() -> None:
    rows = ResultRows(("month", "n"), (("2026-01-01", 3), ("2026-02-01", 5)), cut=False)
    assert chart_of(rows) == Chart("line", "month", "n")


def test_a_single_number_is_no_chart() -> None:
    assert chart_of(ResultRows(("n",), ((3,),), cut=False)) is None


def test_questions_to_begin_with_can_be_answered() -> None:
    for question in examples(PLANNER.model):
        assert isinstance(PLANNER.plan(question, TODAY), Plan), question

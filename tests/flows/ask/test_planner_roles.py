"""Questions that compare rows with other rows, and dates with dates."""

from __future__ import annotations

from datetime import date

import pytest

from fluxstudio.flows.ask.explain import explained
from fluxstudio.flows.ask.planner import Plan, Planner, Refusal
from tests.flows.ask.schemas import STAFF

TODAY = date(2026, 11, 30)
PLANNER = Planner(STAFF)


def asked(question: str) -> str:
    """The SQL of a question, in one line."""
    plan = PLANNER.plan(question, TODAY)
    assert isinstance(plan, Plan), plan
    assert explained(plan.reading.form)
    return " ".join(plan.sql.split())


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Which employees earn more than their manager?", "m.id = e.manager_id WHERE e.salary > m.salary"),
        ("employees hired before their manager", "e.hired_on < m.hired_on"),
        ("employees who live in the same city as their manager", "e.city = m.city"),
        ("employees in the same department as their manager", "e.department_id = m.department_id"),
        ("employees without a manager", "NOT EXISTS (SELECT 1 FROM employees AS m WHERE"),
        ("number of employees per manager", "GROUP BY m.id, m.name"),
        ("employees with the same city as Ada", "e.city IN (SELECT e2.city FROM employees AS e2 WHERE"),
        ("employees who earn more than Ada", "e.salary > (SELECT MAX(e2.salary)"),
        (
            "employees who earn more than the average of their department",
            "(SELECT AVG(e2.salary) FROM employees AS e2 WHERE e2.department_id = e.department_id)",
        ),
    ],
)
def test_rows_are_compared_with_rows_of_their_own_table(question: str, part: str) -> None:
    assert part in asked(question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("trips from Nord to Mitte", "WHERE o.name = 'Nord' AND d.name = 'Mitte'"),
        ("number of trips per destination", "d.id = t.destination_id"),
        ("trips with the same origin and destination", "t.origin_id = t.destination_id"),
        ("trips whose origin and destination are in the same country", "o.country = d.country"),
        ("number of trips by destination country", "GROUP BY d.country"),
    ],
)
def test_two_references_to_one_table_are_told_apart_by_their_names(question: str, part: str) -> None:
    assert part in asked(question)


def test_a_reference_that_no_word_chooses_is_not_guessed() -> None:
    assert isinstance(PLANNER.plan("How many trips are there per station?", TODAY), Refusal)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (
            "How long is it on average from booking to start?",
            "AVG((EXTRACT(EPOCH FROM t.started_at - t.booked_at)",
        ),
        ("average trip duration in minutes", "FROM t.ended_at - t.started_at) / 60)"),
        ("trips that started within 2 days of booking", "FROM t.started_at - t.booked_at) / 86400) <= 2"),
        ("trips longer than 3 hours", "FROM t.ended_at - t.started_at) / 3600) > 3"),
    ],
)
def test_times_between_two_dates_are_numbers(question: str, part: str) -> None:
    assert part in asked(question)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("How many employees are women?", "e.gender = 'F'"),
        ("share of male employees", "FILTER (WHERE e.gender = 'M')"),
        ("stations in Germany", "s.country = 'DE'"),
        ("trips that cost more than 20 euros", "t.price_cents > 2000"),
    ],
)
def test_codes_and_cents_are_meant_by_what_they_stand_for(question: str, part: str) -> None:
    assert part in asked(question)


@pytest.mark.parametrize(
    "question",
    ["How many employees are in Sales?", "employees named Mallory Quux in Berlin", "employees per astronaut"],
)
def test_a_word_that_says_much_is_never_left_out(question: str) -> None:
    plan = PLANNER.plan(question, TODAY)
    assert isinstance(plan, Refusal) or "Sales" in plan.sql

"""What is late or overdue, what a number is counted in, and when it is better to ask than to guess."""

from __future__ import annotations

from datetime import date

import pytest

from fluxstudio.core.ask.schema import Schema
from fluxstudio.flows.ask.explain import explained
from fluxstudio.flows.ask.follow_ups import followed
from fluxstudio.flows.ask.planner import Plan, Planner, Refusal
from tests.flows.ask.schemas import column, table

TODAY = date(2026, 11, 30)
RENTAL = Schema(
    (
        table(
            "boats",
            column("id", "number", key=True),
            column("boat_name", "text", "Swift", "Heron"),
            column("weight_kg", "number"),
        ),
        table(
            "rentals",
            column("id", "number", key=True),
            column("boat_id", "number", key=True),
            column("rented_at", "time"),
            column("return_due_at", "time"),
            column("returned_at", "time"),
            column("fuel_l", "number"),
            column("berth", "text", "2A", "7C"),
            refers={"boat_id": "boats"},
        ),
        table(
            "inspections",
            column("id", "number", key=True),
            column("boat_id", "number", key=True),
            column("passed", "boolean"),
            refers={"boat_id": "boats"},
        ),
    )
)
PLANNER = Planner(RENTAL)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Which rentals are overdue?", "r.return_due_at < CURRENT_DATE AND r.returned_at IS NULL"),
        ("boats that are out", "r.returned_at IS NULL"),
        ("rentals returned late", "r.returned_at > r.return_due_at"),
        ("rentals that were returned on time", "r.returned_at <= r.return_due_at"),
        # A number in another unit than the column's.
        ("boats heavier than 2 tons", "b.weight_kg > 2000"),
        ("boats that weigh between 500 and 900 kg", "b.weight_kg BETWEEN 500 AND 900"),
        ("litres per boat", "SUM(r.fuel_l)"),
        ("rentals at berth 2A", "r.berth = '2A'"),
        ("How long does a rental take on average?", "AVG((EXTRACT(EPOCH FROM r.returned_at - r.rented_at)"),
    ],
)
def test_is_understood(question: str, part: str) -> None:
    plan = PLANNER.plan(question, TODAY)
    assert isinstance(plan, Plan), plan
    assert part in plan.sql


@pytest.mark.parametrize(
    "question",
    [
        # When something expires is no date of a rental, and not when it began.
        "rentals that expire in the next 30 days",
        "boats heavier than 3 hours",
        "the busiest boats",
        "rentals that are not overdue",
        "How long between inspection and return?",
    ],
)
def test_what_cannot_be_known_is_refused(question: str) -> None:
    assert isinstance(PLANNER.plan(question, TODAY), Refusal)


def test_not_passing_is_none_passed_or_one_failed() -> None:
    refusal = PLANNER.plan("boats that did not pass inspection", TODAY)
    assert isinstance(refusal, Refusal)
    none_passed, one_failed = (reading.sql for reading in refusal.readings)
    assert "NOT EXISTS" in none_passed
    assert "NOT i.passed" in one_failed


def test_sentences_say_several_things_and_whose_flag_it_is() -> None:
    refusal = PLANNER.plan("boats that did not pass inspection", TODAY)
    assert isinstance(refusal, Refusal)
    assert [explained(one.form) for one in refusal.readings] == [
        "Boats where there are no inspections where passed is true.",
        "Boats where there are some inspections where passed is false.",
    ]


def test_a_follow_up_that_replaces_nothing_is_a_question_of_its_own() -> None:
    before = "How many rentals were there this week?"
    assert followed(PLANNER, before, "and last month?", TODAY) == "How many rentals were there last month?"
    assert followed(PLANNER, before, "what about boats", TODAY) == "what about boats"

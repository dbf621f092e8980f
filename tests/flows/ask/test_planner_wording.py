"""What people say in other words than a schema does: denied verbs, amounts, what is not over yet."""

from __future__ import annotations

from datetime import date

import pytest

from fluxstudio.flows.ask.explain import explained
from fluxstudio.flows.ask.planner import Plan, Planner, Refusal
from tests.flows.ask.schemas import PRACTICE

TODAY = date(2026, 11, 30)
PLANNER = Planner(PRACTICE)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        # A value of a status.
        ("Which patients did not show up?", "v.outcome = 'no_show'"),
        ("patients who did not show up in May 2026", "v.outcome = 'no_show' AND v.booked_for >="),
        # Nobody, of those who may be missing.
        ("Which visits have nobody assigned to them?", "WHERE v.therapist_id IS NULL"),
        ("visits that have not been assigned to anyone", "WHERE v.therapist_id IS NULL"),
        ("visits assigned to Nora Lind", "WHERE t.name = 'Nora Lind'"),
        # What has no end yet.
        ("open complaints", "WHERE c.closed_on IS NULL"),
        ("How many complaints are still open?", "WHERE c.closed_on IS NULL"),
        # Amounts rather than rows.
        ("total payments by method", "SUM(p.amount)"),
        ("the total of all payments", "SUM(p.amount)"),
        ("total number of payments", "COUNT(*)"),
    ],
)
def test_other_words_mean_the_same(question: str, part: str) -> None:
    assert part in asked(question)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("Who referred Lea Cole?", "the one who did"),
        ("patients referred by Lea Cole", "those it was done to"),
        ("Which patients did Lea Cole refer?", "those it was done to"),
        ("Who supervises Omar Said?", "the one who did"),
        ("Which therapists does Omar Said supervise?", "those it was done to"),
    ],
)
def test_rows_that_refer_to_their_own_kind_are_told_apart(question: str, meant: str) -> None:
    """The alias that is listed is that of who did it, or that of those it was done to."""
    sql = asked(question)
    listed = sql.removeprefix("SELECT ").split(".")[0]
    referring = next(
        word for word in sql.replace("(", " ").split() if word.endswith(("_patient_id", "supervisor_id"))
    )
    does = listed != referring.split(".")[0]
    assert does == (meant == "the one who did"), sql


def test_a_denied_date_with_a_span_is_not_guessed() -> None:
    refusal = PLANNER.plan("visits that were not cancelled in May 2026", TODAY)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "ambiguous"
    assert len({explained(one.form) for one in refusal.readings}) == 2


def asked(question: str) -> str:
    """The SQL of a question, in one line."""
    plan = PLANNER.plan(question, TODAY)
    assert isinstance(plan, Plan), plan
    return " ".join(plan.sql.split())

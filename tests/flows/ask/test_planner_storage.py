"""What a schema stores in its own way: flags as letters, dates as text, people under a reference's name."""

from __future__ import annotations

from datetime import date

import pytest

from fluxstudio.core.ask import encodings
from fluxstudio.core.ask.schema import Column, ForeignKey, Schema, Table
from fluxstudio.flows.ask.planner import Plan, Planner, Refusal

TODAY = date(2026, 11, 30)
PLANNER = Planner(
    Schema(
        (
            Table(
                "public",
                "members",
                (
                    Column("id", "number", integer=True, unique=True),
                    Column("nickname", "text", unique=True, values=("nick3", "nick4")),
                    Column("on_display", "boolean", true="'Y'"),
                    Column("joined", "date", stored_as_text=True),
                    Column("invited_by_id", "number", integer=True),
                ),
                ("id",),
            ),
            Table(
                "public",
                "tickets",
                (
                    Column("id", "number", integer=True, unique=True),
                    Column("subject", "text"),
                    Column("requester_id", "number", integer=True),
                    Column("assignee_id", "number", integer=True),
                    Column("fee", "number"),
                    Column("opened_at", "time"),
                ),
                ("id",),
                (
                    ForeignKey(("requester_id",), "public.members", ("id",)),
                    ForeignKey(("assignee_id",), "public.members", ("id",)),
                ),
            ),
        )
    )
)


def asked(question: str) -> str:
    plan = PLANNER.plan(question, TODAY)
    assert isinstance(plan, Plan), plan
    return " ".join(plan.sql.split())


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (
            "How many members are on display?",
            "FROM members AS m WHERE m.on_display = 'Y'",
        ),
        ("members who joined before 2005", "CAST(m.joined AS DATE) < DATE '2005-01-01'"),
        ("members invited by nick3", "= m.invited_by_id WHERE "),
        ("tickets requested by nick4", "= t.requester_id WHERE "),
        ("unassigned tickets", "t.assignee_id IS NULL"),
        ("total ticket revenue", "SUM(t.fee)"),
    ],
)
def test_what_is_stored_in_another_way_is_asked_in_plain_words(question: str, part: str) -> None:
    assert part in asked(question)


def test_a_reference_that_no_word_chooses_comes_back_as_readings() -> None:
    refusal = PLANNER.plan("members with more than 6 tickets", TODAY)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "ambiguous"
    assert {one.assumed for one in refusal.readings} == {("by requester",), ("by assignee",)}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("Y", "N"), "boolean"),
        (("no", "yes"), "boolean"),
        (("2026-01-02", "1999-12-31", "2001-06-07"), "date"),
        (("2026-01-02T10:00:00Z", "1999-12-31 23:59", "2001-06-07 04:05:06+02:00"), "time"),
        (("Y", "N", "X"), None),
        (("2026-13-01", "1999-12-31", "2001-06-07"), None),
        (("1234", "4567", "89"), None),
    ],
)
def test_columns_of_text_are_read_as_what_they_hold(values: tuple[str, ...], kind: str | None) -> None:
    assert encodings.of_texts(values).get("kind") == kind


def test_numbers_are_flags_where_their_column_says_so() -> None:
    assert encodings.of_numbers(("0", "1")) == {"kind": "boolean", "true": "1"}
    assert not encodings.of_numbers(("0", "2"))
    assert encodings.may_be_flag("is_green", "int4")
    assert not encodings.may_be_flag("quantity", "int4")

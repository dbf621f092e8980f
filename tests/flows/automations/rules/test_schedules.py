"""Schedules: due at the time on the wall, through every change of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxstudio.flows.automations.rules.schedules import InvalidSchedule, next_after, upcoming

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        # Summer time begins on 2026-03-29 and ends on 2026-10-25 in Berlin.
        ("0 9 * * 1", BERLIN, "2026-03-21T00:00", ["2026-03-23T08:00", "2026-03-30T07:00"]),
        ("30 2 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T01:30", "2026-03-30T00:30"]),
        ("30 2 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        (
            "*/30 * * * *",
            BERLIN,
            "2026-03-29T00:15",
            ["2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30"],
        ),
        (
            "*/30 * * * *",
            BERLIN,
            "2026-10-24T23:45",
            [
                "2026-10-25T00:00",
                "2026-10-25T00:30",
                "2026-10-25T01:00",
                "2026-10-25T01:30",
                "2026-10-25T02:00",
            ],
        ),
        ("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00", ["2018-11-04T03:00", "2018-11-05T02:00"]),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T00:00"]),
        ("0 9 * * mon-fri", "Asia/Kathmandu", "2026-01-02T09:00", ["2026-01-05T03:15"]),
        ("0 12 L * *", "UTC", "2026-02-01T00:00", ["2026-02-28T12:00", "2026-03-31T12:00"]),
    ],
)
def test_when_a_schedule_is_due(schedule: str, zone: str, after: str, due: list[str]) -> None:
    assert upcoming(schedule, zone, at(after), len(due)) == [at(moment) for moment in due]


@settings(max_examples=60, deadline=None)
@given(
    minute=st.sampled_from(["0", "30", "*/15", "7"]),
    hour=st.sampled_from(["*", "2", "*/3", "9", "1,2,3"]),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC", "Africa/Casablanca"]),
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_the_next_time_is_later_on_the_schedule_and_nothing_lies_between(
    minute: str, hour: str, zone: str, moment: datetime
) -> None:
    after = moment.replace(tzinfo=UTC)
    due = next_after(f"{minute} {hour} * * *", zone, after)
    assert after < due <= after + timedelta(hours=27)
    assert next_after(f"{minute} {hour} * * *", zone, due - timedelta(seconds=1)) == due
    local = due.astimezone(ZoneInfo(zone))
    if minute.isdigit() and zone != "Australia/Lord_Howe":
        assert local.minute == int(minute)
    if hour == "9":
        assert local.hour == 9


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("* * * * * *", "five fields"),
        ("@daily", "five fields"),
        ("0 9 * * R", "five fields"),
        ("H 9 * * *", "five fields"),
        ("61 * * * *", "no schedule"),
        ("*/0 * * * *", "no schedule"),
        ("0 0 30 2 *", "never comes"),
        ("0 9 * * 1 ; DROP", "five fields"),
        ("0\n9 * * 1", "five fields"),
    ],
)
def test_what_is_no_schedule_is_told_in_words(schedule: str, text: str) -> None:
    with pytest.raises(InvalidSchedule, match=text):
        next_after(schedule, "UTC", at("2026-01-01T00:00"))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "\x00", "europe/berlin "])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(InvalidSchedule, match="no time zone"):
        next_after("0 9 * * 1", zone, at("2026-01-01T00:00"))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789*/,-L#monJAN ", max_size=30))
def test_any_text_is_a_schedule_or_is_refused(text: str) -> None:
    try:
        due = next_after(text, "UTC", at("2026-01-01T00:00"))
    except InvalidSchedule:
        return
    assert due > at("2026-01-01T00:00")

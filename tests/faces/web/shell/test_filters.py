"""Times, numbers and names as the pages write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fluxstudio.faces.web.shell.filters import ago, exact, grouped, initials, machine, plural

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=3), "3 minutes ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=60), "2 months ago"),
        (timedelta(days=364), "12 months ago"),
        (timedelta(days=365), "1 year ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(seconds=-30), "in a moment"),
        (timedelta(minutes=-5), "in 5 minutes"),
        (timedelta(days=-84), "in 2 months"),
    ],
)
def test_a_time_is_told_in_relation_to_now(before: timedelta, words: str) -> None:
    assert ago(NOW - before, NOW) == words


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert ago(NOW.astimezone(tokyo), NOW) == "just now"
    assert exact(NOW.astimezone(tokyo)) == "22 November 2026, 14:05 UTC"
    assert machine(NOW.astimezone(tokyo)) == "2026-11-22T14:05:00Z"


def test_the_clock_is_now_unless_told_otherwise() -> None:
    assert ago(datetime.now(UTC)) == "just now"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0"), (999, "999"), (12400, "12,400"), (310.0, "310"), (1240.55, "1,240.5")]
)
def test_thousands_stand_apart(number: float, words: str) -> None:
    assert grouped(number) == words


def test_a_count_agrees_with_its_noun() -> None:
    assert plural(1, "file") == "1 file"
    assert plural(0, "file") == "0 files"
    assert plural(1200, "repository", "repositories") == "1,200 repositories"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("ada", "A"),
        ("Jean-Luc de la Tour", "JT"),
        ("@mira", "M"),
        ("ÉLISE Ñandú", "ÉÑ"),
        ("王 小明", "王小"),
        ("  ", "?"),
        ("!!!", "?"),
    ],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert initials(name) == letters

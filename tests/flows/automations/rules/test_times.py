"""Times are read as providers and people write them."""

from __future__ import annotations

import pytest

from fluxstudio.flows.automations.rules.definition import read
from fluxstudio.flows.automations.rules.filters import date


@pytest.mark.parametrize(
    "value", ["1795946400.000100", "1795946400", 1795946400, 1795946400.0001, "2026-11-29T10:00:00Z"]
)
def test_a_date_is_read_from_a_message_of_slacks_as_from_anything_else(value: object) -> None:
    assert date(value, "%Y-%m-%d %H:%M") == "2026-11-29 10:00"


@pytest.mark.parametrize("schedule", ["0 9 * * 1 ", " 0 9 * * 1", "0  9\t* * 1"])
def test_blanks_around_a_schedule_do_not_count(schedule: str) -> None:
    definition = read(
        {
            "when": {"schedule": schedule, "timeZone": "Europe/Berlin "},
            "do": {"operation": "slack.message", "arguments": {"channel": "#design", "text": "x"}},
        }
    )
    assert (definition.when.schedule, definition.when.time_zone) == ("0 9 * * 1", "Europe/Berlin")  # type: ignore[union-attr]

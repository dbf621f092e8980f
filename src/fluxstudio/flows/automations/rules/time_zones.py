"""Which time zones there are; finding out walks a folder of hundreds of files, and so is done once."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


@cache
def time_zones() -> frozenset[str]:
    """The name of every time zone."""
    return frozenset(available_timezones())


def is_time_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    return name in time_zones()

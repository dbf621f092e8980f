"""Durations as people write them in settings: `90d`, `12h`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta

SHORTEST_DURATION, LONGEST_DURATION = timedelta(hours=1), timedelta(days=3650)
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def duration(text: str) -> timedelta:
    """A number of hours (h), days (d) or weeks (w). Raises `ValueError` for anything else."""
    match = re.fullmatch(r"(\d{1,6})\s*([hdw])", text.strip().lower(), re.ASCII)
    length = timedelta(**{UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not SHORTEST_DURATION <= length <= LONGEST_DURATION:
        raise ValueError(f"“{text}” is no time to keep something: write it as 90d, 12h or 8w, up to 3650d")
    return length


def worded(length: timedelta) -> str:
    """A duration as it stands in a sentence: `90 days`, `12 hours`."""
    days, hours = length.days, round(length.total_seconds() / 3600)
    number, unit = (days, "day") if length == timedelta(days=days) else (hours, "hour")
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"

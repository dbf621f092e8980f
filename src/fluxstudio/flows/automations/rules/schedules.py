"""When a schedule is due: five fields of cron, in a time zone with its summer time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter
from croniter.croniter import CroniterError

from fluxstudio.flows.automations.rules.time_zones import is_time_zone

FORM = re.compile(r"[0-9*/,\-A-Za-z#]+( +[0-9*/,\-A-Za-z#]+){4}")
WORD = re.compile(
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat|l", re.IGNORECASE
)
# Longer than any clock is put back, and than any hour is missing.
CLOCK_CHANGE_WINDOW = timedelta(hours=3)
MAX_YEARS_AHEAD = 5


class InvalidSchedule(ValueError):
    """A schedule that cannot be read, or a time zone that does not exist; the message is for the person."""


def check_zone(name: str) -> None:
    """Raises `InvalidSchedule` unless there is such a time zone."""
    if not is_time_zone(name):
        raise InvalidSchedule(f"there is no time zone “{name[:60]}”; write one like Europe/Berlin or UTC")


def next_after(schedule: str, zone: str, moment: datetime) -> datetime:
    """The first time after a moment at which a schedule is due, in UTC.

    A time that the clock skips in spring is due as much later; one that comes twice in autumn is due the
    first time, unless the schedule is for every hour: such a one goes on through both. Raises
    `InvalidSchedule`.
    """
    check_zone(zone)
    _check(schedule)
    place = ZoneInfo(zone)
    local = moment.astimezone(place).replace(tzinfo=None)
    twice = schedule.split()[1].startswith("*")
    # Around a change of the clock the order of local times is not that of moments.
    changes = _offset(moment - CLOCK_CHANGE_WINDOW, place) != _offset(moment + CLOCK_CHANGE_WINDOW, place)
    earliest: datetime | None = None
    for due in _local_times(schedule, local - CLOCK_CHANGE_WINDOW if changes else local):
        if earliest is not None and due > local + CLOCK_CHANGE_WINDOW:
            break
        for instant in _instants(due, place, twice):
            if instant > moment and (earliest is None or instant < earliest):
                earliest = instant
        if earliest is not None and not changes:
            break
    if earliest is None:
        raise InvalidSchedule("this never comes; there is no such day")
    return earliest


def upcoming(schedule: str, zone: str, moment: datetime, count: int) -> list[datetime]:
    """The next times at which a schedule is due, in UTC. Raises `InvalidSchedule`."""
    moments: list[datetime] = []
    for _ in range(count):
        moment = next_after(schedule, zone, moment)
        moments.append(moment)
    return moments


def _check(schedule: str) -> None:
    words = re.findall(r"[A-Za-z]+", schedule)
    if not FORM.fullmatch(schedule) or not all(map(WORD.fullmatch, words)):
        raise InvalidSchedule(
            "write five fields: minute, hour, day, month, weekday; “0 9 * * 1” is Mondays at nine"
        )


def _local_times(schedule: str, start: datetime) -> Iterator[datetime]:
    """Local times, in order; ends after years without any."""
    try:
        times = croniter(schedule, start, max_years_between_matches=MAX_YEARS_AHEAD)
        while True:
            yield times.get_next(datetime)
    except CroniterError as error:
        if "failed to find" in str(error):
            return
        raise InvalidSchedule(f"this is no schedule: {str(error)[:200]}") from None
    except (ValueError, KeyError, IndexError, OverflowError, TypeError, AttributeError):
        raise InvalidSchedule("this is no schedule; “0 9 * * 1” is Mondays at nine") from None


def _instants(local: datetime, place: ZoneInfo, twice: bool) -> list[datetime]:
    folds = (0, 1) if twice else (0,)
    return sorted({local.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in folds})


def _offset(moment: datetime, place: ZoneInfo) -> timedelta | None:
    return moment.astimezone(place).utcoffset()

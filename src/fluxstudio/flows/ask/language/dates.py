"""Spans of time in words: `last week`, `since March 2024`, `between 2019 and 2021`, `the past 30 days`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fluxstudio.flows.ask.language.tokens import Token

UNITS = {
    "second": "second",
    "minute": "minute",
    "hour": "hour",
    "hr": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "decade": "decade",
}
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_LAST = {"last", "past", "previous", "preceding", "prior"}
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
TODAY = "CURRENT_DATE"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` on and before `end`, both SQL expressions of a date or time; None where it is open.

    Attributes:
        years: the first year and the one after the last, where the span is whole years of the calendar.
        text: how it reads.
    """

    start: str | None
    end: str | None
    text: str
    years: tuple[int | None, int | None] | None = None


BEFORE_TODAY = Span(None, TODAY, "before today")


def unit_of(word: str) -> str | None:
    """The unit of time a word names, in one or many."""
    return UNITS.get(word) or UNITS.get(word.removesuffix("s"))


def span_at(listed: Sequence[Token], place: int, today: date) -> tuple[int, Span] | None:
    """The longest span of time that begins at `place`, and where it ends; None where there is none."""
    return _bounded(listed, place, today) or _point(listed, place, today)


def _word(listed: Sequence[Token], place: int) -> str:
    return listed[place].lower if 0 <= place < len(listed) else ""


def _skip(listed: Sequence[Token], place: int, *words: str) -> int:
    while _word(listed, place) in words:
        place += 1
    return place


def _bounded(listed: Sequence[Token], place: int, today: date) -> tuple[int, Span] | None:
    """A span given by where it begins or ends."""
    word = _word(listed, place)
    after = _skip(listed, place + 1, "the", "of", "year", "and", "including") if word else place
    if word in (
        "since",
        "starting",
        "after",
        "following",
        "before",
        "until",
        "till",
        "prior",
        "through",
        "by",
    ):
        if word == "prior" and _word(listed, place + 1) != "to":
            return None
        after = _skip(listed, after, "to", "from", "in", "the")
        point = _point(listed, after, today)
        if point is None or (word == "by" and point[1].text.startswith("each")):
            return None
        end, span = point
        return end, _side(word, span)
    if word in ("between", "from"):
        first = _point(listed, after, today)
        if first is None:
            return None
        middle = _word(listed, first[0])
        if middle in ("and", "to", "until", "till", "through", "-"):
            second = _point(listed, _skip(listed, first[0] + 1, "the"), today)
            if second is not None and second[1].end != first[1].start:
                return second[0], _joined(first[1], second[1])
        if middle == "onwards" or middle == "onward" or middle == "on":
            return first[0] + 1, _side("since", first[1])
    return None


def _side(word: str, span: Span) -> Span:
    first, last = span.years or (None, None)
    if word in ("since", "starting"):
        return Span(span.start, None, f"since {span.text}", (first, None) if span.years else None)
    if word in ("after", "following"):
        return Span(span.end or span.start, None, f"after {span.text}", (last, None) if span.years else None)
    if word in ("before", "prior"):
        return Span(None, span.start, f"before {span.text}", (None, first) if span.years else None)
    return Span(None, span.end, f"until {span.text}", (None, last) if span.years else None)


def _joined(first: Span, second: Span) -> Span:
    years = None
    if first.years and second.years:
        years = (first.years[0], second.years[1])
    return Span(first.start, second.end, f"between {first.text} and {second.text}", years)


def _point(listed: Sequence[Token], place: int, today: date) -> tuple[int, Span] | None:
    """A span that a name or a count of units gives."""
    for reader in (_relative, _counted, _calendar):
        day = reader(listed, place, today)
        if day is not None:
            return day
    return None


def _relative(listed: Sequence[Token], place: int, today: date) -> tuple[int, Span] | None:
    word = _word(listed, place)
    if word == "today":
        return place + 1, Span(TODAY, f"{TODAY} + 1", "today")
    if word == "yesterday":
        return place + 1, Span(f"{TODAY} - 1", TODAY, "yesterday")
    if word == "tomorrow":
        return place + 1, Span(f"{TODAY} + 1", f"{TODAY} + 2", "tomorrow")
    place = _skip(listed, place, "the")
    word, unit = _word(listed, place), unit_of(_word(listed, place + 1))
    if unit is None or listed[place + 1].lower.endswith("s"):
        return None
    begin = TODAY if unit == "day" else f"DATE_TRUNC('{unit}', {TODAY})"
    one = f"INTERVAL '{_interval(1, unit)}'"
    if word in ("this", "current"):
        years = (today.year, today.year + 1) if unit == "year" else None
        return place + 2, Span(begin, f"{begin} + {one}", f"this {unit}", years)
    if word == "past" or (word in _LAST and unit in ("hour", "minute", "second")):
        return place + 2, Span(_before_now(1, unit), "NOW()", f"the past {unit}")
    if word in _LAST:
        years = (today.year - 1, today.year) if unit == "year" else None
        return place + 2, Span(f"{begin} - {one}", begin, f"last {unit}", years)
    if word in ("next", "coming", "upcoming"):
        return place + 2, Span(f"{begin} + {one}", f"{begin} + {one} + {one}", f"next {unit}")
    return None


def _interval(count: int, unit: str) -> str:
    if unit == "quarter":
        return f"{3 * count} months"
    if unit == "decade":
        return f"{10 * count} years"
    return f"{count} {unit}{'s' if count != 1 else ''}"


def _before_now(count: int, unit: str) -> str:
    base = "NOW()" if unit in ("hour", "minute", "second") else TODAY
    return f"{base} - INTERVAL '{_interval(count, unit)}'"


def _counted(listed: Sequence[Token], place: int, today: date) -> tuple[int, Span] | None:
    """`last 3 months`, `past 30 days`, `next two weeks`, `6 months ago`."""
    start = _skip(listed, place, "the")
    word = _word(listed, start)
    offset = 1 if word in _LAST or word in ("next", "coming", "most") else 0
    if word == "most" and _word(listed, start + 1) == "recent":
        offset = 2
    number = listed[start + offset].number if start + offset < len(listed) else None
    unit = unit_of(_word(listed, start + offset + 1))
    if number is None or unit is None or number != int(number) or not 0 < number < 10_000:
        return None
    count, end = int(number), start + offset + 2
    plural = "" if count == 1 else "s"
    if offset and word in ("next", "coming"):
        until = f"{TODAY} + INTERVAL '{_interval(count, unit)}'"
        return end, Span(TODAY, until, f"the next {count} {unit}{plural}")
    if offset:
        return end, Span(_before_now(count, unit), "NOW()", f"the last {count} {unit}{plural}")
    if _word(listed, end) == "ago":
        begin = _before_now(count, unit)
        return end + 1, Span(begin, f"{begin} + INTERVAL '1 day'", f"{count} {unit}{plural} ago")
    return None


def _calendar(listed: Sequence[Token], place: int, today: date) -> tuple[int, Span] | None:
    """A day, a month, a quarter or a year by its name."""
    place = _skip(listed, place, "the", "year") if _word(listed, place) in ("the", "year") else place
    if place >= len(listed):
        return None
    token = listed[place]
    if token.kind == "date":
        span = _written(token.text)
        return (place + 1, span) if span else None
    month = _month(token)
    if month:
        return _of_month(listed, place, month, today)
    if token.number is not None and _month_at(listed, place + 1, "of"):
        day, at = int(token.number), place + 1 + (_word(listed, place + 1) == "of")
        year, end = _year_at(listed, at + 1)
        return _day(year or today.year, _month(listed[at]) or 1, day, end)
    quarter = _quarter(listed, place)
    if quarter:
        number, end = quarter
        year, end = _year_at(listed, _skip(listed, end, "of", "in", "the"))
        return end, _months(year or today.year, 3 * number - 2, 3, f"Q{number} {year or today.year}")
    year, end = _year_at(listed, place)
    if year and token.kind == "number":
        return end, Span(f"DATE '{year}-01-01'", f"DATE '{year + 1}-01-01'", str(year), (year, year + 1))
    return None


def _month_at(listed: Sequence[Token], place: int, filler: str) -> bool:
    place = _skip(listed, place, filler)
    return place < len(listed) and _month(listed[place]) is not None


def _month(token: Token) -> int | None:
    """The number of a month; `may` and `mar` only where they are written like a name."""
    if token.kind != "word" or (token.lower in ("may", "march") and not token.is_name):
        return None
    for number, name in enumerate(_MONTHS, 1):
        if (
            token.lower == name
            or (token.lower == name[:3] and token.is_name)
            or (token.lower == "sept" and number == 9)
        ):
            return number
    return None


def _of_month(listed: Sequence[Token], place: int, month: int, today: date) -> tuple[int, Span]:
    name = _MONTHS[month - 1].capitalize()
    following = listed[place + 1] if place + 1 < len(listed) else None
    ordinal = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", following.lower) if following else None
    if ordinal and int(ordinal.group(1)) <= 31:
        end = _skip(listed, place + 2, ",", "st", "nd", "rd", "th")
        year, end = _year_at(listed, end)
        day = _day(year or today.year, month, int(ordinal.group(1)), end)
        if day:
            return day
    year, end = _year_at(listed, _skip(listed, place + 1, ",", "of"))
    if year is None:
        year = today.year if month <= today.month else today.year - 1
        end = place + 1
    return end, _months(year, month, 1, f"{name} {year}")


def _year_at(listed: Sequence[Token], place: int) -> tuple[int | None, int]:
    if place < len(listed):
        token = listed[place]
        if re.fullmatch(r"(1[5-9]|20)\d\d", token.text):
            return int(token.text), place + 1
    return None, place


def _quarter(listed: Sequence[Token], place: int) -> tuple[int, int] | None:
    word = _word(listed, place)
    if re.fullmatch(r"q[1-4]", word):
        return int(word[1]), place + 1
    if word in _QUARTERS and _word(listed, place + 1) == "quarter":
        return _QUARTERS[word], place + 2
    return None


def _months(year: int, month: int, count: int, text: str) -> Span:
    last = month - 1 + count
    end = date(year + last // 12, last % 12 + 1, 1)
    return Span(f"DATE '{date(year, month, 1)}'", f"DATE '{end}'", text)


def _day(year: int, month: int, day: int, end: int) -> tuple[int, Span] | None:
    try:
        first = date(year, month, day)
    except ValueError:
        return None
    return end, Span(f"DATE '{first}'", f"DATE '{first + timedelta(days=1)}'", str(first))


def _written(text: str) -> Span | None:
    """`2024-03-05`, `2024-03` or `3/5/2024`, which is in March."""
    parts = [int(part) for part in re.split(r"[-/]", text)]
    if "/" in text:
        parts = [parts[2], parts[0], parts[1]]
    try:
        if len(parts) == 2:
            return _months(parts[0], parts[1], 1, text)
        first = date(*parts)
    except ValueError:
        return None
    return Span(f"DATE '{first}'", f"DATE '{first + timedelta(days=1)}'", str(first))


def with_text(span: Span, text: str) -> Span:
    """The span under another text."""
    return replace(span, text=text)

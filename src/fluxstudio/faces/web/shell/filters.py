"""How pages write times, numbers and names."""

from datetime import UTC, datetime

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
# Each row: below this many seconds, in units of so many, called so. `static/app.js` keeps the same table.
_SPANS = (
    (_HOUR, _MINUTE, "minute"),
    (_DAY, _HOUR, "hour"),
    (60 * _DAY, _DAY, "day"),
    (365 * _DAY, 30 * _DAY, "month"),
)


def ago(moment: datetime, now: datetime | None = None) -> str:
    """A time in relation to now: "just now", "3 minutes ago", "in 84 days".

    `moment` must be aware of its zone; `now` defaults to the clock.
    """
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    size = abs(seconds)
    if size < _MINUTE:
        return "just now" if seconds >= 0 else "in a moment"
    unit, name = next(((unit, name) for below, unit, name in _SPANS if size < below), (365 * _DAY, "year"))
    count = plural(int(size // unit), name)
    return f"{count} ago" if seconds >= 0 else f"in {count}"


def exact(moment: datetime) -> str:
    """The exact time in words, in UTC: "3 November 2026, 14:05 UTC"."""
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def machine(moment: datetime) -> str:
    """The exact time for a `datetime` attribute, in UTC to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def grouped(number: float) -> str:
    """A number with its thousands apart: "12,400"; decimals only where there are some."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 file", "1,200 files"; `many` for nouns that do not just take an s."""
    return f"{grouped(count)} {one if count == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """One or two capitals that stand for a name; "?" for a name without letters or digits."""
    words = [letters for word in name.replace("@", " ").split() if (letters := _letters(word))]
    if not words:
        return "?"
    ends = words[:1] if len(words) == 1 else [words[0], words[-1]]
    return "".join(word[0] for word in ends).upper()


def _letters(word: str) -> str:
    return "".join(character for character in word if character.isalnum())

"""What a template may do to a value. Every one of these is bounded: no chain of them makes a long text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, available_timezones

from jinja2 import Undefined

from fluxstudio.kit.json import encode

LONGEST = 20_000
MOST = 1000


class Unfit(Exception):
    """A filter was given something it cannot work with; the message says what, for the person."""


def text_of(value: Any) -> str:
    """A value as people write it. Raises `Unfit` for what is not one text, and `Missing` for nothing."""
    if isinstance(value, Undefined):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return bounded(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool | int | float):
        return encode(value).decode() if not isinstance(value, int) or abs(value) < 2**63 else "a huge number"
    if isinstance(value, Mapping):
        names = ", ".join(str(name) for name in list(value)[:8])
        raise Unfit(f"this is an object, not a text; name one of its fields: {names[:200]}")
    raise Unfit('this is a list, not a text; write {{ … | join(", ") }} or name one of its entries')


def bounded(text: str) -> str:
    """The text itself. Raises `Unfit` when it is longer than any argument may be."""
    if len(text) > LONGEST:
        raise Unfit(
            f"this is longer than {LONGEST:,} characters; shorten it with {{{{ … | truncate(300) }}}}"
        )
    return text


def default(value: Any, other: Any = "", also_empty: bool = False) -> Any:
    return other if isinstance(value, Undefined) or value is None or (also_empty and not value) else value


def replace(value: Any, old: Any, new: Any) -> str:
    text, wanted, instead = text_of(value), text_of(old), text_of(new)
    if not wanted:
        raise Unfit("replace needs something to look for")
    if len(text) + text.count(wanted) * (len(instead) - len(wanted)) > LONGEST:
        _too_long()
    return text.replace(wanted, instead)


def truncate(value: Any, length: Any = 300, end: Any = "…") -> str:
    if not isinstance(length, int) or not 1 <= length <= LONGEST:
        raise Unfit(f"truncate needs a length of 1 to {LONGEST}")
    text: str = value if isinstance(value, str) else text_of(value)
    ending = text_of(end)[:length]
    return text if len(text) <= length else text[: length - len(ending)].rstrip() + ending


def join(value: Any, between: Any = "", attribute: Any = None) -> str:
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, list):
        return text_of(value)
    if attribute is not None:
        name = text_of(attribute)
        value = [entry[name] for entry in value if isinstance(entry, Mapping) and entry.get(name) is not None]
    parts: list[str] = []
    total, glue = 0, text_of(between)
    for entry in value[:MOST]:
        parts.append(text_of(entry))
        total += len(parts[-1]) + len(glue)
        if total > LONGEST:
            _too_long()
    return glue.join(parts)


def length(value: Any) -> int:
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, str | list | Mapping):
        return len(value)
    raise Unfit("only texts and lists have a length")


def first(value: Any) -> Any:
    return _end(value, 0)


def last(value: Any) -> Any:
    return _end(value, -1)


def date(value: Any, form: Any = "%Y-%m-%d", zone: Any = "UTC") -> str:
    """A time as a date, or in any of `strftime`'s forms; texts are ISO 8601, numbers Unix seconds."""
    form, zone = text_of(form), text_of(zone)
    if len(form) > 60:
        raise Unfit("the form of a date is no longer than 60 characters")
    if zone not in available_timezones():
        raise Unfit(f"there is no time zone “{zone[:60]}”; write one like Europe/Berlin")
    try:
        if isinstance(value, bool | int | float):
            moment = datetime.fromtimestamp(float(value), ZoneInfo(zone))
        else:
            moment = datetime.fromisoformat(text_of(value)[:60])
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("UTC"))).astimezone(
                ZoneInfo(zone)
            )
        return bounded(moment.strftime(form))
    except (ValueError, OverflowError, OSError, UnicodeError):
        raise Unfit("this is not a time that can be read") from None


def _end(value: Any, index: int) -> Any:
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, str | Sequence):
        raise Unfit("only texts and lists have a first and a last")
    return value[index] if len(value) else ""


def _too_long() -> NoReturn:
    raise Unfit(f"this would be longer than {LONGEST:,} characters")


def _of_text(change: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: change(text_of(value))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "capitalize": _of_text(str.capitalize),
    "date": date,
    "default": default,
    "first": first,
    "join": join,
    "last": last,
    "length": length,
    "lower": _of_text(str.lower),
    "replace": replace,
    "title": _of_text(str.title),
    "trim": _of_text(str.strip),
    "truncate": truncate,
    "upper": _of_text(str.upper),
}
TESTS: Mapping[str, Callable[..., bool]] = {
    "defined": lambda value: not isinstance(value, Undefined),
    "undefined": lambda value: isinstance(value, Undefined),
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}

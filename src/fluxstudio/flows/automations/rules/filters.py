"""What a template may do to a value. Every one of these is bounded: no chain of them makes a long text.

What is made of a text keeps its markup: filters change its words, and cut neither links nor entities in half.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from jinja2 import Undefined

from fluxstudio.flows.automations.rules.time_zones import is_time_zone
from fluxstudio.kit.json import encode
from fluxstudio.sdk.markup import Source, Text
from fluxstudio.sdk.markup.document import Code, CodeBlock, Document, Paragraph, Quote, flat

# The time of a message at Slack.
UNIX_SECONDS = re.compile(r"\d{1,12}\.\d{1,6}|\d{10,12}")

MAX_TEXT_CHARACTERS = 20_000
MAX_LIST_ITEMS = 1000


class FilterError(Exception):
    """A filter was given something it cannot work with; the message says what, for the person."""


def text_of(value: Any) -> str:
    """A value as people write it. Raises `FilterError` for more than one text, `MissingField` for nothing."""
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
        raise FilterError(f"this is an object, not a text; name one of its fields: {names[:200]}")
    raise FilterError('this is a list, not a text; write {{ … | join(", ") }} or name one of its entries')


def bounded(text: str) -> str:
    """The text itself. Raises `FilterError` when it is longer than any argument may be."""
    if len(text) > MAX_TEXT_CHARACTERS:
        raise FilterError(
            f"this is longer than {MAX_TEXT_CHARACTERS:,} characters; "
            "shorten it with {{ … | truncate(300) }}"
        )
    return text


def default(value: Any, other: Any = "", also_empty: bool = False) -> Any:
    return other if isinstance(value, Undefined) or value is None or (also_empty and not value) else value


def replace(value: Any, old: Any, new: Any) -> str:
    text, old_text, instead = text_of(value), text_of(old), text_of(new)
    if not old_text:
        raise FilterError("replace needs something to look for")
    if len(text) + text.count(old_text) * (len(instead) - len(old_text)) > MAX_TEXT_CHARACTERS:
        _too_long()
    return _text(text).mapped(lambda words: words.replace(old_text, instead))


def truncate(value: Any, length: Any = 300, end: Any = "…") -> str:
    if not isinstance(length, int) or not 1 <= length <= MAX_TEXT_CHARACTERS:
        raise FilterError(f"truncate needs a length of 1 to {MAX_TEXT_CHARACTERS}")
    text: str = value if isinstance(value, str) else text_of(value)
    return _text(text).shortened(length, text_of(end)[:length])


def join(value: Any, between: Any = "", attribute: Any = None) -> str:
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, list):
        return text_of(value)
    if attribute is not None:
        name = text_of(attribute)
        value = [entry[name] for entry in value if isinstance(entry, Mapping) and entry.get(name) is not None]
    parts: list[Text] = []
    total, glue = 0, text_of(between)
    for entry in value[:MAX_LIST_ITEMS]:
        parts.append(_text(text_of(entry)))
        total += len(parts[-1]) + len(glue)
        if total > MAX_TEXT_CHARACTERS:
            _too_long()
    if all(part.is_plain for part in parts):
        return glue.join(parts)
    return Text.of(_in_a_row(parts, _text(glue)))


def _in_a_row(parts: Sequence[Text], glue: Text) -> Document:
    """Texts as one paragraph, with another between them."""
    inside: list[Any] = []
    for number, part in enumerate(parts):
        inside += [*flat(glue.document), *flat(part.document)] if number else flat(part.document)
    return (Paragraph(tuple(inside)),)


def plain(value: Any) -> str:
    """The words alone, whatever they are marked up in."""
    return Text(_text(text_of(value)).plain)


def quote(value: Any) -> str:
    """The text as a quotation, as the markup it is put into writes one."""
    text = _text(text_of(value))
    return Text.of((Quote(text.document),)) if text else text


def code(value: Any) -> str:
    """The words as code."""
    words = _text(text_of(value)).plain
    if not words.strip():
        return ""
    return Text.of(
        (CodeBlock(words) if "\n" in words.strip("\n") else Paragraph((Code(words.strip("\n")),)),)
    )


def _marked_up(source: Source) -> Callable[[Any], str]:
    """A filter that says what a text is marked up in, where the event does not say so."""

    def says(value: Any) -> str:
        text = _text(text_of(value))
        return Text(text, source) if text.is_plain else text

    return says


def _text(value: str) -> Text:
    return value if isinstance(value, Text) else Text(value)


def length(value: Any) -> int:
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, str):
        return len(_text(value).plain)
    if isinstance(value, list | Mapping):
        return len(value)
    raise FilterError("only texts and lists have a length")


def first(value: Any) -> Any:
    return _end(value, 0)


def last(value: Any) -> Any:
    return _end(value, -1)


def date(value: Any, form: Any = "%Y-%m-%d", zone: Any = "UTC") -> str:
    """A time as a date, or in any of `strftime`'s forms.

    Texts are ISO 8601 or, as Slack writes them, Unix seconds with a fraction; numbers are Unix seconds.
    """
    form, zone = text_of(form), text_of(zone)
    if len(form) > 60:
        raise FilterError("the form of a date is no longer than 60 characters")
    if not is_time_zone(zone):
        raise FilterError(f"there is no time zone “{zone[:60]}”; write one like Europe/Berlin")
    try:
        if isinstance(value, str) and UNIX_SECONDS.fullmatch(value):
            value = float(value)
        if isinstance(value, bool | int | float):
            moment = datetime.fromtimestamp(float(value), ZoneInfo(zone))
        else:
            moment = datetime.fromisoformat(text_of(value)[:60])
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("UTC"))).astimezone(
                ZoneInfo(zone)
            )
        return bounded(moment.strftime(form))
    except (ValueError, OverflowError, OSError, UnicodeError):
        raise FilterError("this is not a time that can be read") from None


def _end(value: Any, index: int) -> Any:
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, str | Sequence):
        raise FilterError("only texts and lists have a first and a last")
    if isinstance(value, str):
        value = _text(value).plain
    return value[index] if len(value) else ""


def _too_long() -> NoReturn:
    raise FilterError(f"this would be longer than {MAX_TEXT_CHARACTERS:,} characters")


def trim(value: Any) -> str:
    text = _text(text_of(value))
    return Text(text.strip(), text.source, text.names) if text.is_source else text


def _of_text(change: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: bounded(_text(text_of(value)).mapped(change))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "capitalize": _of_text(str.capitalize),
    "code": code,
    "date": date,
    "default": default,
    "first": first,
    "join": join,
    "last": last,
    "length": length,
    "lower": _of_text(str.lower),
    "markdown": _marked_up("markdown"),
    "mrkdwn": _marked_up("mrkdwn"),
    "plain": plain,
    "quote": quote,
    "replace": replace,
    "title": _of_text(str.title),
    "trim": trim,
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

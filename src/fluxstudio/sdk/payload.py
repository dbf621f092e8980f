"""Reading payloads that may hold anything, and telling in a sentence what they say.

Nothing here raises, whatever a payload holds: what is not there, or not what it should be, reads as nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

MAX_SENTENCE_CHARACTERS = 200
MAX_QUOTE_CHARACTERS = 80
MAX_NAME_CHARACTERS = 60

# Joiners hold emoji and some scripts together; other unseen characters can turn a line around or hide in it.
JOINERS = "\u200c\u200d"
UNSEEN = frozenset({"Cf", "Cn", "Co", "Cs"})
# Longer numbers are no ids, and very long ones cannot be written out.
LARGEST_NUMBER = 10**20


def at(payload: Any, *path: str | int) -> Any:
    """What stands in a payload at the end of a path of names and places, or None."""
    value = payload
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text_at(payload: Any, *path: str | int) -> str:
    """The text or whole number at the end of a path, as it is; empty where there is none."""
    value = at(payload, *path)
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER:
        return str(value)
    return ""


def moment_at(payload: Any, *path: str | int) -> float | None:
    """The time, in seconds since 1970, that an ISO 8601 text at the end of a path names; else None."""
    try:
        named = datetime.fromisoformat(text_at(payload, *path))
        return named.timestamp() if named.tzinfo is not None else named.replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def count_at(payload: Any, *path: str | int) -> int:
    """How many entries the list at the end of a path has."""
    value = at(payload, *path)
    return len(value) if isinstance(value, list) else 0


def shortened(text: str, longest: int = MAX_NAME_CHARACTERS) -> str:
    """Text from outside on one line, without what cannot be seen, cut at a word where it is too long."""
    line = " ".join(_visible(text[: longest * 20]).split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    whole_words = cut.rpartition(" ")[0]
    return (whole_words if len(whole_words) > longest // 2 else cut).rstrip(" ,;:.–-") + "…"


def name_at(payload: Any, *path: str | int) -> str:
    """A name out of a payload, fit for a sentence; empty where there is none."""
    return shortened(text_at(payload, *path))


def quoted(text: str) -> str:
    """`: “Looks good”`, to end a sentence with what somebody wrote; empty where nothing was written."""
    text_part = shortened(text, MAX_QUOTE_CHARACTERS)
    return f": “{text_part}”" if text_part else ""


def counted(number: int, one: str, many: str = "") -> str:
    """`1 commit`, `1,234 commits`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str]) -> str:
    """`a, b and c`, of the names that are not empty."""
    there = [name for name in names if name]
    return " and ".join(filter(None, [", ".join(there[:-1]), *there[-1:]]))


def in_words(name: str) -> str:
    """The name of an event in words: `FILE_UPDATE` and `file-update` are `File update`."""
    words = shortened(re.sub(r"[\W_]+", " ", name))
    plain = words.lower() if words.isupper() else words
    return plain[:1].upper() + plain[1:] if plain else "Something happened"


def sentence(*parts: str) -> str:
    """One line of at most 200 characters, out of parts that may be empty."""
    return shortened(" ".join(part for part in parts if part), MAX_SENTENCE_CHARACTERS)


def https(address: Any) -> str | None:
    """An address that a person can open without a second thought, or None."""
    if not isinstance(address, str) or len(address) > 2000 or not re.fullmatch(r"[!-~]+", address):
        return None
    try:
        parts = urlsplit(address)
        plain = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    return address if plain and not re.search(r"[\"'<>\\^`{|}]", address) else None


def _visible(text: str) -> str:
    return "".join(map(_visible_character, text)).strip(JOINERS)


def _visible_character(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cc":
        return " "
    return "" if category in UNSEEN and letter not in JOINERS else letter

"""JSON as the product writes it, and as others send it."""

from __future__ import annotations

import codecs
import json
import sys
from itertools import islice
from typing import Any, NoReturn

import msgspec
from pydantic import BaseModel

# Digits of a whole number that stays a number; PostgreSQL and Python hold as many without effort.
LONGEST_INTEGER = 300


class NotJson(ValueError):
    """The bytes are not JSON, or are nested too deeply to be read."""


def _further(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


_encoder = msgspec.json.Encoder(enc_hook=_further)


def encode(value: Any) -> bytes:
    """UTF-8 JSON of plain values, dates, UUIDs, dataclasses and pydantic models."""
    return _encoder.encode(value)


def decode(content: bytes) -> Any:
    """The value of JSON as its sender understands it.

    Senders cut strings in the middle of a character (`"\\ud83d"` alone), begin with a byte order mark, or
    write numbers that no float holds. What has no Unicode form is read as U+FFFD, and a number beyond every
    float as the largest there is. Raises `NotJson`.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _decode_leniently(content)
    except RecursionError:
        raise NotJson("nested too deeply") from None


def _decode_leniently(content: bytes) -> Any:
    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_refuse_constant,
        )
        # Strings may still hold halves of characters. They are replaced on the way through bytes.
        return msgspec.json.decode(json.dumps(value, ensure_ascii=False).encode("utf-8", SURROGATES))
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except (ValueError, msgspec.MsgspecError):
        raise NotJson("not JSON") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else _float(digits)


def _float(digits: str) -> float:
    return max(-sys.float_info.max, min(sys.float_info.max, float(digits)))


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON")


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "\ufffd".encode() * (error.end - error.start), error.end


SURROGATES = "fluxstudio.surrogates"
codecs.register_error(SURROGATES, _replaced)


# Libraries that write JSON give up between 200 and 1,000 levels; no event of a provider has twenty.
MOST_LEVELS = 100
PRUNED = "(nested too deeply to be kept)"


def pruned(value: Any, levels: int = MOST_LEVELS) -> Any:
    """Plain JSON values, changed in place where they nest deeper: lists and objects below become `PRUNED`."""
    level = [value]
    for _ in range(levels - 1):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return value
    for parent in level:
        for place, child in list(parent.items() if isinstance(parent, dict) else enumerate(parent)):
            if isinstance(child, (dict, list)):
                parent[place] = PRUNED
    return value


def may_nest_deeper(content: bytes, levels: int = MOST_LEVELS) -> bool:
    """Whether what is read of these bytes may nest deeper; sooner answered than by walking through it.

    Only of an object in plain JSON can anything be said: each level of it takes a bracket.
    """
    return not content.startswith(b"{") or content.count(b"{") + content.count(b"[") > levels


def without_fields(value: Any, names: frozenset[str]) -> Any:
    """Plain JSON values, changed in place: objects at any depth no longer have fields of these names."""
    level = [value]
    while level:
        below = []
        for parent in level:
            if isinstance(parent, dict):
                if not names.isdisjoint(parent):
                    for name in names.intersection(parent):
                        del parent[name]
                children: Any = parent.values()
            else:
                children = parent
            # Exactly these are what JSON is read into.
            below += [child for child in children if type(child) is dict or type(child) is list]
        level = below
    return value


# What is left of a large value: characters of a text and of a name, entries of a list, fields of an object,
# values and characters in all.
LONGEST_TEXT, LONGEST_NAME, MOST_ENTRIES, MOST_FIELDS = 1000, 100, 20, 200
MOST_VALUES, MOST_CHARACTERS = 1000, 60_000


def abridged(value: Any) -> Any:
    """A short copy of plain JSON values: texts and lists are cut, and what is deep down is left out first."""
    whole: dict[str, Any] = {}
    values_left, characters_left = MOST_VALUES, MOST_CHARACTERS
    level: list[tuple[Any, Any, Any]] = [(whole, "", value)]
    while level:
        below: list[tuple[Any, Any, Any]] = []
        for parent, place, child in level:
            if values_left <= 0:
                return whole[""]
            values_left -= 1
            copy: Any = child
            if isinstance(child, str):
                copy = child[: min(LONGEST_TEXT, characters_left)]
                characters_left -= len(copy)
            elif isinstance(child, dict):
                copy = {}
                fields = islice(child.items(), MOST_FIELDS)
                below += [(copy, key, part) for key, part in fields if len(key) <= LONGEST_NAME]
            elif isinstance(child, list):
                copy = []
                below += [(copy, None, part) for part in child[:MOST_ENTRIES]]
            if place is None:
                parent.append(copy)
            else:
                parent[place] = copy
        level = below
    return whole[""]


def without_nul(value: Any) -> Any:
    """Plain JSON values with U+FFFD for the one character that PostgreSQL's texts cannot hold."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {without_nul(key): without_nul(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [without_nul(entry) for entry in value]
    return value

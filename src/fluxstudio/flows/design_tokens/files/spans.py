"""Where the members of a JSON object or array are in its text. The text has to be valid JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from json import decoder

SPACE = re.compile(r"[ \t\n\r]*")
SCALAR = re.compile(r"[^\s,\]}]+")
_string: Callable[[str, int, bool], tuple[str, int]] = decoder.scanstring  # type: ignore[attr-defined]
BRACKET = re.compile(r'"(?:[^"\\]+|\\.)*"|[\[\]{}]')


@dataclass(slots=True)
class MemberSpan:
    """A member: its key, where the key is (quotes included) and where the value is. Entries of arrays have
    their index as key."""

    key: str
    key_start: int
    key_end: int
    start: int
    end: int


def member_spans(text: str, start: int) -> tuple[list[MemberSpan], int]:
    """The members of the object or array that begins at `start`, and where its last bracket is."""
    is_object = text[start] == "{"
    spans: list[MemberSpan] = []
    place = _after_space(text, start + 1)
    while text[place] not in "}]":
        if text[place] == ",":
            place = _after_space(text, place + 1)
        key_start = key_end = place
        key = str(len(spans))
        if is_object:
            key, key_end = _string(text, place + 1, True)
            place = _after_space(text, _after_space(text, key_end) + 1)
        end = value_end(text, place)
        spans.append(MemberSpan(key, key_start, key_end, place, end))
        place = _after_space(text, end)
    return spans, place


def value_end(text: str, start: int) -> int:
    """Where the value that begins at `start` ends."""
    first = text[start]
    if first == '"':
        return int(_string(text, start + 1, True)[1])
    if first not in "{[":
        match = SCALAR.match(text, start)
        return match.end() if match else start
    depth = 0
    for match in BRACKET.finditer(text, start):
        bracket = match[0]
        if bracket in "{[":
            depth += 1
        elif bracket in "}]":
            depth -= 1
            if depth == 0:
                return match.end()
    return len(text)


def root_start(text: str) -> int:
    """Where the file's own object begins."""
    return _after_space(text, 0)


def _after_space(text: str, place: int) -> int:
    match = SPACE.match(text, place)
    return match.end() if match else place

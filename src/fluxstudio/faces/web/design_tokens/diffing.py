"""A file before and after, side by side: what differs, with a few lines around it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import takewhile, zip_longest

from fluxstudio.faces.web.design_tokens.views import DiffLine

SURROUNDING_LINES = 2
MAX_LINES = 400
MAX_CHARACTERS = 300

Hunk = tuple[DiffLine, ...]


def hunks(before: str, after: str) -> tuple[tuple[Hunk, ...], bool]:
    """Every place where two texts differ, and whether there are more than are shown."""
    old, new = before.splitlines(), after.splitlines()
    start = sum(1 for _ in takewhile(_alike, zip(old, new, strict=False)))
    start = max(0, start - SURROUNDING_LINES)
    left = min(len(old), len(new)) - start
    reverse = zip(reversed(old[start:]), reversed(new[start:]), strict=False)
    end = sum(1 for _ in takewhile(_alike, reverse))
    end = max(0, min(end, left) - SURROUNDING_LINES)
    matcher = difflib.SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end])
    shown: list[Hunk] = []
    lines = 0
    for opcodes in matcher.get_grouped_opcodes(SURROUNDING_LINES):
        hunk = tuple(line for opcode in opcodes for line in _lines(opcode, old, new, start))
        if lines + len(hunk) > MAX_LINES:
            rest = hunk[: MAX_LINES - lines]
            return (*shown, *([rest] if rest else [])), True
        shown.append(hunk)
        lines += len(hunk)
    return tuple(shown), False


def _lines(
    opcode: tuple[str, int, int, int, int], old: Sequence[str], new: Sequence[str], start: int
) -> list[DiffLine]:
    tag, *places = opcode
    old_from, old_to, new_from, new_to = (place + start for place in places)
    if tag == "equal":
        numbers = zip(range(old_from, old_to), range(new_from, new_to), strict=True)
        return [_line("same", old, one, new, other) for one, other in numbers]
    pairs = zip_longest(range(old_from, old_to), range(new_from, new_to))
    return [
        _line("added" if one is None else "removed" if other is None else "changed", old, one, new, other)
        for one, other in pairs
    ]


def _line(kind: str, old: Sequence[str], one: int | None, new: Sequence[str], other: int | None) -> DiffLine:
    return DiffLine(
        kind=kind,
        before="" if one is None else old[one][:MAX_CHARACTERS],
        after="" if other is None else new[other][:MAX_CHARACTERS],
        before_number=None if one is None else one + 1,
        after_number=None if other is None else other + 1,
    )


def _alike(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]

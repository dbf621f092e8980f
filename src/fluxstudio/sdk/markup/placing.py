"""Where a value stands in a text that somebody wrote: on its own line, in a sentence, in code, in an
address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["block", "inline", "line", "code", "fence", "target", "html", "word"]
MARKERS = "-*+•◦"


@dataclass(frozen=True, slots=True)
class Place:
    """How a value has to be written.

    `block` may be several paragraphs, `inline` several lines, each beginning with `prefix`; all others are
    one line, but for `fence`. `before` and `after` are what stands beside the value on its line.
    """

    kind: Kind
    prefix: str = ""
    before: str = ""
    after: str = ""


def line_around(template: str, key: str) -> tuple[str, str]:
    """What stands on a value's line before and after it."""
    at = template.find(key)
    start = template.rfind("\n", 0, at) + 1
    end = template.find("\n", at)
    return template[start:at], template[at + len(key) : None if end < 0 else end]


def prefix_of(before: str) -> str:
    """What further lines have to begin with to belong to the quote or the list that a line belongs to."""
    made: list[str] = []
    rest = before
    while rest:
        if rest[0] in " \t>":
            made.append(rest[0])
            rest = rest[1:]
        elif rest.startswith("&gt;"):
            made.append("> ")
            rest = rest[4:].removeprefix(" ")
        elif rest[0] in MARKERS and rest[1:2] == " ":
            made.append("  ")
            rest = rest[2:]
        elif (digits := len(rest) - len(rest.lstrip("0123456789"))) and rest[digits : digits + 2] in (
            ". ",
            ") ",
        ):
            made.append(" " * (digits + 2))
            rest = rest[digits + 2 :]
        else:
            break
    return "".join(made)

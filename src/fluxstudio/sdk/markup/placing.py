"""Where a value stands in a text that somebody wrote: on its own line, in a sentence, in code, in an
address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["block", "inline", "line", "code", "fence", "target", "html", "word"]
# What a line of a quote or of a list begins with, one sign after the other.
LINE_SIGN = re.compile(r"(?P<escaped_quote>&gt; ?)|(?P<item>[-*+•◦] |[0-9]+[.)] )|[ \t>]")


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
    prefix, at = "", 0
    while sign := LINE_SIGN.match(before, at):
        prefix += _continued(sign)
        at = sign.end()
    return prefix


def _continued(sign: re.Match[str]) -> str:
    """How a further line stays in what this sign began."""
    if sign["escaped_quote"]:
        return "> "
    return " " * len(sign[0]) if sign["item"] else sign[0]

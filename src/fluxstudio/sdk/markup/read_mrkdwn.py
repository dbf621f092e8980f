"""Slack's mrkdwn, as it comes in events: escaped, with people, channels and links by id in angle brackets.

Source: docs.slack.dev “Formatting message text” (read 2026-11-29). Takes linear time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from fluxstudio.sdk.markup.cleaning import address
from fluxstudio.sdk.markup.document import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Inline,
    Link,
    Paragraph,
    Quote,
    Style,
    Styled,
    Words,
)

FENCE: Final = "```"
STYLES: Mapping[str, Style] = {"*": "strong", "_": "emphasis", "~": "strike"}
ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
UNKNOWN_PERSON = "someone"
Names = Mapping[str, str]


def unescaped(text: str) -> str:
    """Text without Slack's three entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def read(text: str, names: Names) -> Document:
    """The document that mrkdwn says; `names` has people and channels by their ids."""
    blocks: list[Block] = []
    pieces = text.split(FENCE)
    if len(pieces) % 2 == 0:
        # The last fence is not closed, so it is only text.
        pieces[-2:] = [FENCE.join(pieces[-2:])]
    for number, piece in enumerate(pieces):
        if number % 2:
            blocks.append(CodeBlock(unescaped(_unbracketed(piece)).strip("\n")))
        else:
            blocks += _paragraphs(piece, names)
    return tuple(blocks)


def _unbracketed(code: str) -> str:
    """Code in which Slack has put addresses into angle brackets, without them."""
    return "".join(
        piece.text if isinstance(piece, Words | Code) else piece.url if isinstance(piece, Link) else "\n"
        for number, line in enumerate(code.split("\n"))
        for piece in ([Break()] if number else [])
        + [part for part in _tokens(line, {}) if not isinstance(part, _Sign)]
    )


def _paragraphs(text: str, names: Names) -> Iterator[Block]:
    lines: list[tuple[Inline, ...]] = []
    quoting = rest = False
    for line in text.split("\n"):
        mark = next((sign for sign in ("&gt;", ">") if line.startswith(sign)), "")
        rest = rest or line.startswith((">>>", "&gt;&gt;&gt;"))
        is_quote = bool(mark) or rest
        if is_quote != quoting or not line.strip():
            yield from _block(lines, quoting)
            lines = []
        quoting = is_quote
        while mark and line.startswith(mark):
            line = line[len(mark) :]
        if line.strip():
            lines.append(_inlines(line.strip(), names))
    yield from _block(lines, quoting)


def _block(lines: list[tuple[Inline, ...]], quoting: bool) -> Iterator[Block]:
    if not lines:
        return
    inside: list[Inline] = []
    for line in lines:
        inside += [Break(), *line] if inside else line
    paragraph = Paragraph(tuple(inside))
    yield Quote((paragraph,)) if quoting else paragraph


class _Sign(str):
    """A sign of style that may begin (`opens`) or end (`closes`) what it sets."""

    __slots__ = ("closes", "opens")
    opens: bool
    closes: bool


def _inlines(line: str, names: Names) -> tuple[Inline, ...]:
    made: list[Inline] = []
    starts: dict[str, int] = {}
    for token in _tokens(line, names):
        if not isinstance(token, _Sign):
            made.append(token)
            continue
        sign = str(token)
        if token.closes and sign in starts and starts[sign] < len(made) - 1:
            start = starts.pop(sign)
            made[start:] = [Styled(STYLES[sign], tuple(made[start + 1 :]))]
            starts = {other: place for other, place in starts.items() if place < start}
            continue
        if token.opens and sign not in starts:
            starts[sign] = len(made)
        made.append(Words(sign))
    return tuple(made)


def _tokens(line: str, names: Names) -> Iterator[Inline | _Sign]:
    at, start, ends = 0, 0, {">": -2, "`": -2}

    def closing(sign: str) -> int:
        """Where the next such sign is, -1 for nowhere; looked for once."""
        if ends[sign] != -1 and ends[sign] <= at:
            ends[sign] = line.find(sign, at + 1)
        return ends[sign]

    while at < len(line):
        token: Inline | _Sign | None = None
        character, after = line[at], at + 1
        if character == "<" and (end := closing(">")) > at and "<" not in line[at + 1 : min(end, at + 4000)]:
            token, after = _reference(line[at + 1 : end], names), end + 1
        elif character == "`" and (end := closing("`")) > at + 1:
            token, after = Code(unescaped(line[at + 1 : end])), end + 1
        elif character in STYLES:
            token = _sign(line, at)
        if token is not None:
            if start < at:
                yield Words(unescaped(line[start:at]))
            yield token
            start = after
        at = after
    if start < len(line):
        yield Words(unescaped(line[start:]))


def _sign(line: str, at: int) -> _Sign:
    before, after = line[at - 1 : at], line[at + 1 : at + 2]
    sign = _Sign(line[at])
    sign.opens = not before.isalnum() and bool(after) and not after.isspace() and after != line[at]
    sign.closes = bool(before) and not before.isspace() and not after.isalnum()
    return sign


def _reference(inside: str, names: Names) -> Inline:
    target, _, label = (unescaped(part) for part in inside.partition("|"))
    kind, identity = target[:1], target[1:]
    if kind == "@":
        return Words("@" + (label.removeprefix("@") or names.get(identity) or UNKNOWN_PERSON))
    if kind == "#":
        return Words("#" + (label.removeprefix("#") or names.get(identity) or identity))
    if kind == "!":
        name = identity.partition("^")[0]
        return Words(label or ("@group" if name == "subteam" else f"@{name}"))
    url = address(target)
    if url is None:
        return Words(label or target)
    label_text = label or target.removeprefix("mailto:")
    return Link(url, (Words(label_text),))

"""How a file is written: indent, line ends, spaces and lists; and new values printed that way."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from fluxstudio.flows.design_tokens.files.spans import member_spans

INDENT = re.compile(r'\n([ \t]+)"')
COLON = re.compile(r'"([ \t]*:[ \t]*)[^\s]')
INLINE_OBJECT = re.compile(r'\{([ \t]*)"[^{}\n]*[^{}\s]([ \t]*)\}')
INLINE_COMMA = re.compile(r'[^\s],([ \t]*)["\d-]')
INLINE_LIST = re.compile(r"\[([ \t]*)[^\s\[\]{}][^\[\]{}\n]*\]")
SPREAD_LIST = re.compile(r'\[\s*\n\s*["\d-]')
SAMPLES = 400

Shape = dict[str, bool]


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How one file is written. `spread`: in lines. `ascii_only`: with all but ASCII escaped."""

    newline: str = "\n"
    indent: str = "  "
    colon: str = ": "
    comma: str = ", "
    padding: str = ""
    list_padding: str = ""
    spread: bool = True
    spread_lists: bool = True
    ascii_only: bool = False

    def member(self, key: str, value: str) -> str:
        """A key with the text of its value."""
        return self.string(key) + self.colon + value

    def string(self, text: str) -> str:
        """A string literal."""
        return json.dumps(text, ensure_ascii=self.ascii_only or not _encodable(text))

    def scalar(self, value: Any) -> str:
        """The literal of a string, a number, true, false or null."""
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return json.dumps(value)


def layout_of(text: str) -> FileLayout:
    """The habits of a file, as far as it shows any."""
    indents = INDENT.findall(text[:20_000])
    spread = "\n" in text.strip()
    padding, comma, listed = INLINE_OBJECT.search(text), INLINE_COMMA.search(text), INLINE_LIST.search(text)
    spread_list = SPREAD_LIST.search(text)
    colons = Counter(COLON.findall(text[:40_000])[:SAMPLES])
    tight = not spread and colons.most_common(1)[0][0] == ":" if colons else False
    return FileLayout(
        newline="\r\n" if "\r\n" in text else "\n",
        indent=min(indents, key=len) if indents else "  ",
        colon=colons.most_common(1)[0][0] if colons else ": ",
        comma=f",{comma[1]}" if comma else ("," if tight else ", "),
        padding=padding[1] if padding else "",
        list_padding=listed[1] if listed else "",
        spread=spread or not text.strip().strip("{}").strip(),
        spread_lists=bool(spread_list) or not listed,
        ascii_only=text.isascii() and re.search(r"\\u(?!00[0-1])[0-9a-fA-F]{4}", text) is not None,
    )


def like_neighbour(layout: FileLayout, text: str) -> FileLayout:
    """The same habits, with the spaces of a neighbour that takes one line."""
    padding, comma, colon = re.match(r"\{([ \t]*)", text), INLINE_COMMA.search(text), COLON.search(text)
    if "\n" in text or padding is None or colon is None:
        return layout
    return replace(
        layout,
        padding=padding[1],
        comma=layout.comma if comma is None else f",{comma[1]}",
        colon=colon[1],
    )


@dataclass(slots=True)
class Printer:
    """Prints new values. `shape` tells, by dotted key, which objects and lists of a neighbour take one line,
    `similar` the same of the object in the file whose keys are most like those of another; `moved` gives the
    text of what is taken from elsewhere in the file."""

    layout: FileLayout
    shape: Shape = field(default_factory=dict)
    similar: Callable[[Iterable[str]], Shape] = lambda keys: {}
    moved: Callable[[Any, str], str] = lambda move, margin: str(move)

    def text(self, value: Any, margin: str, path: str = "", *, inline: bool = False) -> str:
        """The text of a value whose own line begins with `margin`."""
        if isinstance(value, dict):
            if path not in self.shape and not inline and self.layout.spread:
                self.shape |= {path + below: taken for below, taken in self.similar(value).items()}
            parts = [(self.layout.string(key) + self.layout.colon, key, item) for key, item in value.items()]
            return self._block("{}", parts, margin, path, inline)
        if isinstance(value, list):
            entries = [("", str(index), item) for index, item in enumerate(value)]
            return self._block("[]", entries, margin, path, inline)
        if value is None or isinstance(value, str | int | float):
            return self.layout.scalar(value)
        return self.moved(value, margin)

    def _block(
        self, brackets: str, parts: list[tuple[str, str, Any]], margin: str, path: str, inline: bool
    ) -> str:
        first, last = brackets[0], brackets[1]
        if not parts:
            return brackets
        one_line = inline or self._on_one_line(path, parts, brackets)
        inner = margin if one_line else margin + self.layout.indent
        texts = [
            start + self.text(item, inner, f"{path}.{key}", inline=one_line) for start, key, item in parts
        ]
        if one_line:
            padding = self.layout.padding if brackets == "{}" else self.layout.list_padding
            return first + padding + self.layout.comma.join(texts) + padding + last
        newline = self.layout.newline
        return first + newline + inner + f",{newline}{inner}".join(texts) + newline + margin + last

    def _on_one_line(self, path: str, parts: list[tuple[str, str, Any]], brackets: str) -> bool:
        if not self.layout.spread:
            return True
        if path in self.shape:
            return self.shape[path]
        plain = not any(isinstance(item, dict | list) for _, _, item in parts)
        return brackets == "[]" and plain and not self.layout.spread_lists


def shape_of(text: str, start: int, path: str = "") -> Shape:
    """Which objects and lists of the value at `start` take one line, by dotted key."""
    spans, end = member_spans(text, start)
    shape = {path: "\n" not in text[start:end]} if spans else {}
    for span in spans:
        if text[span.start] in "{[":
            shape |= shape_of(text, span.start, f"{path}.{span.key}")
    return shape


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True

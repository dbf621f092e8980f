"""A text as people read it, free of any provider's markup: what every markup is read into and written from.

Documents are nested no deeper than their readers allow, and immutable, so they can be handed to other
processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

Style = Literal["strong", "emphasis", "strike"]


@dataclass(frozen=True, slots=True)
class Words:
    """Literal text on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a line within a paragraph."""


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of code on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Styled:
    """Text that is set in bold or italics, or struck through."""

    style: Style
    inside: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A label that leads to a web address or a mailbox."""

    url: str
    inside: tuple[Inline, ...]


Inline = Words | Break | Code | Styled | Link


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together."""

    inside: tuple[Inline, ...]
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else is quoted with."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines of code."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; numbered from `start` on, or with bullets where that is None."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Rows of cells; the first row is the header."""

    rows: tuple[tuple[tuple[Inline, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Divider:
    """A line between parts."""


Block = Paragraph | Quote | CodeBlock | Listing | TableBlock | Divider
Document = tuple[Block, ...]


def of_plain(text: str) -> Document:
    """The document that plain text is: one paragraph that keeps its lines."""
    inside: list[Inline] = []
    for number, line in enumerate(text.split("\n")):
        inside += [Break()] if number else []
        inside += [Words(line)] if line else []
    return (Paragraph(tuple(inside)),) if inside else ()


def flat(document: Document) -> tuple[Inline, ...]:
    """A document as inline text: what were blocks of it are lines now."""
    inside: list[Inline] = []
    for block in document:
        lines = list(_lines(block))
        for line in lines:
            inside += [Break(), *line] if inside else line
    return tuple(inside)


def _lines(block: Block) -> Iterable[tuple[Inline, ...]]:
    match block:
        case Paragraph(inside):
            yield inside
        case Quote(blocks):
            yield flat(blocks)
        case CodeBlock(text):
            yield from ((Code(line),) for line in text.split("\n") if line.strip())
        case Listing(items, start):
            for number, item in enumerate(items):
                mark = "• " if start is None else f"{start + number}. "
                yield (Words(mark), *flat(item))
        case TableBlock(rows):
            for row in rows:
                yield _row(row)
        case Divider():
            yield ()


def _row(row: tuple[tuple[Inline, ...], ...]) -> tuple[Inline, ...]:
    inside: list[Inline] = []
    for number, cell in enumerate(row):
        inside += [Words(" | "), *cell] if number else cell
    return tuple(inside)


def words_of(inside: Iterable[Inline]) -> str:
    """The bare words of inline text; links by their labels alone."""
    parts: list[str] = []
    for piece in inside:
        match piece:
            case Words(text) | Code(text):
                parts.append(text)
            case Break():
                parts.append("\n")
            case Styled(_, inner) | Link(_, inner):
                parts.append(words_of(inner))
    return "".join(parts)


def plain(document: Document) -> str:
    """A document as plain text; a link that is called something else shows its address as well."""
    return "\n".join(_plain_block(block) for block in document)


def _plain_block(block: Block) -> str:
    match block:
        case Listing(items, start):
            marks = ["• " if start is None else f"{start + number}. " for number in range(len(items))]
            texts = [plain(item).replace("\n", "\n  ") for item in items]
            return "\n".join(mark + text for mark, text in zip(marks, texts, strict=True))
        case CodeBlock(text):
            return text
        case Quote(blocks):
            return plain(blocks)
        case _:
            return "\n".join(_plain_line(line) for line in _lines(block))


def _plain_line(inside: Iterable[Inline]) -> str:
    parts: list[str] = []
    for piece in inside:
        match piece:
            case Link(url, inner):
                label = _plain_line(inner)
                parts.append(label if label == url or not label else f"{label} ({url})")
                parts += [] if label else [url]
            case Styled(_, inner):
                parts.append(_plain_line(inner))
            case _:
                parts.append(words_of((piece,)))
    return "".join(parts)


def mapped(document: Document, change: Callable[[str], str]) -> Document:
    """A document whose words were changed; addresses stay as they are."""
    return tuple(_mapped_block(block, change) for block in document)


def _mapped_block(block: Block, change: Callable[[str], str]) -> Block:
    match block:
        case Paragraph(inside):
            return replace(block, inside=_mapped(inside, change))
        case Quote(blocks):
            return Quote(mapped(blocks, change))
        case CodeBlock(text):
            return CodeBlock(change(text))
        case Listing(items, start):
            return Listing(tuple(mapped(item, change) for item in items), start)
        case TableBlock(rows):
            return TableBlock(tuple(tuple(_mapped(cell, change) for cell in row) for row in rows))
    return block


def _mapped(inside: Iterable[Inline], change: Callable[[str], str]) -> tuple[Inline, ...]:
    changed: list[Inline] = []
    for piece in inside:
        match piece:
            case Words(text):
                changed += flat(of_plain(change(text)))
            case Code(text):
                changed.append(Code(change(text)))
            case Styled(style, inner):
                changed.append(Styled(style, _mapped(inner, change)))
            case Link(url, inner):
                changed.append(Link(url, _mapped(inner, change)))
            case _:
                changed.append(piece)
    return tuple(changed)


def shortened(document: Document, length: int, end: str) -> Document:
    """A document of at most `length` visible characters, `end` among them; addresses stay whole."""
    if len(plain(document)) <= length:
        return document
    return _Cut(length - len(end), end).blocks(document)


class _Cut:
    """Takes as many characters of a document as there is room for, and puts an end to it."""

    def __init__(self, room: int, end: str) -> None:
        self._room = room
        self._end = end
        self._over = False

    def blocks(self, document: Document) -> Document:
        blocks: list[Block] = []
        for block in document:
            if self._over:
                break
            blocks.append(self._block(block))
            self._room -= 1
        return tuple(blocks)

    def _block(self, block: Block) -> Block:
        match block:
            case Paragraph(inside):
                return replace(block, inside=self._inlines(inside))
            case Quote(blocks):
                return Quote(self.blocks(blocks))
            case CodeBlock(text):
                return CodeBlock(self._text(text))
            case Listing(items, start):
                return Listing(tuple(self.blocks(item) for item in items if not self._over), start)
            case TableBlock(rows):
                cut = [tuple(self._inlines(cell) for cell in row) for row in rows if not self._over]
                return TableBlock(tuple(cut))
        return block

    def _inlines(self, inside: tuple[Inline, ...]) -> tuple[Inline, ...]:
        inlines: list[Inline] = []
        for piece in inside:
            if self._over:
                break
            inlines.append(self._inline(piece))
        return tuple(inlines)

    def _inline(self, piece: Inline) -> Inline:
        match piece:
            case Words(text):
                return Words(self._text(text))
            case Code(text):
                return Code(self._text(text))
            case Styled(style, inner):
                return Styled(style, self._inlines(inner))
            case Link(url, inner):
                label = self._inlines(inner)
                # The address of a link that is called something else is seen as well.
                self._room -= len(url) + 3 if words_of(label) != url else 0
                return Link(url, label)
        self._room -= 1
        return piece

    def _text(self, text: str) -> str:
        if len(text) <= self._room:
            self._room -= len(text)
            return text
        self._over = True
        return text[: max(0, self._room)].rstrip() + self._end

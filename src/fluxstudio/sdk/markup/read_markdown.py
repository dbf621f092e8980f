"""Markdown as GitHub takes it, read by markdown-it; HTML in it is read for its text, without comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from fluxstudio.sdk.markup.cleaning import address
from fluxstudio.sdk.markup.document import (
    Block,
    Break,
    Code,
    CodeBlock,
    Divider,
    Document,
    Inline,
    Link,
    Listing,
    Paragraph,
    Quote,
    Style,
    Styled,
    TableBlock,
    Words,
    of_plain,
)

MAX_MARKDOWN_DEPTH = 20
PARSER = MarkdownIt("commonmark", {"maxNesting": MAX_MARKDOWN_DEPTH}).enable(["table", "strikethrough"])
STYLES: Mapping[str, Style] = {"strong_open": "strong", "em_open": "emphasis", "s_open": "strike"}
BREAKING = ("br", "/p", "/div", "/li", "/tr", "/summary", "/h1", "/h2", "/h3", "hr")
UNSEEN = ("script", "style", "template")


def tokens(text: str) -> list[Token]:
    """The tokens of Markdown."""
    return PARSER.parse(text)


def read(text: str) -> Document:
    """The document that Markdown says."""
    return tuple(_blocks(iter(tokens(text)), ""))


def _blocks(stream: Iterator[Token], until: str) -> Iterator[Block]:
    for token in stream:
        match token.type:
            case kind if kind == until:
                return
            case "paragraph_open" | "heading_open":
                yield from _paragraph(stream, token.type == "heading_open")
            case "blockquote_open":
                yield Quote(tuple(_blocks(stream, "blockquote_close")))
            case "bullet_list_open":
                yield Listing(tuple(_items(stream, "bullet_list_close")))
            case "ordered_list_open":
                yield Listing(tuple(_items(stream, "ordered_list_close")), int(token.attrs.get("start", 1)))
            case "fence" | "code_block":
                yield CodeBlock(token.content.rstrip("\n"))
            case "table_open":
                yield TableBlock(tuple(_rows(stream)))
            case "html_block":
                yield from of_plain(visible(token.content).strip())
            case "hr":
                yield Divider()
            case "inline":
                yield Paragraph(inlines(token.children or ()))


def _paragraph(stream: Iterator[Token], heading: bool) -> Iterator[Block]:
    inside = inlines(next(stream).children or ())
    next(stream)
    if inside:
        yield Paragraph(inside, heading)


def _items(stream: Iterator[Token], until: str) -> Iterator[tuple[Block, ...]]:
    for token in stream:
        if token.type == until:
            return
        yield tuple(_blocks(stream, "list_item_close"))


def _rows(stream: Iterator[Token]) -> Iterator[tuple[tuple[Inline, ...], ...]]:
    row: list[tuple[Inline, ...]] = []
    for token in stream:
        match token.type:
            case "table_close":
                return
            case "tr_open":
                row = []
            case "inline":
                row.append(inlines(token.children or ()))
            case "tr_close":
                yield tuple(row)


def inlines(children: Sequence[Token]) -> tuple[Inline, ...]:
    """The inline text that tokens make."""
    return tuple(_joined(_inlines(iter(children), "")))


def _inlines(stream: Iterator[Token], until: str) -> Iterator[Inline]:
    for token in stream:
        match token.type:
            case kind if kind == until:
                return
            case "text" | "text_special":
                yield Words(token.content)
            case "code_inline":
                yield Code(token.content)
            case "softbreak" | "hardbreak":
                yield Break()
            case "strong_open" | "em_open" | "s_open" as kind:
                inner = tuple(_joined(_inlines(stream, kind.replace("_open", "_close"))))
                yield from (Styled(STYLES[kind], inner),) if inner else ()
            case "link_open":
                yield from _link(
                    str(token.attrs.get("href", "")), tuple(_joined(_inlines(stream, "link_close")))
                )
            case "image":
                alt = token.content.strip()
                yield from _link(str(token.attrs.get("src", "")), (Words(alt or "image"),))
            case "html_inline":
                yield from _tag(token.content)


def _link(target: str, label: tuple[Inline, ...]) -> Iterator[Inline]:
    url = address(target)
    if url is None:
        yield from label
    else:
        yield Link(url, label or (Words(url),))


def _tag(tag: str) -> Iterator[Inline]:
    for number, line in enumerate(visible(tag).split("\n")):
        yield from (Break(),) if number else ()
        yield from (Words(line),) if line else ()


def _joined(pieces: Iterator[Inline]) -> Iterator[Inline]:
    """Inline text whose neighbouring words are one."""
    waiting: list[str] = []
    for piece in pieces:
        if isinstance(piece, Words):
            waiting.append(piece.text)
            continue
        if waiting:
            yield Words("".join(waiting))
            waiting = []
        yield piece
    if waiting:
        yield Words("".join(waiting))


def visible(html: str) -> str:
    """What is seen of HTML: its text, without tags and comments."""
    texts: list[str] = []
    at, lowered = 0, html.lower()
    while (begin := html.find("<", at)) >= 0:
        texts.append(html[at:begin])
        if html.startswith("<!--", begin):
            end = html.find("-->", begin + 4)
            at = len(html) if end < 0 else end + 3
            continue
        end = html.find(">", begin)
        if end < 0:
            at = begin
            break
        name = (
            html[begin + 1 : end].split(None, 1)[0].lower().rstrip("/")
            if html[begin + 1 : end].strip()
            else ""
        )
        at = end + 1
        if name in UNSEEN:
            closing = lowered.find(f"</{name}", at)
            at = len(html) if closing < 0 else closing
        texts.append("\n" if name in BREAKING else "")
    texts.append(html[at:])
    return unescape("".join(texts))

"""Documents as HTML: what others wrote, in the few elements that it takes."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

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
    Styled,
    TableBlock,
    Words,
)

STYLED = {
    "strong": Markup("<strong>{}</strong>"),
    "emphasis": Markup("<em>{}</em>"),
    "strike": Markup("<s>{}</s>"),
}
HEADER_CELL, CELL = Markup('<th scope="col">{}</th>'), Markup("<td>{}</td>")
LINKED = ("https://", "http://", "mailto:")


def html_of(document: Document) -> Markup:
    """A document as HTML; its words are escaped, and links lead to the web or to a mailbox."""
    return Markup("").join(_block(block) for block in document)


def _block(block: Block) -> Markup:
    match block:
        case Paragraph(inside, heading):
            element = Markup('<p class="doc-heading">{}</p>') if heading else Markup("<p>{}</p>")
            return element.format(_inlines(inside))
        case Quote(blocks):
            return Markup("<blockquote>{}</blockquote>").format(html_of(blocks))
        case CodeBlock(text):
            # One that scrolls is reached by keyboard.
            return Markup('<pre tabindex="0"><code>{}</code></pre>').format(text)
        case Listing(items, start):
            rows = Markup("").join(Markup("<li>{}</li>").format(html_of(item)) for item in items)
            if start is None:
                return Markup("<ul>{}</ul>").format(rows)
            return Markup('<ol start="{}">{}</ol>').format(start, rows)
        case TableBlock(rows):
            return _table(rows)
        case Divider():
            return Markup("<hr>")


def _table(rows: tuple[tuple[tuple[Inline, ...], ...], ...]) -> Markup:
    lines = [
        Markup("<tr>{}</tr>").format(
            Markup("").join((CELL if number else HEADER_CELL).format(_inlines(cell)) for cell in row)
        )
        for number, row in enumerate(rows)
    ]
    return Markup("<table>{}</table>").format(Markup("").join(lines))


def _inlines(inside: Iterable[Inline]) -> Markup:
    return Markup("").join(_inline(piece) for piece in inside)


def _inline(piece: Inline) -> Markup:
    match piece:
        case Words(text):
            return Markup("{}").format(text)
        case Break():
            return Markup("<br>")
        case Code(text):
            return Markup("<code>{}</code>").format(text)
        case Styled(style, inner):
            return STYLED[style].format(_inlines(inner))
        case Link(url, inner):
            label = _inlines(inner) or Markup("{}").format(url)
            if not url.startswith(LINKED):
                return label
            return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, label)

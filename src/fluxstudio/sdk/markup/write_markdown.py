"""Documents as GitHub's Markdown, in which nothing notifies, refers, loads or breaks the text around it.

GitHub looks for `@somebody` and `#7` in the text of the rendered page, so that a backslash does not help: a
zero-width space does, as Dependabot and Renovate write it. Images become links. Links to issues go by way of
redirect.github.com, as Dependabot's do, or they would be mentioned and closed there (all read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from fluxstudio.sdk.markup.cleaning import address, host
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
    words_of,
)
from fluxstudio.sdk.markup.write_mrkdwn import misleads

APART = "&#8203;"
SIGNS: Mapping[Style, str] = {"strong": "**", "emphasis": "*", "strike": "~~"}
ESCAPED: Mapping[str, str] = {
    **{sign: f"\\{sign}" for sign in "\\`*_[]|~$"},
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "@": f"@{APART}",
    "#": f"#{APART}",
}
AT_LINE_START = "-+=:"
OPENING = {")": "(", "]": "[", "}": "{", ">": "<"}
REFERRING = ("issues", "pull", "pulls", "discussions", "commit", "commits")


def literal(text: str, *, line_start: bool = False) -> str:
    """Words that mean nothing but themselves; `line_start` says that a line may begin with them."""
    words = text.split(" ")
    made = " ".join(_word(word) for word in words)
    if not line_start:
        return made
    made = made.lstrip()
    if made[:1] in AT_LINE_START and made:
        return "\\" + made
    digits = len(made) - len(made.lstrip("0123456789"))
    return f"{made[:digits]}\\{made[digits:]}" if digits and made[digits : digits + 1] in (".", ")") else made


def _word(word: str) -> str:
    bare = word.lstrip("([{\"'“‘<")
    link_address = _address_in(bare) if bare.startswith(("http://", "https://")) else ""
    url = address(link_address)
    if url is None:
        return _signs(word)
    return _signs(word[: len(word) - len(bare)]) + link(url, url) + _signs(bare[len(link_address) :])


def _address_in(word: str) -> str:
    """The address that a word begins with, without the brackets and the punctuation behind it."""
    for closing in ")]}>\"'”’":
        end = word.find(closing)
        opening = OPENING.get(closing, closing)
        if end >= 0 and opening not in word[:end]:
            word = word[:end]
    return word.rstrip(".,;:!?")


def _signs(text: str) -> str:
    made = "".join(ESCAPED.get(character, character) for character in text.replace("\t", " "))
    for mark in ("GH-", "gh-", "Gh-", "gH-"):
        made = made.replace(mark, mark + APART)
    return made.replace("://", f":{APART}//").replace("www.", f"www{APART}.")


def link(url: str, label: str) -> str:
    """A link that shows where it leads."""
    followed = address(url)
    if followed is None:
        return literal(label)
    target = _roundabout(followed).replace("(", "%28").replace(")", "%29").replace("\\", "%5C")
    label_text = "".join(ESCAPED.get(character, character) for character in label).replace(
        "://", f":{APART}//"
    )
    if not label or label in (url, followed):
        return f"<{target}>" if target == followed else f"[{label_text or literal(followed)}]({target})"
    if followed.startswith("mailto:"):
        return f"[{label_text}]({target})"
    return (
        f"{label_text} (<{target}>)"
        if misleads(label)
        else f"[{label_text}]({target}) ({_signs(host(followed))})"
    )


def _roundabout(url: str) -> str:
    """An address that GitHub does not take for a reference to an issue."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.hostname not in ("github.com", "www.github.com"):
        return url
    steps = parts.path.split("/")
    return (
        parts._replace(netloc="redirect.github.com").geturl() if steps[3:4] and steps[3] in REFERRING else url
    )


def block_text(document: Document) -> str:
    """A document as blocks of Markdown."""
    return "\n\n".join(filter(None, (_block(block) for block in document)))


def _block(block: Block) -> str:
    match block:
        case Paragraph(inside, heading):
            text = inline_text(inside, line_start=True).strip()
            return _styled("**", text) if heading and text and not text.startswith("**") else text
        case Quote(blocks):
            return "\n".join(f"> {line}".rstrip() for line in block_text(blocks).split("\n"))
        case CodeBlock(text):
            fence = "`" * max(3, _longest_run(text) + 1)
            return f"{fence}\n{text}\n{fence}"
        case Listing(items, start):
            marks = ["- " if start is None else f"{start + number}. " for number in range(len(items))]
            texts = [
                block_text(item).replace("\n", "\n" + " " * len(mark))
                for mark, item in zip(marks, items, strict=True)
            ]
            return "\n".join(mark + text for mark, text in zip(marks, texts, strict=True))
        case TableBlock(rows):
            lines = ["| " + " | ".join(inline_text(cell, between=" ") for cell in row) + " |" for row in rows]
            ruler = "|" + " --- |" * len(rows[0] if rows else ())
            return "\n".join([*lines[:1], ruler, *lines[1:]])
        case Divider():
            return "* * *"


def inline_text(inside: Iterable[Inline], *, between: str = "\n", line_start: bool = False) -> str:
    """Inline text as Markdown; its lines are parted by `between`."""
    parts: list[str] = []
    for piece in inside:
        text = _inline(piece, between, line_start)
        parts.append(text)
        line_start = (between.endswith(("\n", " ")) and isinstance(piece, Break)) or (line_start and not text)
    return "".join(parts)


def _inline(piece: Inline, between: str, line_start: bool) -> str:
    match piece:
        case Words(text):
            return literal(text, line_start=line_start)
        case Code(text):
            return code_span(text)
        case Styled(style, inner):
            return _styled(SIGNS[style], inline_text(inner, between=between))
        case Link(url, inner):
            return link(url, words_of(inner).replace("\n", " ").strip())
        case Break():
            return between


def _styled(sign: str, text: str) -> str:
    """Text between signs of style, which must touch it."""
    bare = text.strip()
    if not bare:
        return text
    start = text.find(bare)
    return f"{text[:start]}{sign}{bare}{sign}{text[start + len(bare) :]}"


def code_span(text: str) -> str:
    """Code on one line, between more backticks than it has itself."""
    text = " ".join(text.split())
    if not text:
        return ""
    fence = "`" * (_longest_run(text) + 1)
    room = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{room}{text}{room}{fence}"


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest

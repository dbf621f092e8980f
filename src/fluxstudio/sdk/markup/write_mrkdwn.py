"""Documents as Slack's mrkdwn, in which words mention nobody, link nowhere and are set as their document
says.

Slack has no escape for its signs of style. A zero-width space between a sign and its word takes its meaning
away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    plain,
    words_of,
)

ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
SIGNS: Mapping[Style, str] = {"strong": "*", "emphasis": "_", "strike": "~"}
FORMATTING = "*_~`"
APART = "\u200b"
# In blocks Slack looks for these in plain words, too (docs.slack.dev, text object, `verbatim`; read
# 2026-11-29).
BROADCASTS = ("channel", "here", "everyone")


def escaped(text: str) -> str:
    """Text without the three characters that control mrkdwn."""
    return text.translate(ENTITIES)


def literal(text: str, signs: str = "") -> str:
    """Words that mean nothing but themselves; `signs` are signs of style elsewhere on their line."""
    return escaped(apart(unheard(text), signs))


def unheard(text: str) -> str:
    """Text in which nobody is called together by `@here`."""
    for name in BROADCASTS if "@" in text else ():
        text = text.replace(f"@{name}", f"@{APART}{name}")
    return text


def apart(text: str, signs: str) -> str:
    """Text whose signs of style are kept apart from their words, where they would set something."""
    for sign in FORMATTING:
        if sign not in text or (text.count(sign) < 2 and sign not in signs):
            continue
        pieces: list[str] = []
        for place, character in enumerate(text):
            if character != sign:
                pieces.append(character)
                continue
            before, after = text[place - 1 : place], text[place + 1 : place + 2]
            inside = before.isalnum() and after.isalnum() and sign != "`"
            pieces.append(sign if inside else f"{APART}{sign}{APART}")
        text = "".join(pieces)
    return text


def block_text(document: Document, signs: str = "") -> str:
    """A document as lines of mrkdwn."""
    return "\n".join(_block(block, signs) for block in document)


def _block(block: Block, signs: str) -> str:
    match block:
        case Paragraph(inside, heading):
            if heading:
                return _styled("*", inline_text(_without_strong(inside), signs + "*"))
            return inline_text(inside, signs)
        case Quote(blocks):
            return "\n".join(f"> {line}" for line in block_text(blocks, signs).split("\n"))
        case CodeBlock(text):
            return f"```\n{code(text)}\n```" if text.strip() else ""
        case Listing(items, start):
            marks = ["• " if start is None else f"{start + number}. " for number in range(len(items))]
            texts = [block_text(item, signs).replace("\n", "\n    ") for item in items]
            return "\n".join(mark + text for mark, text in zip(marks, texts, strict=True))
        case TableBlock(rows):
            return "\n".join(" | ".join(inline_text(cell, signs) for cell in row) for row in rows)
        case Divider():
            return "———"


def inline_text(inside: Iterable[Inline], signs: str = "", prefix: str = "") -> str:
    """Inline text as mrkdwn; further lines begin with `prefix`."""
    made = ""
    apart = False
    parts: list[str] = []
    for piece in inside:
        text = _inline(piece, signs, prefix)
        if not text:
            continue
        styled = isinstance(piece, Styled | Code)
        if (styled and made[-1:].isalnum()) or (apart and text[:1].isalnum()):
            parts.append(APART)
        parts.append(text)
        made, apart = text, styled
    return "".join(parts)


def _inline(piece: Inline, signs: str, prefix: str) -> str:
    match piece:
        case Words(text):
            return literal(text, signs)
        case Code(text):
            return f"`{code(text)}`" if text.strip() else ""
        case Styled(style, inner):
            sign = SIGNS[style]
            return _styled(sign, inline_text(inner, signs + sign, prefix), prefix)
        case Link(url, inner):
            return _link(url, words_of(inner).replace("\n", " ").strip())
        case Break():
            return "\n" + prefix


def _styled(sign: str, text: str, prefix: str = "") -> str:
    """Lines that are set by a sign on either side, each line on its own as Slack wants it."""
    lines = text.split("\n" + prefix if prefix else "\n")
    set_lines = (f"{sign}{line.strip()}{sign}" if line.strip() else "" for line in lines)
    return ("\n" + prefix).join(set_lines)


def _without_strong(inside: Iterable[Inline]) -> tuple[Inline, ...]:
    bare: list[Inline] = []
    for piece in inside:
        if isinstance(piece, Styled) and piece.style == "strong":
            bare += _without_strong(piece.inside)
        else:
            bare.append(piece)
    return tuple(bare)


def _link(url: str, label: str) -> str:
    followed = address(url)
    if followed is None:
        return literal(label)
    target = escaped(followed).replace("|", "%7C")
    label_text = escaped(unheard(label)).replace("|", "¦")
    if not label or label in (url, followed, followed.removeprefix("mailto:")):
        return f"<{target}>"
    if misleads(label):
        return f"{label_text} (<{target}>)"
    return (
        f"<{target}|{label_text}> ({escaped(host(followed))})"
        if followed.startswith("http")
        else f"<{target}|{label_text}>"
    )


def misleads(label: str) -> bool:
    """Whether a link's label looks as if it were an address itself."""
    return any(
        "://" in word or (0 < word.find(".") < len(word) - 1 and not word.replace(".", "").isdigit())
        for word in label.split()
    )


def code(text: str) -> str:
    """Text as it may stand between the signs of code."""
    return escaped(text.replace("`", "ˋ"))


def label(document: Document) -> str:
    """A document as the label of a link that somebody else wrote."""
    return literal(" ".join(plain(document).split())).replace("|", "¦")

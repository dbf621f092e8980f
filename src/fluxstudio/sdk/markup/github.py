"""Values in texts of Markdown that somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

from fluxstudio.sdk.markup import read_markdown, write_markdown
from fluxstudio.sdk.markup.cleaning import address, clean, one_line, part_of_address
from fluxstudio.sdk.markup.document import flat
from fluxstudio.sdk.markup.placing import Kind, Place, line_around, prefix_of
from fluxstudio.sdk.markup.target import Markup, substituted
from fluxstudio.sdk.markup.text import Text


@dataclass(frozen=True, slots=True)
class GitHubMarkdown(Markup):
    """Markdown as GitHub takes it."""

    def fill(self, template: str, values: Mapping[str, Text]) -> str:
        """See `Markup.fill`."""
        places = places_in(template, list(values))
        return clean(
            substituted(template, {key: render_value(value, places[key]) for key, value in values.items()})
        )


def render_value(value: Text, place: Place) -> str:
    """A value as Markdown for its place."""
    match place.kind:
        case "target":
            followed = address(value.plain) if not place.before else part_of_address(value.plain)
            return (followed or "").replace("(", "%28").replace(")", "%29")
        case "code":
            return one_line(value.plain).replace("`", "ˋ")
        case "fence":
            return value.plain.replace("```", "ˋˋˋ").replace("~~~", "˜˜˜").replace("\n", "\n" + place.prefix)
        case "word":
            return "".join(sign for sign in value.plain if sign.isascii() and sign.isalnum())
        case "html":
            return _signs_apart(escape(one_line(value.plain), quote=True))
        case "line":
            return write_markdown.literal(one_line(value.plain))
        case "block":
            return place.before + _whole(value, write_markdown.block_text(value.document)) + place.after
    inside = flat(value.document)
    return _whole(
        value,
        write_markdown.inline_text(
            inside, between="\n" + place.prefix, line_start=not place.before.strip(" >-*+.0123456789")
        ),
    )


def _whole(value: Text, text: str) -> str:
    """A value that is an address and nothing else stays one: whoever wrote the template wants it."""
    followed = (
        address(value.strip()) if value.is_plain and value.startswith(("https://", "http://")) else None
    )
    return f"<{followed}>" if followed is not None and followed == value.strip() else text


def _signs_apart(text: str) -> str:
    return (
        text.replace("@", f"@{write_markdown.APART}")
        .replace("#", f"#{write_markdown.APART}")
        .replace(f"&#{write_markdown.APART}", "&#")
    )


def places_in(template: str, keys: Sequence[str]) -> Mapping[str, Place]:
    """Where each key stands, as a Markdown parser reads it; what that leaves open is one line of text."""
    places = {key: Place("line") for key in keys}
    parents: list[str] = []
    for token in read_markdown.tokens(template):
        if token.nesting > 0:
            parents.append(token.type)
        elif token.nesting < 0:
            parents.pop()
        kinds = (
            _inline_kinds(token.children or (), keys) if token.type == "inline" else _block_kinds(token, keys)
        )
        for key, kind in kinds:
            places[key] = _place(template, key, kind, parents)
    return places


def _block_kinds(token: Token, keys: Sequence[str]) -> Iterator[tuple[str, Kind]]:
    for key in keys:
        if key in token.info:
            yield key, "word"
        elif key in token.content:
            yield key, "fence" if token.type in ("fence", "code_block") else "html"


def _inline_kinds(children: Sequence[Token], keys: Sequence[str]) -> Iterator[tuple[str, Kind]]:
    labelled = 0
    for token in children:
        labelled += token.nesting if token.type in ("link_open", "link_close") else 0
        for key in keys:
            kind = _inline_kind(token, key, labelled=labelled > 0)
            if kind is not None:
                yield key, kind


def _inline_kind(token: Token, key: str, *, labelled: bool) -> Kind | None:
    """How a value stands in a part of a line, None where it does not; `labelled` within a link's words."""
    if any(key in str(value) for name, value in token.attrs.items() if name in ("href", "src")):
        return "target"
    if key not in token.content:
        return None
    match token.type:
        case "html_inline":
            return "target" if token.content == f"<{key}>" else "html"
        case "code_inline":
            return "code"
        case "text":
            return "line" if labelled else "inline"
    return None


def _place(template: str, key: str, kind: Kind, parents: Sequence[str]) -> Place:
    before, after = line_around(template, key)
    if kind == "html":
        kind = _within_tag(before[before.rfind("<") :] if "<" in before else "")
        return Place(kind)
    if kind == "target":
        start = max(before.rfind(sign) for sign in "(<") if "(" in before or "<" in before else -1
        return Place(kind, before=before[start + 1 :].strip())
    if kind == "fence":
        return Place(kind, prefix=before[: len(before) - len(before.lstrip(" \t>"))])
    if kind != "inline":
        return Place(kind)
    if not before.strip() and not after.strip() and parents == ["paragraph_open"]:
        return _alone(template, key)
    if {"heading_open", "th_open", "td_open"} & set(parents):
        return Place("line")
    return Place(kind, prefix_of(before), before, after)


def _within_tag(tag: str) -> Kind:
    """How a value in HTML is written; `tag` is what stands before it from the last `<` on."""
    if not tag or ">" in tag or tag.startswith("<!"):
        return "html"
    if tag == "<":
        return "target"
    is_quoted = tag.count('"') % 2 or tag.count("'") % 2
    return "html" if is_quoted else "word"


def _alone(template: str, key: str) -> Place:
    """The place of a value that has its line to itself: blocks of it are kept apart from the lines around."""
    above, _, below = template.partition(key)
    lines_above, lines_below = above.rstrip(" \t"), below.lstrip(" \t")
    before = "\n" if lines_above.endswith("\n") and not lines_above.endswith("\n\n") else ""
    after = (
        "\n"
        if lines_below.startswith("\n") and not lines_below.startswith("\n\n") and lines_below.strip()
        else ""
    )
    return Place("block", before=before, after=after)


MARKDOWN = GitHubMarkdown()

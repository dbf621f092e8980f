"""The guides for people, out of the documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from fluxstudio.faces.api.documents import pages, title
from fluxstudio.faces.web.shell.paths import HELP

# Guides that every page of help lists, in this order; other documents are read as they are linked.
GUIDE = "guide-"
ORDER = ("figma", "slack", "github", "privacy", "troubleshooting")
PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
LINKED = re.compile(r"(?:\.\./)?(?:docs/)?([a-z-]+)\.md(#[\w-]+)?")


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: `words` are its headings, which search finds it by."""

    name: str
    title: str
    about: str
    words: str
    text: str


@cache
def guides() -> tuple[Guide, ...]:
    """Every guide that is installed."""
    texts = pages()
    extra = sorted(name.removeprefix(GUIDE) for name in texts if name.startswith(GUIDE))
    names = [*(name for name in ORDER if name in extra), *(name for name in extra if name not in ORDER)]
    return tuple(_guide(name, texts[GUIDE + name]) for name in names)


def _guide(name: str, text: str) -> Guide:
    heading, _, body = text.partition("\n")
    headings = re.findall(r"^#+ +(.+)$", body, re.MULTILINE)
    return Guide(
        name=name,
        title=title(heading).removesuffix(" guide"),
        about=body.strip().partition("\n\n")[0].replace("\n", " "),
        words=" ".join(headings).replace("_", " ").lower(),
        text=body,
    )


@cache
def html_of_guide(name: str) -> Markup:
    """A guide as HTML, without its title; headings have ids, and links to documents lead to their pages.

    What is not HTML of the parser's own making is escaped. Raises `KeyError` for a guide there is not.
    """
    text = {guide.name: guide.text for guide in guides()}[name]
    tokens = PARSER.parse(text)
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(inside.content))
        for part in inside.children or ():
            _lead(part)
    return Markup(PARSER.renderer.render(tokens, PARSER.options, {}))  # noqa: S704 - documents of our own


def anchor(heading: str) -> str:
    """What a heading can be linked by."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _lead(token: Token) -> None:
    """Let a link to a document lead to the page of it."""
    match = LINKED.fullmatch(str(token.attrGet("href") or "")) if token.type == "link_open" else None
    if match is None:
        return
    name, part = match[1], match[2] or ""
    if name.startswith(GUIDE):
        token.attrSet("href", f"{HELP}/{name.removeprefix(GUIDE)}{part}")
    elif name in pages():
        token.attrSet("href", f"/docs/{name}.md{part}")

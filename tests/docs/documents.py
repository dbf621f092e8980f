"""The project's documents, and what stands in them.

A fence tells by its info string how it is kept true:

    ```sh run           is executed, one shell for the whole document
    ```python run       is executed by the Python of .venv, at its place among the shell's commands
    ```text shows       is what the block before it prints; a line of only `…` stands for any lines,
                        `…` within a line for any text (```json shows is the same)
    ```python of PATH   stands in that file just so, and so does ```sql of PATH

All other fences are only shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.house.repository import ROOT

FENCE = re.compile(
    r"^(?P<ticks>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=ticks) *$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language, what else its info string says, and its text."""

    language: str
    info: str
    text: str
    line: int


@dataclass(frozen=True)
class Document:
    """One Markdown file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """The whole file."""
        return self.path.read_text("utf-8")

    @cached_property
    def fences(self) -> list[Fence]:
        """Every fenced block in its order."""
        results = []
        for match in FENCE.finditer(self.text):
            language, _, info = match["info"].strip().partition(" ")
            line = self.text.count("\n", 0, match.start()) + 1
            results.append(Fence(language, info, match["text"], line))
        return results

    @cached_property
    def prose(self) -> str:
        """What is left without fenced blocks."""
        return FENCE.sub("", self.text)

    @cached_property
    def anchors(self) -> set[str]:
        """The names its headings can be linked by."""
        headings = re.findall(r"^#+ +(.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}

    def links(self) -> Iterator[str]:
        """Where its links and pictures lead."""
        yield from re.findall(r"\]\(<?([^)>\s]+)>?\)", self.prose)

    def code(self) -> Iterator[str]:
        """What its prose sets as code."""
        yield from re.findall(r"(?<!`)`([^`\n]+)`(?!`)", self.prose)


def documents() -> list[Document]:
    """Every document of the project, those in the folders of providers included."""
    paths = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("src/fluxstudio/providers/*/README.md"),
    ]
    return [Document(path) for path in sorted(paths)]

"""Searching texts for words, however either is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Rows that a search reads at a time.
SEARCH_BATCH_SIZE = 100


class SearchWords:
    """Words that are searched for: those of a text, in any order, in any case, each anywhere in a word."""

    def __init__(self, text: str) -> None:
        self._words = _folded(text).split()

    def __bool__(self) -> bool:
        return bool(self._words)

    def match(self, texts: Iterable[str]) -> bool:
        """Whether each of the words is in one of these texts."""
        searched = _folded("\n".join(texts))
        return all(word in searched for word in self._words)

    def rank(self, name: str, *more: str) -> int | None:
        """How well something matches, 0 best: by how its name begins, by how words of it begin, by its name,
        by `more` that describes it. None where it does not match.
        """
        folded = _folded(name)
        if folded.lstrip("#").startswith(" ".join(self._words)):
            return 0
        if all(re.search(rf"(?<!\w){re.escape(word)}", folded) for word in self._words):
            return 1
        if self.match([name]):
            return 2
        return 3 if self.match([name, *more]) else None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())

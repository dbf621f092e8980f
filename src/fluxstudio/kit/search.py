"""Searching texts for words, however either is written."""

from __future__ import annotations

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


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())

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
        self._phrase = " ".join(self._words)
        self._beginnings = [re.compile(rf"(?<!\w){re.escape(word)}") for word in self._words]

    def __bool__(self) -> bool:
        return bool(self._words)

    def match(self, texts: Iterable[str]) -> bool:
        """Whether each of the words is in one of these texts."""
        return self._are_in(_folded("\n".join(texts)))

    def rank(self, name: str, *more: str) -> int | None:
        """How well something matches, 0 best: by how its name begins, by how words of it begin, by its name,
        by `more` that describes it. None where it does not match.
        """
        folded = _folded(name)
        if not self._are_in(folded):
            return 3 if more and self._are_in(f"{folded} {_folded(' '.join(more))}") else None
        if folded.lstrip("#").startswith(self._phrase):
            return 0
        return 1 if all(beginning.search(folded) for beginning in self._beginnings) else 2

    def _are_in(self, folded: str) -> bool:
        return all(word in folded for word in self._words)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())

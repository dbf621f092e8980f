"""The words that structure a question, and what each does in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fluxstudio.flows.ask.language.lexicon import MEASURES
from fluxstudio.flows.ask.language.lists import lines_of
from fluxstudio.flows.ask.language.tokens import Token
from fluxstudio.flows.ask.language.words import lemma


@dataclass(frozen=True, slots=True)
class Keyword:
    """A class of words in the grammar, and which of them it is."""

    role: str
    value: str = ""


def _phrases() -> Mapping[str, tuple[tuple[tuple[str, ...], Keyword], ...]]:
    table: dict[str, list[tuple[tuple[str, ...], Keyword]]] = {}
    for line in lines_of(__package__, "keywords.txt"):
        role, value, listed = line.split(":", 2)
        for phrase in listed.strip().split("|"):
            words = tuple(phrase.split())
            if words:
                table.setdefault(words[0], []).append((words, Keyword(role, value)))
    return {first: tuple(entries) for first, entries in table.items()}


_PHRASES = _phrases()


def keywords_at(listed: Sequence[Token], place: int) -> list[tuple[int, Keyword]]:
    """All keywords that begin at `place`, each with where it ends."""
    token = listed[place]
    if token.kind in ("quoted", "date"):
        return []
    entries = []
    for words, keyword in _PHRASES.get(token.lower, ()):
        end = place + len(words)
        if end <= len(listed) and all(
            listed[place + offset].lower == word and listed[place + offset].kind != "quoted"
            for offset, word in enumerate(words)
        ):
            entries.append((end, keyword))
    return entries + _graded(listed, place)


def _graded(listed: Sequence[Token], place: int) -> list[tuple[int, Keyword]]:
    """Adjectives in their degrees: `oldest`, `most expensive`, `cheaper than`, `highest rated`."""
    word = listed[place].lower
    following = listed[place + 1].lower if place + 1 < len(listed) else ""
    if word in ("most", "least", "highest", "best", "lowest", "worst", "top") and following in MEASURES:
        sign = -1 if word in ("least", "lowest", "worst") else 1
        return [(place + 2, Keyword("extreme", f"{sign} {following}"))]
    if word in ("more", "less") and following in MEASURES:
        if place + 2 < len(listed) and listed[place + 2].lower == "than":
            return [(place + 3, Keyword("graded", f"{1 if word == 'more' else -1} {following}"))]
        return []
    degree = _degree(word)
    if degree is None:
        return []
    adjective, is_extreme = degree
    if is_extreme:
        return [(place + 1, Keyword("extreme", f"1 {adjective}"))]
    if following == "than":
        return [(place + 2, Keyword("graded", f"1 {adjective}"))]
    return []


@lru_cache(maxsize=5_000)
def _degree(word: str) -> tuple[str, bool] | None:
    """The adjective a comparative or a superlative is of, and whether it is a superlative."""
    for ending, is_extreme in (("est", True), ("er", False)):
        if not word.endswith(ending):
            continue
        root = word.removesuffix(ending)
        for adjective in (root, root + "e", root[:-1], root.removesuffix("i") + "y", lemma(word)):
            if adjective in MEASURES and adjective != word and adjective[:2] == word[:2]:
                return adjective, is_extreme
    return None

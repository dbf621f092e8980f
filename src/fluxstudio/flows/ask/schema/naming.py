"""The words in identifiers: `order_items`, `orderItems`, `sbcustjoindate`, `tblOrder`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from fluxstudio.flows.ask.language.lexicon import ABBREVIATIONS
from fluxstudio.flows.ask.language.words import ABBREVIATED, is_english, similarity

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# What schemas put around names without meaning anything.
_DECORATION = {"tbl", "tb", "table", "dim", "fact", "fct", "vw", "view", "t", "v", "stg", "the"}
# Short words that compounds are made of; other short strings are letters by chance.
_SHORT = {
    "id",
    "no",
    "is",
    "at",
    "on",
    "by",
    "to",
    "in",
    "of",
    "url",
    "ip",
    "zip",
    "age",
    "sex",
    "tax",
    "fee",
    "day",
}
# Endings that schemas shorten, and that mean nothing else.
_WRITTEN_OUT = {
    "nm": "name",
    "nme": "name",
    "cd": "code",
    "flg": "flag",
    "dt": "date",
    "dte": "date",
    "amt": "amount",
    "qty": "quantity",
    "nbr": "number",
}
_UNLIKELY = 9.0
_MAX_WORD_CHARACTERS = 40


def split(identifier: str) -> tuple[str, ...]:
    """The lower-case words in an identifier, compounds taken apart."""
    words: list[str] = []
    for part in re.split(r"[^A-Za-z0-9]+", identifier):
        for piece in _PARTS.findall(part):
            words += [_WRITTEN_OUT.get(word, word) for word in _taken_apart(piece.lower())]
    return tuple(words)


def table_words(name: str, shared: str = "") -> tuple[str, ...]:
    """The words in a table's name, without what all names of the schema begin with."""
    words = split(name[len(shared) :]) or split(name)
    nouns = [word for word in words if word not in _DECORATION]
    return tuple(nouns) or words


def shared_prefix(names: Iterable[str]) -> str:
    """What all of at least four names begin with, such as `sbcust` or `emp_`."""
    listed = [name.lower() for name in names]
    if len(listed) < 4:
        return ""
    prefix = _common(listed)
    if any("_" in name for name in listed):
        prefix = prefix[: prefix.rfind("_") + 1]
    if len(prefix) < 2 or min(map(len, listed)) == len(prefix):
        return ""
    return prefix


def _common(names: list[str]) -> str:
    """The letters that all names begin with."""
    first, last = min(names), max(names)
    same = 0
    while same < len(first) and first[same] == last[same]:
        same += 1
    return first[:same]


def same_words(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names say the same, in whatever number or short form."""
    return len(one) == len(other) and all(
        similarity(a, b) >= ABBREVIATED for a, b in zip(one, other, strict=True)
    )


@lru_cache(maxsize=20_000)
def _taken_apart(word: str) -> tuple[str, ...]:
    """A compound in lower case as its words: the fewest and longest that a dictionary has."""
    if len(word) < 5 or len(word) > _MAX_WORD_CHARACTERS or word.isdigit() or _is_word(word):
        return (word,)
    best: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
    for end in range(1, len(word) + 1):
        options = [
            (best[start][0] + _cost(word[start:end]), (*best[start][1], word[start:end]))
            for start in range(max(0, end - 16), end)
        ]
        best.append(min(options, key=lambda option: option[0]))
    cost, words = best[-1]
    return words if cost < _UNLIKELY else (word,)


def _cost(piece: str) -> float:
    if not _is_word(piece):
        return _UNLIKELY
    return 2.0 if len(piece) >= 4 else 2.6


def _is_word(piece: str) -> bool:
    if piece in _SHORT:
        return True
    if len(piece) < 3:
        return False
    if piece in ABBREVIATIONS:
        return True
    return len(piece) >= 4 and is_english(piece)

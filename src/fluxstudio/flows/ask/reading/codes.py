"""What codes in a column are called: `DE` is Germany, `F` female, `PL` what the column's comment says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fluxstudio.flows.ask.language.lexicon import ABBREVIATIONS, SAYINGS
from fluxstudio.flows.ask.language.lists import lines_of
from fluxstudio.flows.ask.schema.model import Field

_GENDERS: Mapping[str, tuple[str, ...]] = {
    "f": ("female", "females", "woman", "women", "girl", "girls"),
    "female": ("woman", "women", "girl", "girls"),
    "w": ("female", "females", "woman", "women", "girl", "girls"),
    "m": ("male", "males", "man", "men", "boy", "boys"),
    "male": ("man", "men", "boy", "boys"),
}
_NATIONS = {"country", "nation", "nationality", "citizenship"}
_LONGEST_CODE = 6


def _countries() -> Mapping[str, tuple[str, ...]]:
    """The names of countries by their codes, and by each of their names."""
    table: dict[str, tuple[str, ...]] = {}
    for line in lines_of("fluxstudio.flows.ask.language", "countries.txt"):
        two, three, listed = line.split(" ", 2)
        names = tuple(listed.split("|"))
        for key in (two.lower(), three.lower(), *names):
            table[key] = names
    return table


_COUNTRIES = _countries()


def called(field: Field, text: str) -> Iterator[str]:
    """Other words for a value of a column, in lower case."""
    lower = text.lower()
    words = {*field.words, *(whole for one in field.words for whole in ABBREVIATIONS.get(one, ()))}
    if words & {"sex", "gender"}:
        yield from _GENDERS.get(lower, ())
    if words & _NATIONS:
        yield from (name for name in _COUNTRIES.get(lower, ()) if name != lower)
    yield from SAYINGS.get(re.sub(r"[\s_-]+", " ", lower), ())
    if field.column.comment and 0 < len(text) <= _LONGEST_CODE:
        yield from _explained(field.column.comment, text)


def _explained(comment: str, code: str) -> Iterator[str]:
    """What a comment says of a code, as in `PL = planned, LO = lost` and `GK goalkeeper`."""
    listed = re.split(r"[,;]|\.\s", re.sub(r"^[^:=]*:\s+", "", comment))
    for part in listed:
        match = re.match(
            rf"\W*{re.escape(code)}\W*\s*(?:=|:|-|–|is|means|for)?\s*([A-Za-z][\w \-]*)", part.strip()
        )
        if match and part.strip()[: len(code)].lower() == code.lower():
            yield match.group(1).strip().lower()

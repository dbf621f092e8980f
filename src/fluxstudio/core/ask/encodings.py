"""Flags and dates that a schema stores as something else: `Y` and `N`, 0 and 1, dates as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# The values for true, and for false.
_FLAGS = (("Y", "N"), ("YES", "NO"), ("T", "F"), ("TRUE", "FALSE"), ("J", "N"))
_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = rf"{_DATE}[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?"
# Numbers are flags where their column is called one: other columns hold 0 and 1 by chance.
_CALLED_FLAG = re.compile(
    r"(^|_)(is|has|can|was|flag|flg|ind|yn)(_|$)|^(is|has|can)[A-Z]|(Flag|Flg|Ind|YN)$", re.IGNORECASE
)
_FEWEST_DATES = 3


def may_be_flag(name: str, kind: str) -> bool:
    """Whether a column of that PostgreSQL type may be a flag: a smallint, or one that is called so."""
    return kind == "int2" or (kind in ("int4", "int8") and bool(_CALLED_FLAG.search(name)))


def of_texts(values: Sequence[str]) -> Mapping[str, Any]:
    """How a text column with these values, and no others, is to be read; empty where as it is."""
    for true, false in _FLAGS:
        written = {value.upper() for value in values}
        if written == {true, false} and len(values) == 2:
            holds = next(value for value in values if value.upper() == true)
            return {"kind": "boolean", "true": f"'{holds}'", "values": (), "complete": False}
    for kind, pattern in (("date", _DATE), ("time", _TIME)):
        if len(values) >= _FEWEST_DATES and all(re.fullmatch(pattern, value) for value in values):
            return {"kind": kind, "stored_as_text": True, "values": (), "complete": False}
    return {}


def of_numbers(values: Sequence[str]) -> Mapping[str, Any]:
    """How a column of whole numbers with these values, and no others, is to be read."""
    return {"kind": "boolean", "true": "1"} if {"1"} <= set(values) <= {"0", "1"} else {}

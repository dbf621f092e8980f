"""Numbers as Figma holds them: single precision, compared to four decimals."""

from __future__ import annotations

import re
import struct
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

DECIMALS = Decimal("0.0001")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
MAX_SINGLE = 3.4e38
EXACT_SINGLE = 1 << 24


def canonical_number(value: float) -> float:
    """A number without the noise of single precision: what two spellings of one number have in common."""
    if isinstance(value, int) and -EXACT_SINGLE < value < EXACT_SINGLE:
        return value
    return _canonical(value)


@lru_cache(maxsize=65_536)
def _canonical(value: float) -> float:
    if not -MAX_SINGLE < value < MAX_SINGLE:
        return value
    shortest = Decimal(_shortest_single(value))
    if abs(shortest) < EXACT_SINGLE:
        shortest = shortest.quantize(DECIMALS, ROUND_HALF_EVEN)
    return float(shortest) + 0.0


def _shortest_single(value: float) -> str:
    single = struct.unpack("f", struct.pack("f", value))[0]
    for digits in range(6, 9):
        text = f"{single:.{digits}g}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single:
            return text
    return f"{single:.9g}"


def written_number(value: float) -> float | int:
    """How a number is written: as it is where four decimals hold it, else without its noise."""
    if isinstance(value, int):
        return value
    rounded = round(value, 4)
    number = rounded if rounded == value else canonical_number(value)
    return int(number) if float(number).is_integer() else number


def number_in(text: str) -> float | int | None:
    """The number that a text is, or None."""
    text = text.strip()
    if NUMBER.fullmatch(text) is None or len(text) > 40:
        return None
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def amount_in(text: str) -> tuple[float | int, str] | None:
    """The number and the unit of a text such as `1.5rem`, or None."""
    text = text.strip()
    match = NUMBER.match(text)
    if match is None or len(text) > 60:
        return None
    value, unit = number_in(match[0]), text[match.end() :].strip()
    if value is None or not (unit == "%" or unit.isalpha() or not unit):
        return None
    return value, unit.lower()

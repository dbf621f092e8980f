"""What a value means: two values mean the same when these forms are equal, however they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from fluxstudio.flows.design_tokens.notation.colors import ColorValue, read_color
from fluxstudio.flows.design_tokens.notation.kinds import PART_TYPES, kind_of
from fluxstudio.flows.design_tokens.notation.numbers import amount_in, canonical_number, number_in
from fluxstudio.flows.design_tokens.notation.references import REFERENCE, alias_in, pointer_path

ROOT_PIXELS = 16
WEIGHTS = {
    "thin": 100,
    "hairline": 100,
    "extralight": 200,
    "ultralight": 200,
    "light": 300,
    "normal": 400,
    "regular": 400,
    "book": 400,
    "medium": 500,
    "semibold": 600,
    "demibold": 600,
    "bold": 700,
    "extrabold": 800,
    "ultrabold": 800,
    "black": 900,
    "heavy": 900,
    "extrablack": 950,
    "ultrablack": 950,
}
INNER_SHADOW, DROP_SHADOW = "innerShadow", "dropShadow"
MILLISECONDS = {"ms": 1, "s": 1000}
BEZIER = re.compile(r"cubic-bezier\(([^()]*)\)")

Resolver = Callable[[str], Hashable]


@dataclass(frozen=True, slots=True)
class ValueReading:
    """How values are read: what references lead to, and how many pixels a rem has."""

    resolve: Resolver
    root_pixels: float = ROOT_PIXELS

    def meaning(self, value: Any, type_name: str | None) -> Any:
        """What a value of a type means."""
        if isinstance(value, str):
            if (target := alias_in(value)) is not None:
                return ("alias", self.resolve(target))
            if "{" in value:
                return ("text", *self._parts(value))
        elif isinstance(value, dict) and isinstance(value.get("$ref"), str):
            path, within = pointer_path(value["$ref"])
            target_key = value["$ref"] if path is None else self.resolve(path)
            return ("part", target_key, within) if within else ("alias", target_key)
        kind = kind_of(type_name)
        read = _READERS.get(kind or "")
        meaning = read(self, value) if read else None
        return self._plain(value, kind) if meaning is None else meaning

    def readable(self, value: Any, type_name: str | None) -> bool:
        """Whether a value can be one of this type, as far as the type says."""
        read = _READERS.get(kind_of(type_name) or "")
        if read is None:
            return True
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        return read(self, value) is not None or (numeric and kind_of(type_name) == "number")

    def _parts(self, text: str) -> list[Hashable]:
        return [
            part if at % 2 == 0 else self.resolve(part.strip())
            for at, part in enumerate(REFERENCE.split(text))
        ]

    def _plain(self, value: Any, kind: str | None) -> Any:
        if isinstance(value, bool) or value is None:
            return (str(value),)
        if isinstance(value, int | float):
            return canonical_number(value)
        if isinstance(value, dict):
            value = _plain_shadow(value) if kind == "shadow" else value
            types = PART_TYPES.get(kind or "", {})
            parts = ((_part(key, kind), self.meaning(item, types.get(key))) for key, item in value.items())
            return ("object", *sorted(parts, key=lambda part: part[0]))
        if isinstance(value, list):
            if kind == "shadow" and len(value) == 1:
                return self.meaning(value[0], kind)
            inner = (
                kind if kind in {"shadow", "gradient"} else PART_TYPES.get(kind or "", {}).get("dashArray")
            )
            return ("list", *(self.meaning(item, inner) for item in value))
        return value


def alike(one: Any, other: Any) -> bool:
    """Whether two meanings are the same; colours in hex are compared at 8 bits."""
    if one is other:
        return True
    if isinstance(one, ColorValue) and isinstance(other, ColorValue):
        return one.alike(other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def pixels_of(value: Any, root_pixels: float) -> tuple[str, float] | tuple[str, str, float] | None:
    """A length in pixels, or in a unit that has no pixels; None when it is no length."""
    amount = amount_of(value)
    if amount is None:
        return None
    number, unit = amount
    if unit in {"", "px"} or (number == 0 and unit == "rem"):
        return ("px", canonical_number(number))
    if unit == "rem":
        return ("px", canonical_number(number * root_pixels))
    return ("unit", unit, canonical_number(number))


def amount_of(value: Any) -> tuple[float | int, str] | None:
    """The number and the unit of a length or a time in any notation."""
    if isinstance(value, str):
        return amount_in(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value, ""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        number, unit = value["value"], value["unit"]
        if isinstance(number, int | float) and not isinstance(number, bool) and isinstance(unit, str):
            return number, unit
    return None


def weight_of(value: Any) -> float | str | None:
    """A font weight as a number, or the words of one that has no number."""
    if isinstance(value, str):
        plain = re.sub(r"[\s_-]", "", value.lower())
        number = number_in(value)
        return number if number is not None else WEIGHTS.get(plain, plain)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return canonical_number(value)
    return None


def _part(key: str, kind: str | None) -> str:
    return {"x": "offsetX", "y": "offsetY"}.get(key, key) if kind == "shadow" else key


def _plain_shadow(value: dict[str, Any]) -> dict[str, Any]:
    """A shadow without what says that it is a usual one: Tokens Studio names its kind, others `inset`."""
    inner = value.get("inset") is True or value.get("type") == INNER_SHADOW
    plain = {
        key: item
        for key, item in value.items()
        if key != "inset" and not (key == "type" and item in {INNER_SHADOW, DROP_SHADOW})
    }
    return {**plain, "inset": True} if inner else plain


def _length(reading: ValueReading, value: Any) -> Any:
    return pixels_of(value, reading.root_pixels)


def _time(_: ValueReading, value: Any) -> Any:
    amount = amount_of(value)
    if amount is None or amount[1] not in {*MILLISECONDS, ""}:
        return None
    return ("ms", canonical_number(amount[0] * MILLISECONDS.get(amount[1], 1)))


def _number(_: ValueReading, value: Any) -> Any:
    if isinstance(value, str):
        number = number_in(value)
        return canonical_number(number) if number is not None else _share(value)
    return pixels_of(value, ROOT_PIXELS) if isinstance(value, dict) else None


def _share(text: str) -> float | None:
    """A percentage as a share of 1."""
    amount = amount_in(text)
    return canonical_number(amount[0] / 100) if amount and amount[1] == "%" else None


def _line_height(reading: ValueReading, value: Any) -> Any:
    if isinstance(value, str) and value.strip().endswith("%"):
        return _share(value)
    number = number_in(value) if isinstance(value, str) else value
    if isinstance(number, int | float) and not isinstance(number, bool):
        return canonical_number(number)
    return pixels_of(value, reading.root_pixels)


def _families(_: ValueReading, value: Any) -> Any:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return ("fonts", *(name.strip().strip("'\"") for name in names))


def _bezier(reading: ValueReading, value: Any) -> Any:
    match = BEZIER.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    return ("list", *(canonical_number(number_in(part) or 0) for part in match[1].split(",")))


_READERS: dict[str, Callable[[ValueReading, Any], Any]] = {
    "color": lambda _, value: read_color(value),
    "dimension": _length,
    "duration": _time,
    "fontWeight": lambda _, value: weight_of(value),
    "number": _number,
    "lineHeight": _line_height,
    "fontFamily": _families,
    "cubicBezier": _bezier,
}

"""A value written in the notation of another: that of the repository's token, or of its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from fluxstudio.flows.design_tokens.notation.colors import color_object, color_text, read_color
from fluxstudio.flows.design_tokens.notation.kinds import PART_TYPES, kind_of
from fluxstudio.flows.design_tokens.notation.meaning import (
    DROP_SHADOW,
    INNER_SHADOW,
    MILLISECONDS,
    ROOT_PIXELS,
    ValueReading,
    alike,
    amount_of,
    weight_of,
)
from fluxstudio.flows.design_tokens.notation.numbers import number_in, written_number
from fluxstudio.flows.design_tokens.notation.references import alias_in, rewritten

Notation = Literal["2025.10", "strings", "legacy"]
WEIGHT_NAMES = {
    100: "Thin",
    200: "Extra Light",
    300: "Light",
    400: "Regular",
    500: "Medium",
    600: "Semi Bold",
    700: "Bold",
    800: "Extra Bold",
    900: "Black",
    950: "Extra Black",
}


@dataclass(frozen=True, slots=True)
class ValueWriter:
    """Writes values. `name` turns a path that a value refers to into the path that it has in the file."""

    name: Callable[[str], str]
    notation: Notation = "2025.10"
    root_pixels: float = ROOT_PIXELS

    def value(self, value: Any, type_name: str | None, sample: Any = None) -> Any:
        """A value in the notation of a sample, or of the file where there is none."""
        target = alias_in(value)
        if target is not None:
            return "{" + self.name(target) + "}"
        if isinstance(value, str) and "{" in value:
            return rewritten(value, self.name)
        kind = kind_of(type_name)
        sample = None if alias_in(sample) is not None else sample
        if sample is None and isinstance(value, str) and self.in_strings:
            return value
        write = _WRITERS.get(kind or "")
        written = write(self, value, sample) if write else None
        return self._plain(value, kind, sample) if written is None else written

    @property
    def in_strings(self) -> bool:
        """Whether the file has colours, lengths and times as text."""
        return self.notation != "2025.10"

    def _plain(self, value: Any, kind: str | None, sample: Any) -> Any:
        if isinstance(value, bool) or value is None or isinstance(value, str):
            return value
        if isinstance(value, int | float):
            return written_number(value)
        if kind == "shadow" and isinstance(sample, list) and isinstance(value, dict):
            value = [value]
        if kind == "shadow" and isinstance(sample, dict) and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, list):
            inner = (
                kind if kind in {"shadow", "gradient"} else PART_TYPES.get(kind or "", {}).get("dashArray")
            )
            samples = sample if isinstance(sample, list) else [sample]
            return [
                self.value(item, inner, samples[min(at, len(samples) - 1)] if samples else None)
                for at, item in enumerate(value)
            ]
        if isinstance(value, dict):
            return self._object(value, kind, sample)
        return value

    def _object(self, value: dict[str, Any], kind: str | None, sample: Any) -> dict[str, Any]:
        types = PART_TYPES.get(kind or "", {})
        samples = sample if isinstance(sample, dict) else {}
        if kind == "shadow" and "x" in samples and "offsetX" in value:
            value = {{"offsetX": "x", "offsetY": "y"}.get(key, key): item for key, item in value.items()}
            if "type" in samples and "type" not in value:
                inner = value.pop("inset", False)
                value["type"] = INNER_SHADOW if inner else DROP_SHADOW
        written = {key: self.value(item, types.get(key), samples.get(key)) for key, item in value.items()}
        first = {key: written[key] for key in samples if key in written}
        return first | written


def _color(writer: ValueWriter, value: Any, sample: Any) -> Any:
    color = read_color(value)
    if color is None:
        return None
    if isinstance(sample, str) or (sample is None and writer.in_strings):
        is_name = isinstance(value, str) and value.isalpha()
        return value if color.space != "srgb" or is_name else color_text(color, sample or "#")
    if isinstance(value, dict) and value.get("colorSpace", "srgb") != "srgb":
        return value
    if not isinstance(sample, dict):
        return color_object(color)
    written = color_object(color, with_hex="hex" in sample)
    own_hex = value.get("hex") if isinstance(value, dict) else None
    if "hex" in written and isinstance(own_hex, str) and own_hex.lower() != written["hex"]:
        same = read_color(own_hex)
        written["hex"] = own_hex if same and same.bytes()[:3] == color.bytes()[:3] else written["hex"]
    if "alpha" in sample and "alpha" not in written:
        written["alpha"] = 1
    if isinstance(sample.get("hex"), str) and "hex" in written and sample["hex"].isupper():
        written["hex"] = written["hex"].upper()
    old = read_color(sample)
    if old is not None and old.space == color.space and old.channels == color.channels:
        written["components"] = sample.get("components", written["components"])
    return _ordered_like(sample, written)


def _ordered_like(sample: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """Parts in the order of a sample; those that it lacks behind what they usually follow."""
    order = [key for key in sample if key in written]
    place = 0
    for key in written:
        if key in order:
            place = order.index(key) + 1
        else:
            order.insert(place, key)
            place += 1
    return {key: written[key] for key in order}


def _length(writer: ValueWriter, value: Any, sample: Any) -> Any:
    amount = amount_of(value)
    if amount is None:
        return None
    number, unit = amount
    wanted = (amount_of(sample) or (0, ""))[1] if sample is not None else unit or "px"
    pixels = {"": 1.0, "px": 1.0, "rem": writer.root_pixels}
    if unit in pixels and wanted in pixels and unit != wanted:
        number = number * pixels[unit] / pixels[wanted]
        unit = wanted
    return _amount(writer, number, unit, sample)


def _time(writer: ValueWriter, value: Any, sample: Any) -> Any:
    amount = amount_of(value)
    if amount is None:
        return None
    number, unit = amount
    wanted = (amount_of(sample) or (0, ""))[1] if sample is not None else unit or "ms"
    scale = {"": 1, **MILLISECONDS}
    if unit in scale and wanted in scale and unit != wanted:
        number = number * scale[unit] / scale[wanted]
        unit = wanted
    return _amount(writer, number, unit, sample)


def _amount(writer: ValueWriter, number: float, unit: str, sample: Any) -> Any:
    short = written_number(number)
    if isinstance(sample, int | float) and not isinstance(sample, bool) and unit in {"", "px", "ms"}:
        return short
    if isinstance(sample, dict) or (sample is None and not writer.in_strings):
        return {"value": short, "unit": unit or "px"}
    gap = " " if isinstance(sample, str) and " " in sample.strip() else ""
    return f"{_digits(short)}{gap if unit else ''}{unit}"


def _digits(number: float) -> str:
    text = f"{number:.10f}".rstrip("0").rstrip(".")
    return text if text not in {"", "-0"} else "0"


def _weight(writer: ValueWriter, value: Any, sample: Any) -> Any:
    weight = weight_of(value)
    if weight is None or (isinstance(value, str) and number_in(value) is None):
        return None
    if isinstance(sample, str):
        if number_in(sample) is not None:
            return _digits(written_number(float(weight)))
        name = WEIGHT_NAMES.get(int(weight)) if isinstance(weight, int | float) else None
        return written_number(float(weight)) if name is None else _like(name, sample)
    return written_number(float(weight)) if isinstance(weight, int | float) else None


def _like(name: str, sample: str) -> str:
    """A name with the case and the gaps of a sample: `semi-bold`, `SemiBold`, `Semi Bold`."""
    if sample.islower():
        return name.lower() if " " in sample else name.lower().replace(" ", "-")
    if "-" in sample:
        return name.replace(" ", "-")
    return name.replace(" ", "") if any(sign.isupper() for sign in sample[1:]) and " " not in sample else name


def _number(writer: ValueWriter, value: Any, sample: Any) -> Any:
    number = number_in(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if isinstance(sample, str) and sample.strip().endswith("%"):
        return f"{_digits(written_number(number * 100))}%"
    short = written_number(number)
    in_text = isinstance(sample, str) or (
        sample is None and writer.notation == "legacy" and isinstance(value, str)
    )
    return _digits(short) if in_text else short


def _plain_number(writer: ValueWriter, value: Any, sample: Any) -> Any:
    """A number, also of a length or a time in a file that has those as bare numbers."""
    amount = amount_of(value) if isinstance(value, dict) else None
    bare = amount is not None and amount[1] in {"px", "ms"}
    return _number(writer, amount[0] if amount is not None and bare else value, sample)


def _line_height(writer: ValueWriter, value: Any, sample: Any) -> Any:
    number = _number(writer, value, sample)
    return _length(writer, value, sample) if number is None else number


def _families(writer: ValueWriter, value: Any, sample: Any) -> Any:
    if isinstance(sample, list) and isinstance(value, str):
        return [name.strip().strip("'\"") for name in value.split(",")]
    if isinstance(sample, str) and isinstance(value, list):
        if len(value) > 1 and not writer.in_strings and "," not in sample:
            return value
        return value[0] if len(value) == 1 else ", ".join(map(str, value))
    return value


def _bezier(writer: ValueWriter, value: Any, sample: Any) -> Any:
    reading = ValueReading(str)
    if sample is not None and alike(
        reading.meaning(value, "cubicBezier"), reading.meaning(sample, "cubicBezier")
    ):
        return sample
    if isinstance(value, list) and isinstance(sample, str) and "(" in sample:
        return f"cubic-bezier({', '.join(_digits(written_number(part)) for part in value)})"
    return None


_WRITERS: dict[str, Callable[[ValueWriter, Any, Any], Any]] = {
    "color": _color,
    "dimension": _length,
    "duration": _time,
    "fontWeight": _weight,
    "number": _plain_number,
    "lineHeight": _line_height,
    "fontFamily": _families,
    "cubicBezier": _bezier,
}

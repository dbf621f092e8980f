"""Colours: objects of the format, hex, rgb() and hsl()."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fluxstudio.flows.design_tokens.notation.numbers import canonical_number, number_in, written_number

HEX = re.compile(r"#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
FUNCTION = re.compile(r"(rgba?|hsla?)\(\s*([^()]*)\)", re.IGNORECASE)
EXACT_SPACES = frozenset({"srgb", "hsl", "hwb", "srgb-linear"})


@dataclass(frozen=True, slots=True)
class ColorValue:
    """A colour: channels of its space, alpha from 0 to 1. `coarse` says that its notation has 8 bits a
    channel, so that it is compared with others at 8 bits."""

    channels: tuple[Any, ...]
    alpha: float = 1
    space: str = "srgb"
    coarse: bool = False

    def alike(self, other: ColorValue) -> bool:
        """Whether two colours are the same, as far as their notations can tell."""
        if self.space != other.space or self.space != "srgb" or not (self.coarse or other.coarse):
            return (self.space, self.channels, self.alpha) == (other.space, other.channels, other.alpha)
        return self.bytes() == other.bytes()

    def bytes(self) -> tuple[int, ...]:
        """Red, green, blue and alpha, each from 0 to 255."""
        return tuple(_byte(value) for value in (*self.channels, self.alpha))


def read_color(value: Any) -> ColorValue | None:
    """The colour in any notation, or None where it is none that we read."""
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, Mapping):
        return _from_object(value)
    return None


def color_object(color: ColorValue, *, with_hex: bool = True) -> dict[str, Any]:
    """A colour as the format has it since 2025.10."""
    value: dict[str, Any] = {
        "colorSpace": color.space,
        "components": [_number(part) for part in color.channels],
    }
    if color.alpha != 1:
        value["alpha"] = written_number(color.alpha)
    if with_hex and color.space == "srgb":
        value["hex"] = hex_text(ColorValue(color.channels))
    return value


def color_text(color: ColorValue, sample: str = "#") -> str:
    """A colour as text, in the notation of a sample: hex, rgb() or hsl()."""
    function = FUNCTION.fullmatch(sample.strip())
    if function is None:
        return hex_text(color, upper=sample.upper() == sample and sample.lower() != sample, sample=sample)
    alpha = written_number(color.alpha)
    red, green, blue, _ = color.bytes()
    name = function[1].lower()
    spaced = "," not in function[2]
    if name.startswith("hsl"):
        hue, light, strength = colorsys.rgb_to_hls(*(float(part) for part in color.channels))
        parts = [_short(hue * 360), f"{_short(strength * 100)}%", f"{_short(light * 100)}%"]
    else:
        parts = [str(red), str(green), str(blue)]
    if spaced:
        return f"{name}({' '.join(parts)}{f' / {alpha}' if alpha != 1 else ''})"
    gap = ", " if ", " in function[2] else ","
    has_alpha = name.endswith("a") or alpha != 1
    name = name if name.endswith("a") or not has_alpha else name + "a"
    return f"{name}({gap.join([*parts, *([str(alpha)] if has_alpha else [])])})"


def hex_text(color: ColorValue, *, upper: bool = False, sample: str = "") -> str:
    """A colour as hex: six digits, or eight where it is not opaque."""
    shows_opaque = len(sample) in {5, 9} and sample.lower().endswith("ff" if len(sample) == 9 else "f")
    with_alpha = color.alpha != 1 or shows_opaque
    parts = color.bytes() if with_alpha else color.bytes()[:3]
    text = "".join(f"{part:02x}" for part in parts)
    if len(sample) in {4, 5} and all(part % 17 == 0 for part in parts):
        text = text[::2]
    return "#" + (text.upper() if upper else text)


def _from_text(text: str) -> ColorValue | None:
    if text == "transparent":
        return ColorValue((0, 0, 0), 0, coarse=True)
    if HEX.fullmatch(text):
        digits = text[1:] if len(text) > 5 else "".join(digit * 2 for digit in text[1:])
        parts = [canonical_number(int(digits[at : at + 2], 16) / 255) for at in range(0, len(digits), 2)]
        return ColorValue(tuple(parts[:3]), parts[3] if len(parts) > 3 else 1, coarse=True)
    function = FUNCTION.fullmatch(text)
    return _from_function(function) if function else None


def _from_function(function: re.Match[str]) -> ColorValue | None:
    parts = [part for part in re.split(r"[\s,/]+", function[2].strip()) if part]
    if len(parts) not in {3, 4}:
        return None
    numbers = [number_in(part.removesuffix("%").removesuffix("deg")) for part in parts]
    if any(number is None for number in numbers):
        return None
    first, second, third, *rest = [float(number or 0) for number in numbers]
    alpha = (
        canonical_number(min(1.0, max(0.0, rest[0] / (100 if parts[-1].endswith("%") else 1)))) if rest else 1
    )
    if function[1].lower().startswith("rgb"):
        scale = 100 if parts[0].endswith("%") else 255
        channels = [canonical_number(min(1.0, max(0.0, part / scale))) for part in (first, second, third)]
        return ColorValue(tuple(channels), alpha, coarse=True)
    return ColorValue(_of_hsl(first, second, third), alpha, coarse=True)


def _from_object(value: Mapping[str, Any]) -> ColorValue | None:
    space, parts = value.get("colorSpace", "srgb"), value.get("components", value.get("channels"))
    alpha = value.get("alpha", 1)
    if not isinstance(alpha, int | float) or isinstance(alpha, bool) or not isinstance(space, str):
        return None
    alpha = canonical_number(alpha)
    if isinstance(parts, list) and len(parts) == 3 and all(map(_is_part, parts)):
        channels = tuple(part if part == "none" else canonical_number(part) for part in parts)
        if space in {"hsl", "hwb"} and "none" not in channels:
            return ColorValue((_of_hsl if space == "hsl" else _of_hwb)(*channels), alpha, coarse=True)
        return ColorValue(channels, alpha, space)
    if parts is None and isinstance(value.get("hex"), str):
        color = _from_text(value["hex"])
        return None if color is None else ColorValue(color.channels, alpha, coarse=True)
    return None


def _is_part(part: Any) -> bool:
    return part == "none" or (isinstance(part, int | float) and not isinstance(part, bool))


def _of_hsl(hue: float, strength: float, light: float) -> tuple[float, ...]:
    channels = colorsys.hls_to_rgb(hue % 360 / 360, light / 100, strength / 100)
    return tuple(canonical_number(channel) for channel in channels)


def _of_hwb(hue: float, white: float, black: float) -> tuple[float, ...]:
    if white + black >= 100:
        return (canonical_number(white / (white + black)),) * 3
    pure = colorsys.hls_to_rgb(hue % 360 / 360, 0.5, 1)
    return tuple(canonical_number(part * (100 - white - black) / 100 + white / 100) for part in pure)


def _byte(value: Any) -> int:
    return 0 if value == "none" else round(min(1.0, max(0.0, value)) * 255)


def _number(part: Any) -> Any:
    return part if part == "none" else written_number(part)


def _short(value: float) -> str:
    return f"{round(value, 1):g}"

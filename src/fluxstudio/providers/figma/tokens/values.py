"""Single values, in the notation of design tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def color(paint: Mapping[str, float], opacity: float = 1) -> dict[str, Any]:
    """A colour of Figma (`{r, g, b, a}`, each 0 to 1), made fainter by `opacity`."""
    channels = [min(1.0, max(0.0, paint[name])) for name in "rgb"]
    alpha = round(min(1.0, max(0.0, paint.get("a", 1) * opacity)), 4)
    value: dict[str, Any] = {"colorSpace": "srgb", "components": [plain(channel) for channel in channels]}
    if alpha < 1:
        value["alpha"] = plain(alpha)
    value["hex"] = "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
    return value


def pixels(value: float) -> dict[str, Any]:
    """A length in pixels."""
    return {"value": plain(value), "unit": "px"}


def plain(value: float) -> float | int:
    """A number without the noise of single precision: at most four decimals."""
    rounded = round(float(value), 4)
    return int(rounded) if rounded.is_integer() else rounded

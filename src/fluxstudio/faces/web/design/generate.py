"""Makes `tokens.css` from `tokens.json` (Design Tokens Format Module 2025.10).

Run as a module to write the file:

    python -m fluxstudio.faces.web.design.generate

A token's custom property is named after its path: `space.16` becomes `--space-16`. Paths below `theme.light`
and `theme.dark` leave those two words out, and roles leave out `role`: one name, one colour per theme.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

SOURCE = Path(__file__).with_name("tokens.json")
TARGET = Path(__file__).with_name("tokens.css")

ROOT_FONT_SIZE = 16

_SHEET = """\
/* Made from design/tokens.json by design/generate.py: change the tokens, not this file. */

:root {{
{shared}
}}

:root,
[data-theme="light"] {{
  color-scheme: light;
{light}
}}

@media (prefers-color-scheme: dark) {{
  :root:not([data-theme]) {{
    color-scheme: dark;
{system_dark}
  }}
}}

[data-theme="dark"] {{
  color-scheme: dark;
{dark}
}}

@media (prefers-reduced-motion: reduce) {{
  :root {{
{still}
  }}
}}
"""


class DesignToken(NamedTuple):
    """One token: its path below the file's root, its (inherited) type and its value as written."""

    path: tuple[str, ...]
    kind: str
    value: Any

    @property
    def name(self) -> str:
        """The custom property that carries it, without the dashes in front."""
        path = self.path[2:] if self.path[0] == "theme" else self.path
        return "-".join(step for step in path if step != "role")


def read(source: Path = SOURCE) -> dict[tuple[str, ...], DesignToken]:
    """All tokens of a file by path, in the file's order."""
    return {token.path: token for token in _walk(json.loads(source.read_text("utf-8")), (), "")}


def stylesheet(tokens: Mapping[tuple[str, ...], DesignToken]) -> str:
    """The style sheet of these tokens: what both themes share, then light, then dark.

    Raises `KeyError` for an alias that points nowhere or a type without a CSS form.
    """
    shared = [token for token in tokens.values() if token.path[0] != "theme"]
    light, dark = (
        [token for token in tokens.values() if token.path[:2] == ("theme", theme)]
        for theme in ("light", "dark")
    )
    return _SHEET.format(
        shared=_declarations(shared, tokens, "  "),
        light=_declarations(light, tokens, "  "),
        system_dark=_declarations(dark, tokens, "    "),
        dark=_declarations(dark, tokens, "  "),
        still="\n".join(f"    --{token.name}: 0ms;" for token in shared if token.kind == "duration"),
    )


def resolved(token: DesignToken, tokens: Mapping[tuple[str, ...], DesignToken]) -> DesignToken:
    """The token an alias ends at, or the token itself. Raises `KeyError` for an alias that points nowhere."""
    while (target := _alias(token.value)) is not None:
        token = tokens[target]
    return token


def _walk(group: Mapping[str, Any], path: tuple[str, ...], kind: str) -> Iterator[DesignToken]:
    kind = group.get("$type", kind)
    if "$value" in group:
        yield DesignToken(path, kind, group["$value"])
        return
    for name, child in group.items():
        if not name.startswith("$"):
            yield from _walk(child, (*path, name), kind)


def _alias(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str) and value.startswith("{"):
        return tuple(value.strip("{}").split("."))
    return None


def _declarations(
    chosen: list[DesignToken], tokens: Mapping[tuple[str, ...], DesignToken], indent: str
) -> str:
    return "\n".join(f"{indent}--{token.name}: {_css(token, tokens)};" for token in chosen)


def _css(token: DesignToken, tokens: Mapping[tuple[str, ...], DesignToken]) -> str:
    target = _alias(token.value)
    if target is None:
        return _sized(token)
    # A role that borrows from the other theme cannot name the property: there it holds another colour.
    if target[:2] == token.path[:2]:
        return f"var(--{tokens[target].name})"
    return _css(tokens[target], tokens)


def _sized(token: DesignToken) -> str:
    if token.path[0] == "type":
        return f"{token.value['value'] / ROOT_FONT_SIZE:g}rem"
    return _FORMS[token.kind](token.value)


def _colour(value: Mapping[str, Any]) -> str:
    if "alpha" not in value:
        return str(value["hex"])
    red, green, blue = (round(part * 255) for part in value["components"])
    return f"rgb({red} {green} {blue} / {value['alpha']:g})"


def _measure(value: Mapping[str, Any]) -> str:
    return "0" if value["value"] == 0 else f"{value['value']:g}{value['unit']}"


def _shadow(layers: list[Mapping[str, Any]]) -> str:
    sides = ("offsetX", "offsetY", "blur", "spread")
    return ", ".join(
        " ".join([*(_measure(layer[side]) for side in sides), _colour(layer["color"])]) for layer in layers
    )


def _families(names: list[str]) -> str:
    return ", ".join(f'"{name}"' if " " in name else name for name in names)


_FORMS: Mapping[str, Callable[[Any], str]] = {
    "color": _colour,
    "dimension": _measure,
    "duration": _measure,
    "shadow": _shadow,
    "fontFamily": _families,
    "fontWeight": str,
    "number": str,
    "cubicBezier": lambda points: f"cubic-bezier({', '.join(f'{point:g}' for point in points)})",
}


if __name__ == "__main__":
    TARGET.write_text(stylesheet(read()), "utf-8")

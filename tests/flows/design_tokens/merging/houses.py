"""Token files as different houses write them, made from one tree of tokens.

What a merge has to give is the same house's file of the edited tree, byte for byte.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

TYPE, VALUE, DESCRIPTION, EXTENSIONS = "$type", "$value", "$description", "$extensions"
USUAL = (TYPE, VALUE, DESCRIPTION, EXTENSIONS)
VALUE_FIRST = (VALUE, TYPE, DESCRIPTION, EXTENSIONS)

Tree = dict[str, Any]


@dataclass(frozen=True)
class Token:
    """One token: a colour is (red, green, blue, alpha), lengths are in pixels, times in milliseconds."""

    kind: str
    value: Any
    description: str | None = None
    id: str | None = None
    dark: Any = None


@dataclass(frozen=True)
class House:
    """How one house writes: its layout, its notation, and the order of its keys."""

    name: str
    indent: str = "  "
    newline: str = "\n"
    end: str = "\n"
    mark: bytes = b""
    colon: str = ": "
    comma: str = ", "
    padding: str = ""
    one_line: frozenset[str] = frozenset()
    blank_lines: bool = False
    ascii_only: bool = False
    keys: tuple[str, ...] = USUAL
    legacy: bool = False
    types_on_groups: bool = False
    color: str = "object"
    unit: str = "object"
    numbers_as_text: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    ids: str = ""
    modes: str = "com.figma"

    def data(self, tree: Tree) -> bytes:
        """The file of a tree."""
        return self.mark + (self._text(self._group(tree, None), 0) + self.end).encode()

    def _group(self, tree: Tree, inherited: str | None) -> Tree:
        kind = tree.get(TYPE, inherited) if self.types_on_groups else None
        written = {}
        for name, node in tree.items():
            if isinstance(node, Token):
                written[name] = self._token(node, kind)
            elif isinstance(node, dict):
                written[name] = self._group(node, kind)
            elif self.types_on_groups:
                written[name] = node
        return written

    def _token(self, token: Token, inherited: str | None) -> Tree:
        extensions: Tree = {}
        if token.id and self.ids:
            flat = self.ids == "flat"
            extensions = (
                {"com.figma.variableId": token.id} if flat else {"com.figma": {"variableId": token.id}}
            )
        if token.dark is not None:
            modes = {"Dark": self._value(token.kind, token.dark)}
            if self.modes == "mode":
                extensions["mode"] = modes
            else:
                extensions.setdefault("com.figma", {})["modes"] = modes
        words = {
            TYPE: None if inherited == token.kind else self.types.get(token.kind, token.kind),
            VALUE: self._value(token.kind, token.value),
            DESCRIPTION: token.description,
            EXTENSIONS: extensions or None,
        }
        plain = self.legacy
        return {
            key.removeprefix("$") if plain and key != EXTENSIONS else key: words[key]
            for key in self.keys
            if words[key] is not None
        }

    def _value(self, kind: str, value: Any) -> Any:
        if isinstance(value, str):
            return value
        if kind == "color":
            return self._color(*value)
        if kind in {"dimension", "duration"}:
            unit = "px" if kind == "dimension" else "ms"
            if self.unit == "rem" and kind == "dimension":
                return f"{short(value / 16)}rem"
            if self.unit == "number":
                return short(value)
            return {"value": short(value), "unit": unit} if self.unit == "object" else f"{short(value)}{unit}"
        return str(value) if self.numbers_as_text else value

    def _color(self, red: int, green: int, blue: int, alpha: float) -> Any:
        digits = f"#{red:02x}{green:02x}{blue:02x}"
        if self.color == "rgba":
            return f"rgba({red}, {green}, {blue}, {short(alpha)})"
        if self.color in {"hex", "HEX"}:
            digits += "" if alpha == 1 else f"{round(alpha * 255):02x}"
            return digits.upper() if self.color == "HEX" else digits
        value: Tree = {
            "colorSpace": "srgb",
            "components": [short(part / 255) for part in (red, green, blue)],
        }
        if alpha != 1 or self.color == "OBJECT":
            value["alpha"] = short(alpha)
        return {**value, "hex": digits.upper() if self.color == "OBJECT" else digits}

    def _text(self, value: Any, depth: int, *, inline: bool = False) -> str:
        if not isinstance(value, dict | list) or not value:
            return json.dumps(value, ensure_ascii=self.ascii_only)
        inline = inline or _form(value) in self.one_line or "all" in self.one_line
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        inner = [self._text(item, depth + 1, inline=inline) for item in _items(value)]
        if isinstance(value, dict):
            keys = [json.dumps(key, ensure_ascii=self.ascii_only) + self.colon for key in value]
            inner = [key + text for key, text in zip(keys, inner, strict=True)]
        if inline:
            padding = self.padding if isinstance(value, dict) else ""
            return opening + padding + self.comma.join(inner) + padding + closing
        line = self.newline + self.indent * (depth + 1)
        gap = self.newline if self.blank_lines and not depth else ""
        last = self.newline + self.indent * depth
        return opening + line + f",{gap}{line}".join(inner) + last + closing


def _form(value: Any) -> str:
    if isinstance(value, list):
        return "list"
    if VALUE in value or ("value" in value and "unit" not in value):
        return "token"
    return "value" if {"colorSpace", "unit"} & set(value) else "group"


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def short(number: float) -> float | int:
    """A number with four decimals at most."""
    number = round(number, 4)
    return int(number) if float(number).is_integer() else number


PLAIN = House("2025.10")
FIGMA = replace(PLAIN, name="our own reading of Figma", ids="flat")
FONTS = {"fontFamily": "fontFamilies", "fontWeight": "fontWeights"}
HOUSES = (
    PLAIN,
    House("Figma's export", color="OBJECT", ids="flat"),
    House("tabs, CRLF and a mark", indent="\t", newline="\r\n", end="\r\n", mark=codecs.BOM_UTF8),
    House("four spaces, no last line end", indent="    ", end=""),
    House("two last line ends, one space", indent=" ", end="\n\n"),
    House("every number a number", color="hex", unit="number", types={
        "dimension": "number", "duration": "number", "fontFamily": "string", "fontWeight": "number",
    }),
    House("Style Dictionary 3", legacy=True, keys=VALUE_FIRST, color="hex", unit="px"),
    House("a token a line", legacy=True, keys=VALUE_FIRST, color="HEX", unit="px",
          one_line=frozenset({"token"}), padding=" "),
    House("a token a line, rem", legacy=True, color="hex", unit="rem", one_line=frozenset({"token"})),
    House("Tokens Studio", keys=(EXTENSIONS, TYPE, VALUE, DESCRIPTION), numbers_as_text=True, end="",
          types={"dimension": "sizing", **FONTS}, color="hex", unit="px"),
    House("Tokens Studio, older", legacy=True, keys=VALUE_FIRST, numbers_as_text=True, end="",
          types={"dimension": "spacing", **FONTS}, color="hex", unit="px"),
    House("Prettier", one_line=frozenset({"list", "value"}), padding=" "),
    House("Prettier, short", one_line=frozenset({"list", "token"}), padding=" "),
    House("compact", one_line=frozenset({"all"}), colon=":", comma=",", end=""),
    House("one line", one_line=frozenset({"all"})),
    House("spaced colons", colon=" : ", one_line=frozenset({"list"})),
    House("types on groups", types_on_groups=True),
    House("types on groups, strings", types_on_groups=True, keys=(VALUE, DESCRIPTION, EXTENSIONS, TYPE),
          color="hex", unit="rem"),
    House("ASCII", ascii_only=True),
    House("blank lines", blank_lines=True),
    House("ids in an object", ids="nested"),
    House("modes of Terrazzo", modes="mode", ids="flat"),
    House("description first", keys=(DESCRIPTION, VALUE, TYPE, EXTENSIONS)),
    House("rgba", color="rgba", unit="px"),
)  # fmt: skip

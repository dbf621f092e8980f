"""A whole document in another notation: the format's objects, the older `value` and `type`, or CSS."""

from __future__ import annotations

import json
import re
from typing import Any

from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.design_tokens.checking import circular
from fluxstudio.flows.design_tokens.files.layout import layout_of
from fluxstudio.flows.design_tokens.files.reading import TokenDocument
from fluxstudio.flows.design_tokens.merging.fields import modes_of
from fluxstudio.flows.design_tokens.notation.kinds import STANDARD_TYPES, kind_of
from fluxstudio.flows.design_tokens.notation.meaning import amount_of
from fluxstudio.flows.design_tokens.notation.numbers import amount_in, written_number
from fluxstudio.flows.design_tokens.notation.references import REFERENCE, alias_in, pointer_path
from fluxstudio.flows.design_tokens.notation.writing import Notation, ValueWriter
from fluxstudio.flows.design_tokens.tree import (
    FIGMA,
    ROOT,
    TokenNode,
    TokenPath,
    TokenTree,
    is_token,
    read_tree,
)

LEGACY_WORDS = {"$value": "value", "$type": "type", "$description": "description"}


def to_dtcg(document: TokenDocument) -> str:
    """The document with `$value` and `$type`, colours, lengths and times as objects."""
    return _printed(document, _Converting(read_tree(document.root), "2025.10").group(()))


def to_legacy(document: TokenDocument) -> str:
    """The document with `value` and `type`, colours, lengths and times as text."""
    return _printed(document, _Converting(read_tree(document.root), "legacy").group(()))


def to_css(document: TokenDocument) -> str:
    """Custom properties of all tokens; other modes are blocks for `[data-mode]`. Raises `InvalidRequest`."""
    tree = read_tree(document.root)
    for problem in circular(tree):
        raise InvalidRequest(f"{document.name} cannot become CSS: {problem.path} {problem.message}")
    return _Css(tree).text()


def _printed(document: TokenDocument, root: dict[str, Any]) -> str:
    layout = layout_of(document.text)
    ascii_only = layout.ascii_only
    indent = layout.indent if layout.spread else None
    text = json.dumps(root, ensure_ascii=ascii_only, indent=indent, separators=None)
    return text.replace("\n", layout.newline) + (layout.newline if document.text.endswith("\n") else "")


class _Converting:
    def __init__(self, tree: TokenTree, notation: Notation) -> None:
        self._tree = tree
        self._legacy = notation == "legacy"
        self._writer = ValueWriter(self._name, notation)

    def group(self, path: TokenPath) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for name, value in self._tree.groups[path].node.items():
            below = (*path, name)
            if below in self._tree.tokens:
                written[name] = self.token(self._tree.tokens[below])
            elif below in self._tree.groups:
                written[name] = self.group(below)
            elif not (self._legacy and name == "$type"):
                written[name] = value
        return written

    def token(self, token: TokenNode) -> dict[str, Any]:
        node: dict[str, Any] = {}
        for name, value in token.node.items():
            plain = next((word for word in LEGACY_WORDS if token.key(word) == name), name)
            if plain in {"$value", "$ref"}:
                node[self._key("$value")] = self._value(token.value, token.type)
            elif plain == "$type":
                node[self._key(plain)] = value if self._legacy else _standard(value)
            elif plain == "$extensions":
                node[plain] = self._extensions(value, token.type)
            elif plain in LEGACY_WORDS:
                node[self._key(plain)] = value
            else:
                node[name] = self._nested(token, name, value)
        key = self._key("$type")
        if key not in node and token.type is not None and (self._legacy or token.legacy):
            node = {key: token.type if self._legacy else _standard(token.type), **node}
        return node

    def _nested(self, token: TokenNode, name: str, value: Any) -> Any:
        below = (*token.path, name)
        if is_token(value) and not name.startswith("$"):
            return self.token(TokenNode(below, value, token.type, "$value" not in value))
        return value

    def _extensions(self, value: Any, type_name: str | None) -> Any:
        figma = value.get(FIGMA) if isinstance(value, dict) else None
        if not isinstance(figma, dict) or not isinstance(figma.get("modes"), dict):
            return value
        modes = {mode: self._value(item, type_name) for mode, item in figma["modes"].items()}
        return {**value, FIGMA: {**figma, "modes": modes}}

    def _value(self, value: Any, type_name: str | None) -> Any:
        kind = kind_of(type_name)
        if not self._legacy and alias_in(value) is None:
            value = _plain_number(value, kind)
            if kind == "shadow":
                value = _standard_shadow(value)
            if kind == "fontWeight" and isinstance(value, str):
                return re.sub(r"[\s_]+", "-", value.strip()).lower()
        return self._writer.value(value, type_name)

    def _key(self, name: str) -> str:
        return LEGACY_WORDS[name] if self._legacy else name

    def _name(self, name: str) -> str:
        target = self._tree.target(name)
        return name if target is None or self._legacy or self._tree.in_sets else target.dotted


def _standard(type_name: Any) -> Any:
    kind = kind_of(type_name) if isinstance(type_name, str) else None
    if kind == "lineHeight":
        return "number"
    return kind if kind in STANDARD_TYPES else type_name


def _plain_number(value: Any, kind: str | None) -> Any:
    """A number that is written as text, such as "40%" of an opacity or "150%" of a line height."""
    amount = amount_in(value) if isinstance(value, str) else None
    if amount is None or kind not in {"number", "lineHeight", "fontWeight"}:
        return value
    number, unit = amount
    return written_number(number / 100) if unit == "%" else number if not unit else value


def _standard_shadow(value: Any) -> Any:
    if isinstance(value, list):
        return [_standard_shadow(item) for item in value]
    if not isinstance(value, dict) or "x" not in value:
        return value
    names = {"x": "offsetX", "y": "offsetY"}
    written = {names.get(key, key): item for key, item in value.items() if key != "type"}
    return {**written, "inset": True} if value.get("type") == "innerShadow" else written


class _Css:
    def __init__(self, tree: TokenTree) -> None:
        self._tree = tree
        self._writer = ValueWriter(str, "strings")
        self._names: dict[TokenPath, str] = {}
        taken: set[str] = set()
        for token in tree:
            name = css_name(token.path)
            number = 2
            while name in taken:
                name = f"{css_name(token.path)}-{number}"
                number += 1
            taken.add(name)
            self._names[token.path] = name

    def text(self) -> str:
        blocks: dict[str, list[str]] = {":root": []}
        for token in self._tree:
            blocks[":root"].append(f"  {self._names[token.path]}: {self._value(token, token.value)};")
            for mode, value in modes_of(token).items():
                lines = blocks.setdefault(f"[data-mode={json.dumps(mode)}]", [])
                lines.append(f"  {self._names[token.path]}: {self._value(token, value)};")
        return "\n".join(
            f"{selector} {{\n" + "\n".join([*lines, "}"]) + "\n" for selector, lines in blocks.items()
        )

    def _value(self, token: TokenNode, value: Any) -> str:
        return _safe(self._css(value, kind_of(token.type)))

    def _css(self, value: Any, kind: str | None) -> str:
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            return self._pointer(value["$ref"])
        written = self._writer.value(value, kind)
        if isinstance(written, str):
            if kind in {"string", "fontFamily"} and alias_in(written) is None:
                return _quoted(written) if kind == "string" or re.search(r"[^\w ,'\"-]", written) else written
            return REFERENCE.sub(lambda match: self._variable(match[1].strip()), written)
        if isinstance(written, bool) or written is None:
            return json.dumps(written)
        if isinstance(written, int | float):
            return f"{written}px" if kind == "dimension" and written else _digits(written)
        return self._composite(written, kind)

    def _composite(self, value: Any, kind: str | None) -> str:
        if kind == "cubicBezier" and isinstance(value, list):
            return f"cubic-bezier({', '.join(self._css(part, 'number') for part in value)})"
        if kind == "fontFamily" and isinstance(value, list):
            return ", ".join(_quoted(name) if " " in str(name) else str(name) for name in value)
        if kind == "gradient" and isinstance(value, list):
            return f"linear-gradient({', '.join(map(self._stop, value))})"
        if isinstance(value, list):
            return ", ".join(self._css(item, kind) for item in value)
        amount = amount_of(value)
        if amount is not None:
            return f"{_digits(amount[0])}{amount[1]}"
        if kind == "color":
            return f"color({value.get('colorSpace')} {' '.join(map(str, value.get('components', [])))})"
        parts = _ORDER.get(kind or "", tuple(value))
        return " ".join(
            self._part(value, part, kind) for part in parts if part in value and value[part] is not False
        )

    def _part(self, value: dict[str, Any], part: str, kind: str | None) -> str:
        if part == "inset":
            return "inset"
        text = self._css(value[part], _PART_KINDS.get(part))
        return f"/ {text}" if kind == "typography" and part == "lineHeight" else text

    def _stop(self, stop: Any) -> str:
        if not isinstance(stop, dict):
            return self._css(stop, None)
        position = stop.get("position", 0)
        share = (
            f"{_digits(position * 100)}%" if isinstance(position, int | float) else self._css(position, None)
        )
        return f"{self._css(stop.get('color'), 'color')} {share}"

    def _pointer(self, pointer: str) -> str:
        path, _ = pointer_path(pointer)
        return self._variable(path or pointer)

    def _variable(self, name: str) -> str:
        target = self._tree.target(name)
        return f"var({css_name(tuple(name.split('.'))) if target is None else self._names[target.path]})"


_ORDER = {
    "border": ("width", "style", "color"),
    "shadow": ("inset", "offsetX", "offsetY", "x", "y", "blur", "spread", "color"),
    "transition": ("duration", "timingFunction", "delay"),
    "typography": ("fontWeight", "fontSize", "lineHeight", "fontFamily"),
}
_PART_KINDS = {
    "color": "color",
    "width": "dimension",
    "style": "strokeStyle",
    "duration": "duration",
    "delay": "duration",
    "timingFunction": "cubicBezier",
    "fontFamily": "fontFamily",
    "fontSize": "dimension",
    "fontWeight": "number",
    "lineHeight": "number",
    "offsetX": "dimension",
    "offsetY": "dimension",
    "blur": "dimension",
    "spread": "dimension",
}


def css_name(path: TokenPath) -> str:
    """The custom property of a token."""
    parts = [part for part in path if part != ROOT]
    return "--" + re.sub(r"[^a-z0-9_\u0080-\U0010ffff]+", "-", "-".join(parts).lower()).strip("-")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _safe(text: str) -> str:
    """A value that cannot end its declaration."""
    return text if text.startswith('"') else re.sub(r"[;{}\n\r]", " ", text)


def _digits(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".") if number % 1 else str(int(number))

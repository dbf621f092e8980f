"""The fields of a token that both sides may edit, each with what is written and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fluxstudio.flows.design_tokens.notation.kinds import PART_TYPES, kind_of
from fluxstudio.flows.design_tokens.notation.meaning import ValueReading
from fluxstudio.flows.design_tokens.tree import FIGMA, TokenNode

VALUE, TYPE, DESCRIPTION = "$value", "$type", "$description"
MODES = "$extensions.com.figma.modes."
FIGMA_FIELD = "$extensions.com.figma."
PARTED = frozenset({"typography", "border", "transition", "shadow"})
UNORDERED = frozenset({"scopes"})


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field as it is written and what that means."""

    raw: Any
    meaning: Any


Fields = dict[str, FieldValue]


def fields_of(token: TokenNode, reading: ValueReading, type_name: str | None, *, in_parts: bool) -> Fields:
    """The fields of a token but for its name and its type; absent ones are left out."""
    fields = _value_fields(token, reading, type_name, in_parts=in_parts)
    for mode, value in modes_of(token).items():
        fields[MODES + mode] = FieldValue(value, reading.meaning(value, type_name))
    description = token.get(DESCRIPTION)
    if isinstance(description, str) and description:
        fields[DESCRIPTION] = FieldValue(description, description)
    for name, value in figma_extensions(token).items():
        meaning = reading.meaning(value, None)
        if name in UNORDERED and isinstance(meaning, tuple):
            meaning = tuple(sorted(map(str, meaning)))
        fields[FIGMA_FIELD + name] = FieldValue(value, meaning)
    return fields


def merges_in_parts(*tokens: TokenNode | None) -> bool:
    """Whether a value is merged part by part: a composite that all sides write out."""
    present = [token for token in tokens if token is not None]
    return all(
        kind_of(token.type) in PARTED and isinstance(token.value, dict) and "$ref" not in token.value
        for token in present
    )


def modes_of(token: TokenNode) -> dict[str, Any]:
    """The values of other modes, in whichever of the two forms the token has them."""
    extensions = token.node.get("$extensions")
    if not isinstance(extensions, dict):
        return {}
    figma = extensions.get(FIGMA)
    modes = figma.get("modes") if isinstance(figma, dict) else None
    other = extensions.get("mode")
    return {**(other if isinstance(other, dict) else {}), **(modes if isinstance(modes, dict) else {})}


def figma_extensions(token: TokenNode) -> dict[str, Any]:
    """Figma's own extension keys but for the modes, under the names both spellings share."""
    extensions = token.node.get("$extensions")
    if not isinstance(extensions, dict):
        return {}
    figma = extensions.get(FIGMA)
    inner = {key: value for key, value in figma.items() if key != "modes"} if isinstance(figma, dict) else {}
    outer = {
        key.removeprefix(FIGMA + "."): value
        for key, value in extensions.items()
        if key.startswith(FIGMA + ".")
    }
    return inner | outer


def opaque(token: TokenNode) -> dict[str, Any]:
    """Everything of a token that Figma has no word for, as it is written."""
    own = {token.key(name) for name in (VALUE, TYPE, DESCRIPTION)} | {"$extensions"}
    rest = {key: value for key, value in token.node.items() if key not in own}
    extensions = token.node.get("$extensions")
    if isinstance(extensions, dict):
        rest["$extensions"] = {
            key: value
            for key, value in extensions.items()
            if key not in {FIGMA, "mode"} and not key.startswith(FIGMA + ".")
        }
    return {key: value for key, value in rest.items() if value != {}}


def _value_fields(
    token: TokenNode, reading: ValueReading, type_name: str | None, *, in_parts: bool
) -> Fields:
    value = token.value
    if not in_parts:
        return {VALUE: FieldValue(value, reading.meaning(value, type_name))}
    types = PART_TYPES[kind_of(type_name) or "shadow"]
    return {
        f"{VALUE}.{_part_name(part, type_name)}": FieldValue(item, reading.meaning(item, types.get(part)))
        for part, item in value.items()
    }


def _part_name(part: str, type_name: str | None) -> str:
    return {"x": "offsetX", "y": "offsetY"}.get(part, part) if kind_of(type_name) == "shadow" else part

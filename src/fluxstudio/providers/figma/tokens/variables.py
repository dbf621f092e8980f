"""Tokens of variables.

A variable has a value for each mode of its collection. The default mode's becomes the token's value, the
others stand in `$extensions` under `com.figma`. Text and true-or-false variables have no type among tokens
(developers.figma.com/docs/rest-api/variables-types, read 2026-11-22; Design Tokens Format Module 2025.10).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.providers.figma.shapes import Skipped
from fluxstudio.providers.figma.tokens.tree import Path, Token, groups_of, path_of, reference, tree
from fluxstudio.providers.figma.tokens.values import color, pixels, plain

Variable = Mapping[str, Any]
Collection = Mapping[str, Any]

LENGTHS = frozenset(
    {"CORNER_RADIUS", "EFFECT_FLOAT", "FONT_SIZE", "GAP", "LETTER_SPACING", "LINE_HEIGHT"}
    | {"PARAGRAPH_INDENT", "PARAGRAPH_SPACING", "STROKE_FLOAT", "WIDTH_HEIGHT"}
)
MAX_ALIAS_DEPTH = 20


class NoVariableToken(Exception):
    """Why a variable has no token that could stand for it."""


def tokens_of_variables(
    variables: Mapping[str, Variable], collections: Mapping[str, Collection]
) -> tuple[dict[str, Any], list[Skipped]]:
    """The token tree of a file's own variables, and what could not be translated as `{name, reason}`."""
    values = _Values(variables, collections)
    skipped: list[Skipped] = []
    paths: dict[str, Path] = {}
    for key, variable in variables.items():
        if variable.get("remote") or variable.get("deletedButReferenced"):
            continue
        try:
            values.concrete(variable, values.default_of(variable))
            path = values.path_of(variable)
            if path in paths.values():
                raise NoVariableToken("another variable has the same name")
            paths[key] = path
        except NoVariableToken as reason:
            skipped.append({"name": variable["name"], "reason": str(reason)})
    groups = groups_of(paths.values())
    references = {key: reference(path, groups) for key, path in paths.items()}
    return tree({path: values.token(variables[key], references) for key, path in paths.items()}), skipped


class _Values:
    """What the variables of a file amount to, those of other libraries that it refers to included."""

    def __init__(self, variables: Mapping[str, Variable], collections: Mapping[str, Collection]) -> None:
        self._variables = variables
        self._collections = collections

    def path_of(self, variable: Variable) -> Path:
        """Where a variable stands: below its collection."""
        return path_of(self._collection(variable).get("name", ""), variable["name"])

    def default_of(self, variable: Variable) -> Any:
        """The value in the default mode. Raises `NoVariableToken`."""
        values = variable["valuesByMode"]
        if not values:
            raise NoVariableToken("it has no value")
        return values.get(self._collection(variable).get("defaultModeId"), next(iter(values.values())))

    def token(self, variable: Variable, references: Mapping[str, str]) -> Token:
        """The token of a variable whose default value is sound; `references` are by variable id."""
        collection = self._collection(variable)
        names = {mode["modeId"]: mode["name"] for mode in collection.get("modes", ())}
        others = {}
        for mode, value in variable["valuesByMode"].items():
            if mode != collection.get("defaultModeId"):
                try:
                    others[names.get(mode, mode)] = self._value(variable, value, references)
                except NoVariableToken:
                    continue
        token = {
            "$type": _type(variable),
            "$value": self._value(variable, self.default_of(variable), references),
        }
        if variable.get("description"):
            token["$description"] = variable["description"]
        if others:
            token["$extensions"] = {"com.figma": {"modes": others}}
        return token

    def concrete(self, variable: Variable, value: Any) -> Any:
        """A value in the notation of tokens, with no reference left in it. Raises `NoVariableToken`."""
        kind, resolved = _type(variable), self._resolved(value)
        match kind, resolved:
            case _, bool():
                pass
            case "color", {"r": _, "g": _, "b": _}:
                return color(resolved)
            case "fontFamily", str():
                return resolved
            case "dimension", int() | float():
                return pixels(resolved)
            case "number" | "fontWeight", int() | float():
                return plain(resolved)
        raise NoVariableToken(f"its value is not a {kind}")

    def _value(self, variable: Variable, value: Any, references: Mapping[str, str]) -> Any:
        match value:
            case {"type": "VARIABLE_ALIAS", "id": str(target)} if target in references:
                if _type(self._variables[target]) == _type(variable):
                    return references[target]
        return self.concrete(variable, value)

    def _resolved(self, value: Any, depth: int = 0) -> Any:
        """A value with every variable it refers to filled in, each in its own default mode."""
        if depth > MAX_ALIAS_DEPTH:
            raise NoVariableToken("it refers to itself")
        match value:
            case {"type": "VARIABLE_ALIAS", "id": str(target)}:
                if target not in self._variables:
                    raise NoVariableToken("it refers to a variable that Figma does not show")
                return self._resolved(self.default_of(self._variables[target]), depth + 1)
            case {"color": base, "opacity": opacity}:
                base, opacity = self._resolved(base, depth + 1), self._resolved(opacity, depth + 1)
                if not isinstance(base, Mapping) or not isinstance(opacity, int | float):
                    raise NoVariableToken("its value is not a color")
                return {**base, "a": base.get("a", 1) * opacity}
        return value

    def _collection(self, variable: Variable) -> Collection:
        return self._collections.get(variable["variableCollectionId"], {})


def _type(variable: Variable) -> str:
    """The type of a variable's token, by its kind and its uses. Raises `NoVariableToken`."""
    scopes = set(variable.get("scopes", ()))
    match variable["resolvedType"]:
        case "COLOR":
            return "color"
        case "FLOAT" if scopes and scopes <= LENGTHS:
            return "dimension"
        case "FLOAT":
            return "fontWeight" if scopes == {"FONT_WEIGHT"} else "number"
        case "STRING" if scopes == {"FONT_FAMILY"}:
            return "fontFamily"
        case "STRING":
            raise NoVariableToken("design tokens have no type for text")
    raise NoVariableToken("design tokens have no type for true or false")

"""Tokens of variables.

A variable has a value for each mode of its collection. The default mode's becomes the token's value, the
others are in `$extensions` under `com.figma`, and so are those that extended collections override. Text and
true-or-false variables have no type among tokens
(developers.figma.com/docs/rest-api/variables-types, read 2026-11-22; Design Tokens Format Module 2025.10).
The opacity of a colour that is composed of others is a percentage from 0 to 100, or refers to one (the same
page and the plugin typings 1.142, read 2026-11-29). So is a number that may only be used as opacity; a token
has it as a share of 1, which is what CSS and other platforms take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fluxstudio.providers.figma.shapes import Skipped
from fluxstudio.providers.figma.tokens.tree import groups_of, paths_of, reference, tree
from fluxstudio.providers.figma.tokens.values import color, pixels, plain

Variable = Mapping[str, Any]
Collection = Mapping[str, Any]

LENGTHS = frozenset(
    {"CORNER_RADIUS", "EFFECT_FLOAT", "FONT_SIZE", "GAP", "LETTER_SPACING", "LINE_HEIGHT"}
    | {"PARAGRAPH_INDENT", "PARAGRAPH_SPACING", "STROKE_FLOAT", "WIDTH_HEIGHT"}
)
OPACITY = frozenset({"OPACITY"})
MAX_ALIAS_DEPTH = 20
VARIABLE_ID = "com.figma.variableId"


class NoVariableToken(Exception):
    """Why a variable has no token that could stand for it."""


def tokens_of_variables(
    variables: Mapping[str, Variable], collections: Mapping[str, Collection]
) -> tuple[dict[str, Any], list[Skipped]]:
    """The token tree of a file's own variables, and what could not be translated as `{name, reason}`."""
    values = _Values(variables, collections)
    skipped: list[Skipped] = []
    names: dict[str, tuple[str, ...]] = {}
    for key, variable in variables.items():
        if variable.get("remote") or variable.get("deletedButReferenced"):
            continue
        names[key] = values.names_of(variable)
        try:
            values.concrete(variable, values.default_of(variable), values.default_mode(variable))
        except NoVariableToken as reason:
            skipped.append({"name": variable["name"], "reason": str(reason), "id": key})
    left_out = {entry["id"] for entry in skipped}
    paths = {key: path for key, path in paths_of(names).items() if key not in left_out}
    groups = groups_of(paths.values())
    references = {key: reference(path, groups) for key, path in paths.items()}
    tokens = {}
    for key, path in paths.items():
        token, modes = values.token(key, references)
        if "/".join(path[1:]) != variables[key]["name"]:
            token["$extensions"].setdefault("com.figma", {})["name"] = variables[key]["name"]
        tokens[path] = token
        skipped += modes
    return tree(tokens), skipped


class _Values:
    """What the variables of a file amount to, those of other libraries that it refers to included."""

    def __init__(self, variables: Mapping[str, Variable], collections: Mapping[str, Collection]) -> None:
        self._variables = variables
        self._collections = collections

    def names_of(self, variable: Variable) -> tuple[str, str]:
        """What a variable is called: its collection's name and its own."""
        return self._collection(variable).get("name", ""), variable["name"]

    def default_mode(self, variable: Variable) -> str | None:
        """The mode whose value is the token's."""
        return self._collection(variable).get("defaultModeId")

    def default_of(self, variable: Variable) -> Any:
        """The value in the default mode. Raises `NoVariableToken`."""
        values = variable["valuesByMode"]
        if not values:
            raise NoVariableToken("it has no value")
        return values.get(self._collection(variable).get("defaultModeId"), next(iter(values.values())))

    def token(self, key: str, references: Mapping[str, str]) -> tuple[dict[str, Any], list[Skipped]]:
        """The token of a variable whose default value is sound, and the modes whose values are left out.

        `references` are by variable id.
        """
        variable = self._variables[key]
        others: dict[str, Any] = {}
        skipped: list[Skipped] = []
        for mode, name, value in self._other_values(key, variable):
            try:
                others[name] = self._value(variable, value, mode, references)
            except NoVariableToken as reason:
                skipped.append({"name": variable["name"], "reason": str(reason), "mode": name, "id": key})
        default = self._value(variable, self.default_of(variable), self.default_mode(variable), references)
        token: dict[str, Any] = {"$type": _type(variable), "$value": default}
        if variable.get("description"):
            token["$description"] = variable["description"]
        token["$extensions"] = {VARIABLE_ID: key}
        if others:
            token["$extensions"]["com.figma"] = {"modes": others}
        return token, skipped

    def _other_values(self, key: str, variable: Variable) -> Iterator[tuple[str, str, Any]]:
        """Id, name and value of every mode but the default one, then what extended collections override."""
        collection = self._collection(variable)
        names = {mode["modeId"]: mode["name"] for mode in collection.get("modes", ())}
        for mode, value in variable["valuesByMode"].items():
            if mode != collection.get("defaultModeId"):
                yield mode, names.get(mode, mode), value
        for extension in self._collections.values():
            if not extension.get("isExtension"):
                continue
            own = {mode["modeId"]: mode["name"] for mode in extension.get("modes", ())}
            for mode, value in extension.get("variableOverrides", {}).get(key, {}).items():
                yield mode, f"{extension.get('name', '')}/{own.get(mode, mode)}", value

    def concrete(self, variable: Variable, value: Any, mode: str | None) -> Any:
        """A value in the notation of tokens, with no reference left in it. Raises `NoVariableToken`."""
        kind, resolved = _type(variable), self._resolved(value, variable, mode)
        match kind, resolved:
            case _, bool():
                pass
            case "color", {"r": _, "g": _, "b": _}:
                return color(resolved)
            case "fontFamily", str():
                return resolved
            case "dimension", int() | float():
                return pixels(resolved)
            case "number", int() | float() if is_opacity(variable):
                return plain(resolved / 100)
            case "number" | "fontWeight", int() | float():
                return plain(resolved)
        raise NoVariableToken(f"its value is not a {kind}")

    def _value(self, variable: Variable, value: Any, mode: str | None, references: Mapping[str, str]) -> Any:
        match value:
            case {"type": "VARIABLE_ALIAS", "id": str(target)} if target in references:
                other = self._variables[target]
                if _type(other) == _type(variable) and is_opacity(other) == is_opacity(variable):
                    return references[target]
        return self.concrete(variable, value, mode)

    def _resolved(self, value: Any, home: Variable, mode: str | None, depth: int = 0) -> Any:
        """A value with every variable it refers to filled in: of its own collection in the same mode, of
        others in their default mode."""
        if depth > MAX_ALIAS_DEPTH:
            raise NoVariableToken("it refers to itself")
        match value:
            case {"type": "VARIABLE_ALIAS", "id": str(key)}:
                if key not in self._variables:
                    raise NoVariableToken("it refers to a variable that Figma does not show")
                target = self._variables[key]
                return self._resolved(*self._in_mode(target, home, mode), depth + 1)
            case {"color": base, "opacity": opacity}:
                base = self._resolved(base, home, mode, depth + 1)
                percent = self._resolved(opacity, home, mode, depth + 1)
                if not isinstance(base, Mapping) or isinstance(percent, bool):
                    raise NoVariableToken("its value is not a color")
                if not isinstance(percent, int | float):
                    raise NoVariableToken("its opacity is not a number")
                return {**base, "a": base.get("a", 1) * percent / 100}
        return value

    def _in_mode(
        self, target: Variable, home: Variable, mode: str | None
    ) -> tuple[Any, Variable, str | None]:
        """The value of a variable that another refers to in a mode, with where it is and in which mode."""
        for step in self._lineage(home, mode):
            if (
                target["variableCollectionId"] == home["variableCollectionId"]
                and step in target["valuesByMode"]
            ):
                return target["valuesByMode"][step], target, step
        return self.default_of(target), target, self.default_mode(target)

    def _lineage(self, home: Variable, mode: str | None) -> Iterator[str]:
        """A mode, and the one of the parent collection that it extends."""
        if mode is None:
            return
        yield mode
        for extension in self._collections.values():
            for own in extension.get("modes", ()):
                if own.get("modeId") == mode and own.get("parentModeId"):
                    yield own["parentModeId"]

    def _collection(self, variable: Variable) -> Collection:
        return self._collections.get(variable["variableCollectionId"], {})


def is_opacity(variable: Variable) -> bool:
    """Whether a variable is a percentage that its token has as a share of 1."""
    return variable["resolvedType"] == "FLOAT" and set(variable.get("scopes", ())) == OPACITY


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
        case "EASING" | "TIMING":
            raise NoVariableToken("variables for motion are not translated")
    raise NoVariableToken("design tokens have no type for true or false")

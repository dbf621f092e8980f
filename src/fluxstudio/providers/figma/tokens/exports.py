"""Files of Figma's own “Export modes”: one file for each mode of a collection.

The shape was seen in public repositories between 2026-02 and 2026-08; Figma publishes no description. The
mode's name is in `$extensions` of the root, the collection's nowhere. Every token has the id of its variable
under `com.figma.variableId`. An alias has its resolved value, and its target in `com.figma.aliasData`; one
within its collection may be written `{Group.Name}` besides.

Files that share variables are modes of one collection. Its name is that of the folder they are in, or what
aliases call it, or what it was before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from fluxstudio.errors import InvalidRequest
from fluxstudio.providers.figma.tokens.library import DesignLibrary
from fluxstudio.sdk import TokenExport

KINDS = {
    "color": "COLOR",
    "number": "FLOAT",
    "dimension": "FLOAT",
    "string": "STRING",
    "fontFamily": "STRING",
    "boolean": "BOOLEAN",
}
ID, ALIAS, MODE = "com.figma.variableId", "com.figma.aliasData", "com.figma.modeName"
OVERRIDE = "com.figma.isOverride"
MAX_DEPTH = 50
# Which mode is the default is not exported: that of before, else one of these names, else the first file's.
USUAL_DEFAULTS = ("default", "base", "light", "day", "value", "mode 1")


@dataclass(slots=True)
class ExportedMode:
    """One file: a mode, with a variable for each token. `overrides` are those an extension has of its own."""

    name: str
    folder: str
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)
    targets: dict[str, tuple[str, str]] = field(default_factory=dict)


def library_of_exports(
    files: Sequence[TokenExport],
    earlier: DesignLibrary | None = None,
    *,
    collection: str = "",
    everything: bool = False,
) -> DesignLibrary:
    """The library that exported files and what was read earlier amount to.

    A collection of which every mode is here takes the place of the earlier one. One of which a mode is
    missing keeps what else was read of it, and the library is not `complete`. `collection` is what a single
    collection is called; `everything` says that collections which are not here are gone.

    Raises `InvalidRequest`, naming the file, for what is not such a file.
    """
    modes = [_mode(file) for file in files]
    if not any(mode.values for mode in modes):
        raise InvalidRequest(
            "These files hold no variables. Export a collection's modes in Figma, then add them."
        )
    earlier = earlier or DesignLibrary({}, {})
    targets = {key: place for mode in modes for key, place in mode.targets.items()}
    groups = _groups(modes)
    reader = _Reader(earlier, targets, collection if len(groups) == 1 else "")
    for group in groups:
        reader.add(group)
    return reader.library(everything=everything)


class _Reader:
    """Puts collections together, one group of modes at a time."""

    def __init__(self, earlier: DesignLibrary, targets: Mapping[str, tuple[str, str]], name: str) -> None:
        self._earlier = earlier
        self._targets = targets
        self._name = name
        self._variables: dict[str, dict[str, Any]] = {}
        self._collections: dict[str, dict[str, Any]] = {}
        self._complete = True

    def add(self, group: Sequence[ExportedMode]) -> None:
        """Add the modes of one collection, and those of what extends it."""
        plain = [mode for mode in group if not mode.inherited]
        key, before = self._identity(group)
        if plain:
            self._add_modes(key, before, plain)
        for mode in group:
            if mode.inherited:
                self._add_extension(key, mode)

    def library(self, *, everything: bool) -> DesignLibrary:
        """What has come together, on top of what was known."""
        variables = {} if everything else dict(self._earlier.variables)
        collections = {} if everything else dict(self._earlier.collections)
        replaced = set(self._collections)
        variables = {
            key: variable
            for key, variable in variables.items()
            if variable["variableCollectionId"] not in replaced
        }
        return DesignLibrary(
            variables | self._variables, collections | self._collections, complete=self._complete
        )

    def _identity(self, group: Sequence[ExportedMode]) -> tuple[str, Mapping[str, Any]]:
        """The id of a collection, and what was known of it."""
        ids = [key for mode in group for key in mode.variables]
        for key in ids:
            variable = self._earlier.variables.get(key)
            if variable is not None and not variable.get("remote"):
                home = str(variable["variableCollectionId"])
                return home, self._earlier.collections.get(home, {})
        for key in ids:
            if key in self._targets and self._targets[key][0]:
                return self._targets[key][0], {}
        return f"VariableCollectionId:{min(ids).partition(':')[2]}", {}

    def _called(self, group: Sequence[ExportedMode], before: Mapping[str, Any]) -> str:
        """The name of a collection."""
        named = [self._targets[key][1] for mode in group for key in mode.variables if key in self._targets]
        folders = {mode.folder for mode in group}
        folder = folders.pop() if len(folders) == 1 else ""
        return self._name or next(filter(None, named), "") or folder or str(before.get("name", ""))

    def _add_modes(self, key: str, before: Mapping[str, Any], group: Sequence[ExportedMode]) -> None:
        earlier = {mode["name"]: mode["modeId"] for mode in before.get("modes", ())}
        names = [mode.name for mode in group]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidRequest(f"Two files hold the mode “{twice}” of the same variables. Leave one out.")
        partial = not set(earlier) <= set(names)
        self._complete = self._complete and not partial
        ids = {name: earlier.get(name, f"{key}/{name}") for name in dict.fromkeys([*earlier, *names])}
        shown = ids if partial else {name: ids[name] for name in names}
        if partial:
            for old, variable in self._earlier.variables.items():
                if variable["variableCollectionId"] == key:
                    self._variables[old] = {**variable, "valuesByMode": dict(variable["valuesByMode"])}
        for mode in group:
            for variable_id, variable in mode.variables.items():
                entry = self._variables.setdefault(variable_id, {**variable, "valuesByMode": {}})
                entry.update(variable, variableCollectionId=key)
                entry["valuesByMode"][ids[mode.name]] = mode.values[variable_id]
        default = before.get("defaultModeId")
        self._collections[key] = {
            "id": key,
            "name": self._called(group, before),
            "modes": [{"modeId": mode_id, "name": name} for name, mode_id in shown.items()],
            "defaultModeId": default if default in shown.values() else _default(shown),
            "variableIds": [
                old for old, variable in self._variables.items() if variable["variableCollectionId"] == key
            ],
            "remote": False,
        }

    def _add_extension(self, parent: str, mode: ExportedMode) -> None:
        """A mode of a collection that extends another one: only what it overrides is its own."""
        name = mode.folder or mode.name
        key = f"{parent}/extension/{name}"
        extension = self._collections.setdefault(
            key,
            {
                "id": key,
                "name": name,
                "modes": [],
                "isExtension": True,
                "parentVariableCollectionId": parent,
                "variableIds": [],
                "variableOverrides": {},
                "remote": False,
            },
        )
        mode_id = f"{key}/{mode.name}"
        extension["modes"].append({"modeId": mode_id, "name": mode.name})
        extension.setdefault("defaultModeId", mode_id)
        for variable_id, value in mode.values.items():
            if variable_id not in mode.inherited:
                extension["variableOverrides"].setdefault(variable_id, {})[mode_id] = value


def _groups(modes: Sequence[ExportedMode]) -> list[list[ExportedMode]]:
    """Modes that share variables, together."""
    groups: list[tuple[set[str], list[ExportedMode]]] = []
    for mode in modes:
        ids, members = set(mode.variables), [mode]
        apart = []
        for group in groups:
            if group[0] & ids:
                ids, members = ids | group[0], [*group[1], *members]
            else:
                apart.append(group)
        groups = [*apart, (ids, members)]
    return [members for ids, members in groups if ids]


def _default(modes: Mapping[str, str]) -> str:
    usual = [name for word in USUAL_DEFAULTS for name in modes if name.casefold() == word]
    return modes[usual[0] if usual else next(iter(modes))]


def _mode(file: TokenExport) -> ExportedMode:
    path = PurePosixPath(file.name)
    root = file.content
    if not isinstance(root, dict):
        raise _foreign(file.name)
    extensions = root.get("$extensions")
    name = extensions.get(MODE) if isinstance(extensions, dict) else root.get(MODE)
    folder = path.parent.name
    mode = ExportedMode(str(name or path.name.split(".")[0]), folder)
    by_path: dict[str, str] = {}
    written: dict[str, Any] = {}
    for names, token in _tokens(root, (), file.name):
        key = _add(mode, names, token, file.name)
        by_path[".".join(names)] = key
        written[key] = token["$value"]
    for key, value in written.items():
        target = by_path.get(value[1:-1]) if isinstance(value, str) and value[:1] == "{" else None
        if target is not None and not _is_alias(mode.values[key]):
            mode.values[key] = {"type": "VARIABLE_ALIAS", "id": target}
    return mode


def _tokens(
    node: Mapping[str, Any], path: tuple[str, ...], file: str
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if len(path) > MAX_DEPTH:
        raise InvalidRequest(f"{file} has groups in more than {MAX_DEPTH} others.")
    for name, child in node.items():
        if (name.startswith("$") and name != "$root") or not isinstance(child, dict):
            continue
        here = path if name == "$root" else (*path, name)
        if "$value" in child:
            yield here, child
        yield from _tokens(child, here, file)


def _add(mode: ExportedMode, path: tuple[str, ...], token: Mapping[str, Any], file: str) -> str:
    extensions = token.get("$extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    key, kind = extensions.get(ID), KINDS.get(str(token.get("$type")))
    if not isinstance(key, str) or kind is None:
        raise _foreign(file)
    mode.variables[key] = {
        "id": key,
        "name": "/".join(path),
        "resolvedType": "STRING" if extensions.get("com.figma.type") == "string" else kind,
        "scopes": _list(extensions.get("com.figma.scopes")),
        "description": str(token.get("$description") or ""),
        "hiddenFromPublishing": bool(extensions.get("com.figma.hiddenFromPublishing")),
        "remote": False,
    }
    mode.values[key] = _value(token["$value"], extensions.get(ALIAS), mode)
    if extensions.get(OVERRIDE) is False:
        mode.inherited.add(key)
    return key


def _value(value: Any, alias: Any, mode: ExportedMode) -> Any:
    """A value as Figma's API has it. What belongs to another library keeps the value it resolves to."""
    if isinstance(alias, dict) and isinstance(alias.get("targetVariableId"), str):
        target = str(alias["targetVariableId"])
        if "/" not in target:
            place = str(alias.get("targetVariableSetId") or ""), str(alias.get("targetVariableSetName") or "")
            mode.targets[target] = place
            return {"type": "VARIABLE_ALIAS", "id": target}
    match value:
        case {"components": [r, g, b, *_]}:
            alpha = value.get("alpha", 1)
            return {"r": r, "g": g, "b": b, "a": alpha} if _numbers(r, g, b, alpha) else None
        case {"value": int() | float() as amount}:
            return amount
    return value


def _is_alias(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "VARIABLE_ALIAS"


def _numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _list(value: Any) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _foreign(name: str) -> InvalidRequest:
    return InvalidRequest(
        f"{name} is not a file that Figma exported. In Figma, open Variables, choose Export modes for a "
        "collection, and add those files."
    )

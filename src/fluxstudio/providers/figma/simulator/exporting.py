"""“Export modes”: the variables of a file as Figma writes them to a file for each mode.

The shape is the one that public repositories have had since 2026-02, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KINDS = {"COLOR": "color", "FLOAT": "number", "STRING": "string", "BOOLEAN": "boolean"}


def exported_modes(library: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Files by `Collection/Mode.tokens.json`, out of `{variables, variableCollections}`."""
    files = {}
    for collection in library["variableCollections"].values():
        for mode in collection["modes"]:
            root: dict[str, Any] = {}
            for key in collection["variableIds"]:
                variable = library["variables"][key]
                *above, name = variable["name"].split("/")
                place = root
                for step in above:
                    place = place.setdefault(step, {})
                place[name] = _token(variable, mode["modeId"], library)
            root["$extensions"] = {"com.figma.modeName": mode["name"]}
            files[f"{collection['name']}/{mode['name']}.tokens.json"] = root
    return files


def _token(variable: Mapping[str, Any], mode: str, library: Mapping[str, Any]) -> dict[str, Any]:
    value = variable["valuesByMode"][mode]
    extensions: dict[str, Any] = {
        "com.figma.variableId": variable["id"],
        "com.figma.scopes": variable["scopes"],
    }
    if variable["hiddenFromPublishing"]:
        extensions["com.figma.hiddenFromPublishing"] = True
    if isinstance(value, Mapping) and value.get("type") == "VARIABLE_ALIAS":
        target = library["variables"][value["id"]]
        home = library["variableCollections"][target["variableCollectionId"]]
        extensions["com.figma.aliasData"] = {
            "targetVariableId": target["id"],
            "targetVariableName": target["name"],
            "targetVariableSetId": home["id"],
            "targetVariableSetName": home["name"],
        }
    extensions["com.figma.isOverride"] = True
    token = {
        "$type": KINDS[variable["resolvedType"]],
        "$value": _written(_resolved(value, mode, library)),
        "$extensions": extensions,
    }
    if variable["description"]:
        token["$description"] = variable["description"]
    return token


def _resolved(value: Any, mode: str, library: Mapping[str, Any]) -> Any:
    """A value with aliases followed: in the same mode where the target has it, else in its default mode."""
    while isinstance(value, Mapping) and value.get("type") == "VARIABLE_ALIAS":
        target = library["variables"][value["id"]]
        home = library["variableCollections"][target["variableCollectionId"]]
        values = target["valuesByMode"]
        value = values[mode if mode in values else home["defaultModeId"]]
    return value


def _written(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    channels = [value["r"], value["g"], value["b"]]
    code = "".join(f"{round(channel * 255):02X}" for channel in channels)
    return {
        "colorSpace": "srgb",
        "components": channels,
        "alpha": value.get("a", 1),
        "hex": f"#{code}",
    }

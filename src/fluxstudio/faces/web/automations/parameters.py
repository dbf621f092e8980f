"""What an operation takes, as fields of a form can ask for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fluxstudio.core.registry import RegisteredProvider, Registry
from fluxstudio.errors import FluxStudioError
from fluxstudio.sdk import Operation

Kind = Literal["text", "long", "number", "truth", "list", "choice", "other"]
# Texts that may become longer than this get room to be written in.
LONG_TEXT_CHARACTERS = 5000
SIMPLE: Mapping[str, Kind] = {"integer": "number", "number": "number", "boolean": "truth"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument; `choices` are the values of a choice. Of `other`, no field can be made."""

    name: str
    label: str
    kind: Kind
    required: bool
    help: str = ""
    choices: tuple[str, ...] = ()


def provider_of(registry: Registry, full_name: str) -> RegisteredProvider | None:
    """The provider of an event or an operation, `provider.NAME`; None for one there is not."""
    name = full_name.partition(".")[0]
    return next((entry for entry in registry if entry.provider.id == name), None)


def parameters_of(operation: Operation) -> tuple[Parameter, ...]:
    """The arguments of an operation, in its own order."""
    schema = operation.arguments.model_json_schema()
    required = set(schema.get("required", ()))
    return tuple(
        _parameter(name, property_schema, name in required)
        for name, property_schema in schema.get("properties", {}).items()
    )


def parameters_for(registry: Registry, operation: str) -> tuple[Parameter, ...]:
    """The arguments of an operation, by its name; none for one there is not."""
    try:
        return parameters_of(registry.operation(operation))
    except FluxStudioError:
        return ()


def _parameter(name: str, schema: Mapping[str, Any], required: bool) -> Parameter:
    kinds = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    kind_schema = kinds[0] if len(kinds) == 1 else {}
    return Parameter(
        name=name,
        label=label_of(name),
        kind=_kind(kind_schema),
        required=required,
        help=str(schema.get("description", "")),
        choices=tuple(str(value) for value in kind_schema.get("enum", ())),
    )


def _kind(schema: Mapping[str, Any]) -> Kind:
    if "enum" in schema:
        return "choice"
    of_what = schema.get("type")
    if of_what == "string":
        bounded = (
            schema.get("maxLength", 0) < LONG_TEXT_CHARACTERS
            if "maxLength" in schema
            else "pattern" in schema
        )
        return "text" if bounded else "long"
    if of_what == "array" and schema.get("items", {}).get("type") == "string":
        return "list"
    return SIMPLE.get(str(of_what), "other")


def label_of(name: str) -> str:
    """An argument's name in words: `taskTitle` is "Task title"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()
    return words[:1].upper() + words[1:]

"""Bodies held against the types of their fields, refused in GitHub's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.providers.github.simulator.answers import Problem

Json = dict[str, Any]
# A type's name, or the fields of an object, or a list with the type of its entries.
Shape = str | Mapping[str, Any] | Sequence[Any]

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


def checked(fields: Json, shape: Mapping[str, Shape], required: Sequence[str] = ()) -> Json:
    """The fields, if they are of their types: `{"sha": "string|null", "tree": [{"path": "string"}]}`.

    Raises `Problem` (422) as GitHub says it: “Invalid request.” and what is wrong, a line for each.
    """
    wrong = list(_problems(fields, shape, ""))
    missing = [name for name in required if name not in fields]
    if missing:
        listed = ", ".join(f'"{name}"' for name in missing)
        wrong.append(f"{listed} {'was' if len(missing) == 1 else 'were'}n't supplied.")
    if wrong:
        raise Problem(422, "\n\n".join(["Invalid request.", *wrong]))
    return fields


def _problems(value: Json, shape: Mapping[str, Shape], above: str) -> list[str]:
    return [
        problem
        for name, expected in shape.items()
        if name in value
        for problem in _one(value[name], expected, f"{above}properties/{name}")
    ]


def _one(value: Any, expected: Shape, place: str) -> list[str]:
    if isinstance(expected, str):
        names = expected.split("|")
        if any(_is(value, name) for name in names):
            return []
        article = "an" if names[0][0] in "aio" else "a"
        return [f"For '{place}', {shown(value)} is not {article} {names[0]}."]
    if isinstance(expected, Mapping):
        if not isinstance(value, dict):
            return [f"For '{place}', {shown(value)} is not an object."]
        return _problems(value, expected, f"{place}/")
    if not isinstance(value, list):
        return [f"For '{place}', {shown(value)} is not an array."]
    return [problem for entry in value for problem in _one(entry, expected[0], f"{place}/items")]


def _is(value: Any, name: str) -> bool:
    if name == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])


def shown(value: Any) -> str:
    """A value as GitHub's own language writes it."""
    match value:
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case dict():
            return "{" + ", ".join(f"{shown(key)}=>{shown(entry)}" for key, entry in value.items()) + "}"
        case _:
            return str(value)

"""Values that fit a JSON schema, to call every route there is with something it accepts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import Phase, find, settings
from hypothesis import strategies as st

Schema = Mapping[str, Any]


def example_of(schema: Schema, document: Schema) -> Any:
    """The schema's own example, or the plainest value that fits; `document` holds what it refers to."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(_resolved(schema["$ref"], document), document)
    for word in ("const", "default"):
        if schema.get(word) is not None:
            return schema[word]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return example_of(next(part for part in schema[word] if part.get("type") != "null"), document)
    match schema.get("type"):
        case "object":
            required = schema.get("required", [])
            return {name: example_of(schema["properties"][name], document) for name in required}
        case "array":
            return [example_of(schema["items"], document)] * schema.get("minItems", 0)
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
        case _:
            return _text(schema)


def request_for(entry: Schema, document: Schema) -> tuple[dict[str, str], dict[str, Any]]:
    """A request that an operation of an OpenAPI document accepts: path values, and arguments for a client."""
    in_path: dict[str, str] = {}
    query: dict[str, str] = {}
    for part in entry.get("parameters", []):
        if part["in"] == "path":
            in_path[part["name"]] = str(example_of(part["schema"], document))
        elif part["in"] == "query" and part.get("required"):
            query[part["name"]] = str(example_of(part["schema"], document))
    request: dict[str, Any] = {"params": query}
    for kind, content in entry.get("requestBody", {}).get("content", {}).items():
        body = example_of(content["schema"], document)
        if kind == "application/json":
            # Where anything may come, an object is what every provider takes.
            request["json"] = body if content["schema"] else {}
        elif kind == "multipart/form-data":
            body.pop("file", None)
            request |= {"data": body, "files": {"file": ("a.txt", b"a", "text/plain")}}
    return in_path, request


def _resolved(reference: str, document: Schema) -> Schema:
    result: Any = document
    for part in reference.removeprefix("#/").split("/"):
        result = result[part]
    return dict(result)


def _text(schema: Schema) -> str:
    if schema.get("format") == "date":
        return "2026-11-20"
    if "pattern" in schema:
        return _matching(schema["pattern"], schema.get("minLength", 0))
    shortest: int = schema.get("minLength", 1)
    return "a" * max(1, shortest)


PLAIN = st.characters(codec="ascii", categories=("L", "N", "P"))


@cache
def _matching(pattern: str, shortest: int) -> str:
    fitting = st.from_regex(pattern, fullmatch=True, alphabet=PLAIN)
    quick = settings(max_examples=500, phases=[Phase.generate], derandomize=True, database=None)
    result: str = find(fitting, lambda text: len(text) >= max(1, shortest), settings=quick)
    return result

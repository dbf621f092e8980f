"""The schemas of an OpenAPI document as JSON Schema validators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

Node = Mapping[str, Any]

NOT_CHECKED = frozenset(
    {"default", "deprecated", "description", "discriminator", "example", "examples", "externalDocs"}
    | {"nullable", "readOnly", "title", "writeOnly", "xml"}
)
ONE_SCHEMA = frozenset({"additionalProperties", "contains", "else", "if", "items", "not", "then"})
NAMED_SCHEMAS = frozenset({"dependentSchemas", "patternProperties", "properties"})
LISTED_SCHEMAS = frozenset({"allOf", "anyOf", "prefixItems"})


class Schemas:
    """Builds validators for schemas of one document, each holding only what the schema refers to."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._draft = (
            jsonschema_rs.Draft4Validator
            if str(document["openapi"]).startswith("3.0")
            else jsonschema_rs.Draft202012Validator
        )

    def resolve(self, node: Node) -> Node:
        """The node itself, or what its `$ref` stands for."""
        while "$ref" in node:
            node = self._target(node["$ref"])
        return node

    def validator(self, schema: Node, *, closed: bool = False) -> jsonschema_rs.Validator:
        """A validator; `closed` forbids fields that an object schema does not name."""
        if closed:
            schema = self.resolve(schema)
            if "properties" in schema:
                schema = {"additionalProperties": False, **schema}
        needed: dict[str, Any] = {}
        root = {**self._translate(schema, needed), "definitions": needed}
        return self._draft(root, validate_formats=True, offline=True)

    def _target(self, reference: str) -> Any:
        result: Any = self._document
        for part in reference.removeprefix("#/").split("/"):
            result = result[unquote(part).replace("~1", "/").replace("~0", "~")]
        return result

    def _translate(self, node: Any, needed: dict[str, Any]) -> Any:
        """An OpenAPI schema as JSON Schema; what it refers to is put into `needed`."""
        if not isinstance(node, Mapping):
            return node
        schema: dict[str, Any] = {}
        for key, value in node.items():
            if key == "$ref":
                schema[key] = f"#/definitions/{self._definition(value, needed)}"
            elif key == "oneOf" and "anyOf" not in node:
                # Published alternatives overlap (each nullable, say), which `oneOf` would reject.
                schema["anyOf"] = [self._translate(entry, needed) for entry in value]
            elif key in ONE_SCHEMA:
                schema[key] = self._translate(value, needed)
            elif key in NAMED_SCHEMAS:
                schema[key] = {name: self._translate(entry, needed) for name, entry in value.items()}
            elif key in LISTED_SCHEMAS:
                schema[key] = [self._translate(entry, needed) for entry in value]
            elif key not in NOT_CHECKED:
                schema[key] = value
        return _or_null(schema) if node.get("nullable") is True else schema

    def _definition(self, reference: str, needed: dict[str, Any]) -> str:
        name = re.sub(r"[^\w-]", ".", reference.removeprefix("#/"))
        if name not in needed:
            needed[name] = True
            needed[name] = self._translate(self._target(reference), needed)
        return name


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema.get("type"), str) or schema.keys() & {"anyOf", "allOf", "$ref"}:
        return {"anyOf": [{"type": "null"}, schema]}
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema and None not in schema["enum"]:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def explained(error: jsonschema_rs.ValidationError) -> list[str]:
    """What is wrong, as `/pointer: message`; of several alternatives, the one that came closest speaks."""
    branches = [branch for branch in getattr(error.kind, "context", []) if branch]
    if branches:
        closest = min(branches, key=lambda branch: (-max(len(e.instance_path) for e in branch), len(branch)))
        return [text for inner in closest for text in explained(inner)]
    pointer = "".join(f"/{part}" for part in error.instance_path)
    return [f"{pointer}: {error.message[:300]}"]

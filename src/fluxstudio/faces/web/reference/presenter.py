"""JSON Schema in words: what a value is, what it must keep to, what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fluxstudio.faces.web.reference.views import PropertyView, ShapeView, WordView

Schema = Mapping[str, Any]
MODELS = "#/components/schemas/"
NULL = {"type": "null"}
FORMATS = {"date-time": "time", "date": "date", "binary": "file", "uri": "address", "uuid": "UUID"}
TYPES = {"integer": "whole number", "boolean": "true or false", "null": "null", "string": "text"}


class Models:
    """The named schemas of a document, and which of them a schema speaks of."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas

    def resolved(self, schema: Schema) -> Schema:
        """The schema itself, found by its name where it only points to one; parts of `allOf` put together."""
        if "$ref" in schema:
            return self.resolved(self._schemas[schema["$ref"].removeprefix(MODELS)])
        if "allOf" not in schema:
            return schema
        whole: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        for part in map(self.resolved, schema["allOf"]):
            properties = {**whole.get("properties", {}), **part.get("properties", {})}
            whole = {**part, **whole, "properties": properties}
        return whole

    def holds_properties(self, name: str) -> bool:
        """Whether the model is an object whose properties are known, and so worth a place of its own."""
        return bool(self._schemas[name].get("properties"))

    def title(self, name: str) -> str:
        """What a model is called on the page."""
        return str(self._schemas[name].get("title", name))

    def named_in(self, schemas: Iterable[Schema]) -> list[str]:
        """Names of all models these schemas speak of, directly or through others, in order of appearance."""
        names: dict[str, None] = {}
        waiting = list(schemas)
        while waiting:
            for name in _references(waiting.pop(0)):
                if name not in names:
                    names[name] = None
                    waiting.append(self._schemas[name])
        return list(names)

    def shape(self, schema: Schema) -> ShapeView:
        """What a value of this schema holds."""
        target = self.resolved(schema)
        text = str(target.get("description", ""))
        properties = self.properties(target)
        return ShapeView(text=text, properties=properties, kind=() if properties else self.kind(schema))

    def properties(self, schema: Schema, place: str = "") -> tuple[PropertyView, ...]:
        """The properties of an object, those that are needed marked."""
        required = set(schema.get("required", ()))
        return tuple(
            self.property(name, part, required=name in required, place=place)
            for name, part in schema.get("properties", {}).items()
        )

    def property(self, name: str, schema: Schema, *, required: bool, place: str = "") -> PropertyView:
        """One named value."""
        return PropertyView(
            name=name,
            kind=self.kind(schema),
            text=str(schema.get("description", "")),
            rules=tuple(_rules(schema)),
            required=required,
            place=place,
        )

    def kind(self, schema: Schema) -> tuple[WordView, ...]:
        """The type in words; names of objects lead to them."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(MODELS)
            if self.holds_properties(name):
                return (WordView(self.title(name), f"#{name}"),)
            return self.kind(self._schemas[name])
        if "anyOf" in schema:
            return _joined([self.kind(part) for part in schema["anyOf"]])
        if "enum" in schema:
            return _joined([(WordView(json.dumps(value)),) for value in schema["enum"]])
        if "const" in schema:
            return (WordView(json.dumps(schema["const"])),)
        if schema.get("type") == "array":
            return (WordView("list of "), *self.kind(schema.get("items", {})))
        if schema.get("format") in FORMATS:
            return (WordView(FORMATS[schema["format"]]),)
        if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), Mapping):
            return (WordView("object of "), *self.kind(schema["additionalProperties"]))
        kind = str(schema.get("type", "anything"))
        return (WordView(TYPES.get(kind, kind)),)


def _joined(kinds: list[tuple[WordView, ...]]) -> tuple[WordView, ...]:
    words: list[WordView] = []
    for kind in dict.fromkeys(kinds):
        words += [WordView(" or "), *kind] if words else kind
    return tuple(words)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix(MODELS)
        for part in schema.values():
            yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def _rules(schema: Schema) -> Iterator[str]:
    """What a value must keep to, and what it is when left out."""
    if schema.get("default") is not None:
        yield f"{json.dumps(schema['default'])} when left out"
    for part in [schema, *schema.get("anyOf", ())]:
        yield from _bounds(part, "minimum", "maximum", "")
        yield from _bounds(part, "minLength", "maxLength", " characters")
        yield from _bounds(part, "minItems", "maxItems", " entries")
        if "pattern" in part:
            yield f"matches {part['pattern']}"


def _bounds(schema: Schema, lowest: str, highest: str, unit: str) -> Iterator[str]:
    low, high = schema.get(lowest), schema.get(highest)
    if low is not None and high is not None:
        yield f"{low:,} to {high:,}{unit}"
    elif high is not None:
        yield f"{high:,}{unit} at most"
    elif low is not None:
        yield f"{low:,}{unit} at least"

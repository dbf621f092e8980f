"""An operation's entry in the OpenAPI document, from its signature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from fluxstudio.sdk import Operation, Upload

TEMPLATE = "#/components/schemas/{model}"
NO_NUL = {"type": "string", "pattern": r"^[^\x00]*$"}
# Ends the names of models that callers send: those are stricter than the answers of the same name.
SENT = "Input"
ERRORS = {
    400: "The request is not one the product or the provider understands.",
    401: "Not signed in, or the token is not valid.",
    403: "This is not allowed, or a scope is missing (`needed`).",
    404: "Not found, or you don't have access to it.",
    409: "Not connected, connected several times, or to be connected again.",
    413: "The body is too large.",
    429: "A budget is used up; see `retryAfter`.",
    502: "The provider does not work right now.",
    503: "Not set up, or not available right now.",
}


class _OperationSchema(GenerateJsonSchema):
    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        # As part of the arguments an object takes no unknown keys either, which pydantic leaves unsaid.
        return {"additionalProperties": False, **super().typed_dict_schema(schema)}

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        if schema["cls"] is Upload:
            return {"type": "string", "format": "binary"}
        return super().dataclass_schema(schema)


def described(operation: Operation, example: Mapping[str, Any]) -> dict[str, Any]:
    """What FastAPI cannot see for itself: parameters, body and answers, with the models they use inlined.

    `example` holds arguments of a call that works, under their public names.
    """
    schema = operation.arguments.model_json_schema(
        schema_generator=_OperationSchema, ref_template=_template(operation, SENT)
    )
    models = _prefixed(operation, schema.pop("$defs", {}), SENT)
    properties, required = schema.get("properties", {}), set(schema.get("required", []))
    in_path = {operation.public_name(name) for name in operation.path_parameters}
    entry: dict[str, Any] = {"parameters": [], "x-models": models}
    in_body: dict[str, Any] = {}
    for name, part in properties.items():
        if name in in_path or operation.method in {"GET", "DELETE"}:
            parameter = {
                "name": name,
                "in": "path" if name in in_path else "query",
                "required": name in required,
                "description": part.get("description", ""),
                "schema": {key: value for key, value in part.items() if key != "description"},
            }
            entry["parameters"].append(parameter | _parameter_example(name, example))
        else:
            in_body[name] = as_text(part) if operation.takes_upload else untitled(part)
    entry["parameters"] += _selectors(operation, set(properties))
    if operation.method not in {"GET", "DELETE"}:
        body: dict[str, Any] = {"type": "object", "properties": in_body, "additionalProperties": False}
        if required_fields := sorted(required & in_body.keys()):
            body["required"] = required_fields
        kind, content = "multipart/form-data", {"schema": body}
        if not operation.takes_upload:
            kind = "application/json"
            content["example"] = {name: value for name, value in example.items() if name in in_body}
        entry["requestBody"] = {"required": bool(required_fields), "content": {kind: content}}
    entry["responses"] = _responses(operation, models)
    entry["security"] = [{"bearer": []}, {"session": []}]
    return entry


def _parameter_example(name: str, example: Mapping[str, Any]) -> dict[str, Any]:
    return {"example": example[name]} if name in example else {}


def untitled(part: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema without the title that is only its name once more."""
    return {key: value for key, value in part.items() if key != "title"}


def as_text(part: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that travels as text: text cannot say null, so it is left out instead."""
    plain = untitled(part)
    if "anyOf" in plain:
        some = [choice for choice in plain.pop("anyOf") if choice != {"type": "null"}]
        plain |= some[0] if len(some) == 1 else {"anyOf": some}
    if plain.get("default", ...) is None:
        del plain["default"]
    return plain


def _model_name(operation: Operation, name: str) -> str:
    """A name that no other provider's model of the same name takes over."""
    return re.sub(r"\W", "", operation.provider.name) + name


def _template(operation: Operation, way: str = "") -> str:
    return TEMPLATE.format(model=_model_name(operation, "{model}" + way))


def _prefixed(operation: Operation, models: dict[str, Any], way: str = "") -> dict[str, Any]:
    return {_model_name(operation, name + way): model for name, model in models.items()}


def _selectors(operation: Operation, parameter_names: set[str]) -> list[dict[str, Any]]:
    alias = operation.provider.identity.alias
    words = {"connection": "Id of one of your connections, when you have several."}
    if alias and alias not in parameter_names:
        words[alias] = f"Id of the {operation.provider.identity.noun}, as another way to say which."
    return [
        {"name": name, "in": "query", "required": False, "description": text, "schema": dict(NO_NUL)}
        for name, text in words.items()
    ]


def _responses(operation: Operation, models: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = TypeAdapter(operation.returns).json_schema(
            mode="serialization", ref_template=_template(operation)
        )
    except (PydanticSchemaGenerationError, PydanticUserError):
        answer = {}
    models |= _prefixed(operation, answer.pop("$defs", {}))
    if operation.returns_list:
        answer = {
            "type": "object",
            "required": [operation.list_key, "hasMore", "nextCursor"],
            "properties": {
                operation.list_key: answer,
                "hasMore": {"type": "boolean"},
                # Whole lists say so: there is nothing to ask for next.
                "nextCursor": {"type": ["string", "null"] if "cursor" in operation.parameters else "null"},
            },
        }
    if operation.fresh_for is not None:
        labels = {"cached": {"type": "boolean"}, "stale": {"type": "boolean"}}
        if "$ref" in answer:
            answer = {"allOf": [answer, {"type": "object", "properties": labels}]}
        elif answer.get("type") == "object":
            answer = {**answer, "properties": {**answer.get("properties", {}), **labels}}
            answer.pop("additionalProperties", None)
    problem = {"application/json": {"schema": {"$ref": TEMPLATE.format(model="ErrorAnswer")}}}
    return {
        str(operation.status): {
            "description": "Done.",
            "content": {"application/json": {"schema": answer}},
        },
        **{str(status): {"description": text, "content": problem} for status, text in ERRORS.items()},
    }

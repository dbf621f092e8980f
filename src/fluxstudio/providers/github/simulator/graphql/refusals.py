"""What GitHub's GraphQL API says where a query is wrong or may not be answered.

Shapes and words by what it answered to others (read 2026-11-30):
ministryofjustice/modernisation-platform#11985, avitorio/outstatic#17, Thinkmill/keystatic#1269 and #1598.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, type_from_ast
from graphql.language import print_ast
from graphql.utilities import validate_input_value

Json = dict[str, Any]
MISSING_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")

MISSING_VALUE = re.compile(r"to include required field '(\w+)'|non-nullable|not to be None|null")


class QueryRefused(Exception):
    """An error with a type of GitHub's, such as `STALE_DATA`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def explained(error: GraphQLError) -> Json:
    """An error of validating or running a query, as GitHub shows it."""
    about: Json = {"path": error.path, "locations": _locations(error)}
    about = {name: value for name, value in about.items() if value}
    if isinstance(error.original_error, QueryRefused):
        return {"type": error.original_error.kind, **about, "message": str(error.original_error)}
    if missing := MISSING_FIELD.match(error.message):
        field, kind = missing.groups()
        extensions = {"code": "undefinedField", "typeName": kind, "fieldName": field}
        return {
            **about,
            "extensions": extensions,
            "message": f"Field '{field}' doesn't exist on type '{kind}'",
        }
    return {**about, "message": error.message}


def wrong_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> list[Json]:
    """The variables whose values do not fit, with what is wrong in each."""
    refused: list[Json] = []
    for definition in operation.variable_definitions or ():
        name, kind = definition.variable.name.value, type_from_ast(schema, definition.type)
        if kind is None or (name not in variables and definition.default_value is not None):
            continue
        problems: list[Json] = []
        if name in variables or print_ast(definition.type).endswith("!"):
            _examine(variables.get(name), kind, problems)
        if problems:
            refused.append(_wrong_variable(definition, variables.get(name), problems))
    return refused


def _examine(value: Any, kind: Any, problems: list[Json]) -> None:
    def note(error: GraphQLError, path: Sequence[str | int]) -> None:
        wanted = MISSING_VALUE.search(error.message)
        place = [*path, wanted[1]] if wanted and wanted[1] else list(path)
        explanation = "Expected value to not be null" if wanted else error.message
        problems.append({"path": place, "explanation": explanation})

    validate_input_value(value, kind, note)


def _wrong_variable(definition: Any, value: Any, problems: Sequence[Json]) -> Json:
    name, kind = definition.variable.name.value, print_ast(definition.type)
    first = problems[0]
    place = ".".join(map(str, first["path"]))
    where, reason = f" for {place}" if place else "", first["explanation"]
    return {
        "extensions": {"value": value, "problems": list(problems)},
        "locations": [_location(definition)],
        "message": f"Variable ${name} of type {kind} was provided invalid value{where} ({reason})",
    }


def _location(node: Any) -> Json:
    place = node.loc.start_token
    return {"line": place.line, "column": place.column}


def _locations(error: GraphQLError) -> list[Json]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]

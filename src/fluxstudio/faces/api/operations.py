"""Every declared operation behind its address; signature and docstring are all there is to it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import msgspec
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from fluxstudio.core.registry import RegisteredProvider, Registry
from fluxstudio.faces.api.chosen_connection import CONNECTION, chosen_connection, json_object
from fluxstudio.faces.api.fast_path import PREFIX, Endpoint, FastPath
from fluxstudio.faces.api.openapi import described
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.api.uploads import form_fields
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.middleware.bodies import UPLOAD, reads
from fluxstudio.flows import call
from fluxstudio.flows.identity.access_tokens import operation_scopes
from fluxstudio.sdk import Operation


class Operations:
    """Every declared operation of a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._sorted = sorted(registry.operations, key=lambda entry: entry.path.count("{"))

    def answer_in(self, ahead: FastPath) -> None:
        """Have operations answered at their addresses."""
        for operation in self._sorted:
            ahead.add(operation.method, operation.provider.id, operation.path, _endpoint(operation))

    def documented(self) -> list[APIRoute]:
        """The same as routes of the framework, for the OpenAPI document; made when somebody wants it."""
        examples = {entry.provider.id: _examples(entry) for entry in self._registry}
        return [
            _documented(operation, examples[operation.provider.id].get(operation.name, {}))
            for operation in self._sorted
        ]


def _documented(operation: Operation, example: dict[str, Any]) -> APIRoute:
    return APIRoute(
        f"{PREFIX}{operation.provider.id}/{operation.path}",
        _endpoint(operation),
        methods=[operation.method],
        status_code=operation.status,
        name=operation.full_name,
        operation_id=operation.full_name.replace(".", "_"),
        summary=operation.summary,
        description=operation.description,
        tags=[operation.provider.name],
        response_model=None,
        openapi_extra=described(operation, example),
    )


def _examples(registered: RegisteredProvider) -> dict[str, dict[str, Any]]:
    """The arguments of a call that works, by operation: the first in the provider's own fixtures."""
    text = registered.file("fixtures/operations.json")
    calls = msgspec.json.decode(text) if text else []
    return {call["operation"]: call["args"] for call in reversed(calls)}


def _endpoint(operation: Operation) -> Endpoint:
    names = frozenset(operation.public_name(name) for name in operation.parameters)
    choices = frozenset({CONNECTION, operation.provider.identity.alias}) - names
    scopes = operation_scopes(operation)

    async def endpoint(request: Request) -> Response:
        actor = await authenticator_of(request).actor(request, *scopes)
        async with AsyncExitStack() as files:
            arguments = await _arguments(operation, names, request, files)
            chosen = chosen_connection(request, operation.provider, arguments if operation.writes else None)
            outcome = await call.run(
                services_of(request),
                actor,
                operation.full_name,
                {name: value for name, value in arguments.items() if name not in choices},
                connection=chosen.connection,
                account=chosen.account,
            )
        return json_answer(outcome.body(operation), operation.status)

    return reads(UPLOAD)(endpoint) if operation.takes_upload else endpoint


async def _arguments(
    operation: Operation, names: frozenset[str], request: Request, files: AsyncExitStack
) -> dict[str, Any]:
    """What was sent, under public names: path and query for reads, path and body for writes.

    Files stay open, and on disk where they are large, until `files` ends.
    """
    arguments: dict[str, Any] = dict(request.path_params)
    if operation.method in {"GET", "DELETE"}:
        arguments |= {
            name: value for name, value in request.query_params.items() if name in names - arguments.keys()
        }
        return arguments
    body = await (form_fields(request, files) if operation.takes_upload else json_object(request))
    return {**body, **arguments}

"""Every declared operation behind its address; signature and docstring are all there is to it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import RegisteredProvider, Registry
from fluxstudio.faces.api.chosen_connection import CONNECTION, chosen_connection, json_object
from fluxstudio.faces.api.fast_path import PREFIX, Endpoint, FastPath
from fluxstudio.faces.api.openapi import described
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.middleware.bodies import UPLOAD, reads
from fluxstudio.faces.uploads import form_fields
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
            ahead.add(operation.method, _path(operation), _endpoint(operation))

    def documented(self) -> list[APIRoute]:
        """The same as routes of the framework, for the OpenAPI document; made when somebody wants it."""
        examples = {entry.provider.id: _examples(entry) for entry in self._registry}
        return [
            _documented(operation, examples[operation.provider.id].get(operation.name, {}))
            for operation in self._sorted
        ]


def _path(operation: Operation) -> str:
    return f"{PREFIX}{operation.provider.id}/{operation.path}"


def _documented(operation: Operation, example: dict[str, Any]) -> APIRoute:
    return APIRoute(
        _path(operation),
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
        query = _query(request)
        return await answer(request, actor, query, await _arguments(operation, names, query, request))

    async def with_files(request: Request) -> Response:
        actor = await authenticator_of(request).actor(request, *scopes)
        # They stay open, and on disk where they are large, until the call has ended.
        async with AsyncExitStack() as files:
            fields = await form_fields(request, files)
            return await answer(request, actor, _query(request), {**fields, **request.path_params})

    async def answer(
        request: Request, actor: Actor, query: Mapping[str, str], arguments: Mapping[str, Any]
    ) -> Response:
        chosen = chosen_connection(query, operation.provider, arguments if operation.writes else None)
        outcome = await call.run(
            services_of(request),
            actor,
            operation.full_name,
            {name: value for name, value in arguments.items() if name not in choices},
            connection=chosen.connection,
            account=chosen.account,
        )
        return json_answer(outcome.body(operation), operation.status)

    return reads(UPLOAD)(with_files) if operation.takes_upload else endpoint


def _query(request: Request) -> dict[str, str]:
    """What the address asks for; of several values with one name the last."""
    return dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))


async def _arguments(
    operation: Operation, names: frozenset[str], query: Mapping[str, str], request: Request
) -> dict[str, Any]:
    """What was sent, under public names: path and query for reads, path and body for writes."""
    in_path = request.path_params
    if operation.method in {"GET", "DELETE"}:
        return {**{name: value for name, value in query.items() if name in names}, **in_path}
    return {**await json_object(request), **in_path}

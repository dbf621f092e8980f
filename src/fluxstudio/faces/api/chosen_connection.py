"""Which connection a request means: named in its address, or in the body of a write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import Request

from fluxstudio.errors import InvalidRequest
from fluxstudio.kit import json
from fluxstudio.sdk import Provider

CONNECTION = "connection"


class ChosenConnection(NamedTuple):
    """A connection by its id, or by the provider's id of its account; neither where none is named."""

    connection: str | None
    account: str | None


def chosen_connection(
    query: Mapping[str, str], provider: Provider, body: Mapping[str, Any] | None = None
) -> ChosenConnection:
    """The connection that a request names; the query of its address counts before its body.

    Raises `InvalidRequest` for a name that is no text.
    """
    alias = provider.identity.alias
    return ChosenConnection(_named(query, CONNECTION, body), _named(query, alias, body) if alias else None)


def _named(query: Mapping[str, str], name: str, body: Mapping[str, Any] | None) -> str | None:
    # An empty name is one that nothing has, and must not stand for "all".
    value = query.get(name, (body or {}).get(name))
    if value is None or isinstance(value, str):
        return value
    raise InvalidRequest(f"`{name}` has to be a text.", {name: "must be a text"})


async def json_object(request: Request) -> dict[str, Any]:
    """The object in a request's body, empty without one. Raises `InvalidRequest` for anything else."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.decode(raw)
    except json.NotJson:
        raise InvalidRequest("The body is not JSON. Send a JSON object.", {"body": "is not JSON"}) from None
    if not isinstance(body, dict):
        raise InvalidRequest("The body has to be a JSON object.", {"body": "is not an object"})
    return body

"""What the document says of raw calls, whose answers are the provider's own."""

from __future__ import annotations

from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.faces.api.openapi import NO_NUL

PROXY_TAG = "Raw calls"
PROXY_PATH = "/api/proxy/{provider}/{path}"
METHODS = {
    "get": "Read from a provider's own API",
    "post": "Post to a provider's own API",
    "put": "Put to a provider's own API",
    "patch": "Change something by a provider's own API",
    "delete": "Delete something by a provider's own API",
}
ANYTHING: dict[str, Any] = {"application/json": {"schema": {}}}
ANSWERS = {
    "200": "The provider's answer, as it is.",
    "201": "The provider's answer, as it is.",
    "202": "The provider's answer, as it is.",
    **dict.fromkeys(
        ("400", "401", "403", "404", "409", "413", "422", "429", "502", "503"),
        "An `ErrorAnswer` where we refuse the call (`success` is false), else the provider's answer.",
    ),
}


def raw_calls(registry: Registry) -> dict[str, Any]:
    """The paths of raw calls."""
    providers = [entry.provider.id for entry in registry]
    return {PROXY_PATH: {method: _raw_call(method, providers) for method in METHODS}}


def _raw_call(method: str, providers: list[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "operationId": f"proxy_{method}",
        "summary": METHODS[method],
        "description": "Sent with the token of the caller's connection, which is not shown. "
        f"An access token needs `{'read' if method == 'get' else 'write'}`. Further fields of the query are "
        "sent on. Bodies and answers may be of any media type, 100 MB at most, and pass as they come.",
        "tags": [PROXY_TAG],
        "parameters": [
            {
                **{"name": "provider", "in": "path", "required": True},
                "description": "Id of the provider, as `GET /api/providers` lists them.",
                "schema": {"type": "string", "enum": providers},
            },
            {
                **{"name": "path", "in": "path", "required": True},
                "description": "Path of the provider's documentation, below its API. Slashes may be encoded.",
                "schema": {"type": "string"},
                "example": "v1/me",
            },
            {
                **{"name": "connection", "in": "query", "required": False},
                "description": "Id of one of your connections, when you have several.",
                "schema": dict(NO_NUL),
            },
        ],
        "responses": {
            **{status: {"description": text, "content": ANYTHING} for status, text in ANSWERS.items()},
            "204": {"description": "Done; the provider says no more."},
        },
    }
    if method in {"post", "put", "patch"}:
        entry["requestBody"] = {"required": False, "content": ANYTHING}
    return entry

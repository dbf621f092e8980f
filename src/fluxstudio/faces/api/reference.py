"""The OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response
from starlette.routing import BaseRoute

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.api.openapi import TEMPLATE, as_text
from fluxstudio.faces.api.openapi_events import INBOUND_TAG, STREAM_TAG, addresses, messages
from fluxstudio.faces.api.openapi_proxy import PROXY_TAG, raw_calls
from fluxstudio.faces.api.schemas.common import ErrorAnswer, json_answer
from fluxstudio.faces.authentication import authenticator_of
from fluxstudio.flows.connections.refusals import CONNECT_CODES

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "session": {"type": "apiKey", "in": "cookie", "name": "fluxstudio_session"},
}

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Carries the request out once, and answers it the same for a day.",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
}


HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "Names this request in the log; errors say it as `requestId`.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit": {
        "description": "What is left of the caller's limit, and when it is whole again.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {"description": "The caller's limit.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "The answer is the one that this `Idempotency-Key` was given before.",
        "schema": {"type": "string"},
    },
}
# What a name means wherever it stands.
PARAMETERS = {
    "provider": "Id of the provider, as `GET /api/providers` lists them.",
    "invitation": "Id of the invitation.",
    "session": "Id of the session.",
}
TAGS = {
    "Connections": "Providers, connecting, renewing and ending connections.",
    "Session": "Signing a browser in and out.",
    "Audit": "What was done, by whom.",
    "People": "Who can sign in, and what they can do.",
    "Access tokens": "Tokens for scripts and programs.",
    "Events": "What providers sent, and what became of it.",
    "Endpoints": "Webhooks to your own product.",
    "Design tokens": "Tokens of Figma and of a repository, kept alike.",
    "Automations": "When something happens, do something.",
    "Insights": "What happened over time.",
    "Agents": "Programs that call tools for a user.",
    "Approvals": "Calls of agents that wait for their user.",
    "Tools": "Tools of the configured MCP servers.",
    "Questions": "Questions about the data, in words.",
    "Health": "Whether the product works.",
    PROXY_TAG: "Providers' own APIs, with the caller's token.",
    STREAM_TAG: "What happens, as it happens.",
    INBOUND_TAG: "Addresses for providers only.",
}
# What a schema is known by, beside its title.
SCHEMA_WORDS = frozenset({"type", "$ref", "anyOf", "allOf", "enum", "const", "description", "default"})


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the API, with the models of every operation."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    settings, registry = app.state.services.settings, app.state.services.registry
    schema = get_openapi(
        title=app.title,
        version=app.version,
        routes=[*app.state.documented(), *app.routes],
        description="Figma, Slack and GitHub for every user of your product.",
        servers=[{"url": settings.base_url, "description": "This installation"}],
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
    )
    providers = [entry.provider.id for entry in registry]
    models = schema.setdefault("components", {}).setdefault("schemas", {})
    models["ErrorAnswer"] = ErrorAnswer.model_json_schema(by_alias=True, ref_template=TEMPLATE)
    models["ErrorAnswer"]["properties"]["code"] = {"$ref": TEMPLATE.format(model="ErrorCode")}
    models["ErrorCode"] = {
        "type": "string",
        "description": "What went wrong, by a name that stays.",
        "enum": error_codes(),
    }
    for methods in schema["paths"].values():
        for method, entry in methods.items():
            models |= _completed(method, entry, providers)
    for path, methods in {**raw_calls(registry), **addresses(registry)}.items():
        for entry in methods.values():
            entry.setdefault("security", [{"bearer": []}, {"session": []}])
        schema["paths"].setdefault(path, {}).update(methods)
    schema["webhooks"], message_models = messages()
    models |= message_models
    for name in ("HTTPValidationError", "ValidationError"):
        models.pop(name, None)
    schema["components"]["securitySchemes"] = SECURITY
    schema["components"]["headers"] = HEADERS
    schema["tags"] = _tags(schema, TAGS | {entry.provider.name: entry.provider.tagline for entry in registry})
    for part in ("paths", "webhooks", "components"):
        _drop_titles(schema[part])
    for name, model in models.items():
        model["title"] = name
    app.openapi_schema = schema
    return schema


def _completed(method: str, entry: dict[str, Any], providers: list[str]) -> dict[str, Any]:
    """Add what the framework leaves unsaid of an operation; the models that it brings."""
    if "x-models" not in entry:
        _add_summary(entry)
    entry["summary"] = entry["summary"].rstrip(".")
    models: dict[str, Any] = entry.pop("x-models", {})
    entry.get("responses", {}).pop("422", None)
    if method == "post":
        _add_idempotency(entry)
    entry.setdefault("security", [{"bearer": []}, {"session": []}])
    _add_headers(method, entry)
    for parameter in entry.get("parameters", []):
        if parameter["name"] in PARAMETERS:
            parameter.setdefault("description", PARAMETERS[parameter["name"]])
        parameter["schema"] = as_text(parameter["schema"]) | _provider_choices(parameter, providers)
    return models


def error_codes() -> list[str]:
    """Every code that an error of ours can have."""
    kinds, codes = [FluxStudioError], set(CONNECT_CODES)
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("fluxstudio."):
            codes.add(kind.code)
    return sorted(codes)


def _tags(schema: Mapping[str, Any], descriptions: Mapping[str, str]) -> list[dict[str, str]]:
    """Every tag that an operation has, in the order of their appearance."""
    entries = [entry for methods in schema["paths"].values() for entry in methods.values()]
    names = dict.fromkeys(tag for entry in entries for tag in entry.get("tags", ()))
    return [{"name": name, "description": descriptions.get(name, "")} for name in names]


def _add_summary(entry: dict[str, Any]) -> None:
    """The first sentence of what is said of an operation."""
    text = str(entry.get("description", "")).partition("\n\n")[0].replace("\n", " ")
    if text:
        entry["summary"] = re.split(r"(?<=[^.])\.(?:\s|$)", text, maxsplit=1)[0]


def _add_headers(method: str, entry: dict[str, Any]) -> None:
    """The headers that every answer has, and those of one that asks to wait."""
    for status, response in entry.get("responses", {}).items():
        names = ["X-Request-Id"]
        if status == "429":
            names += ["Retry-After"]
        if status.startswith("2"):
            names += ["RateLimit", "RateLimit-Policy", *(["Idempotent-Replayed"] if method == "post" else [])]
        response.setdefault("headers", {}).update(
            {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        )


def _drop_titles(part: Any) -> None:
    """Take out titles that only say a property's name once more: programs make types of them."""
    if isinstance(part, list):
        for entry in part:
            _drop_titles(entry)
    elif isinstance(part, dict):
        if isinstance(part.get("title"), str) and part.keys() & SCHEMA_WORDS:
            del part["title"]
        for name, entry in part.items():
            if name not in {"example", "examples", "default", "enum"}:
                _drop_titles(entry)


def _add_idempotency(entry: dict[str, Any]) -> None:
    """What every POST takes and may answer beside its own."""
    entry["parameters"] = [*entry.get("parameters", []), dict(IDEMPOTENCY_KEY)]
    reused = {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}
    entry.setdefault("responses", {})["422"] = {
        "description": "The `Idempotency-Key` was sent with another request before.",
        "content": {"application/json": reused},
    }


def _provider_choices(parameter: dict[str, Any], providers: list[str]) -> dict[str, Any]:
    """What can stand for `{provider}` in a path: those that are registered here."""
    is_provider = (parameter["in"], parameter["name"]) == ("path", "provider")
    return {"enum": providers} if is_provider else {}


def install(app: FastAPI, further: Callable[[], Sequence[BaseRoute]]) -> None:
    """Serve the document, in which `further` routes come first."""
    app.state.documented = further

    @app.get("/api/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        await authenticator_of(request).count(request, None)
        return json_answer(document(app))

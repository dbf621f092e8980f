"""The OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response
from starlette.routing import BaseRoute

from fluxstudio.faces.api.openapi import as_text
from fluxstudio.faces.api.schemas.common import ErrorAnswer, json_answer
from fluxstudio.faces.authentication import authenticator_of

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


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the API, with the models of every operation."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    schema = get_openapi(
        title=app.title,
        version=app.version,
        routes=[*app.state.documented(), *app.routes],
        description="Figma, Slack and GitHub for every user of your product.",
    )
    providers = [entry.provider.id for entry in app.state.services.registry]
    models = schema.setdefault("components", {}).setdefault("schemas", {})
    models.setdefault("ErrorAnswer", ErrorAnswer.model_json_schema(by_alias=True))
    for methods in schema["paths"].values():
        for method, entry in methods.items():
            models |= entry.pop("x-models", {})
            entry.get("responses", {}).pop("422", None)
            if method == "post":
                _add_idempotency(entry)
            entry.setdefault("security", [{"bearer": []}, {"session": []}])
            for parameter in entry.get("parameters", []):
                parameter["schema"] = as_text(parameter["schema"]) | _provider_choices(parameter, providers)
    for name in ("HTTPValidationError", "ValidationError"):
        models.pop(name, None)
    schema["components"]["securitySchemes"] = SECURITY
    app.openapi_schema = schema
    return schema


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

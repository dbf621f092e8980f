"""The OpenAPI document."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from fluxstudio.faces.api.answers import ErrorAnswer, json_answer

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "session": {"type": "apiKey", "in": "cookie", "name": "fluxstudio_session"},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the API, with the models of every operation."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    found = get_openapi(
        title=app.title,
        version=app.version,
        routes=app.routes,
        description="Figma, Slack and GitHub for every user of your product.",
    )
    models = found.setdefault("components", {}).setdefault("schemas", {})
    models.setdefault("ErrorAnswer", ErrorAnswer.model_json_schema(by_alias=True))
    for methods in found["paths"].values():
        for entry in methods.values():
            models |= entry.pop("x-models", {})
            entry.get("responses", {}).pop("422", None)
            entry.setdefault("security", [{"bearer": []}, {"session": []}])
    for name in ("HTTPValidationError", "ValidationError"):
        models.pop(name, None)
    found["components"]["securitySchemes"] = SECURITY
    app.openapi_schema = found
    return found


def install(app: FastAPI) -> None:
    """Serve the document."""

    @app.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return json_answer(document(app))

"""Every error as the contract writes it."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from fluxstudio.errors import FluxStudioError, InvalidRequest, NotFound, Unavailable
from fluxstudio.faces.api.answers import json_answer
from fluxstudio.faces.web.errors import error_page
from fluxstudio.kit.postgres.database import DatabaseUnavailable

log = structlog.get_logger(__name__)


class MethodNotAllowed(FluxStudioError):
    """The path exists, the method does not."""

    status = 405
    code = "METHOD_NOT_ALLOWED"


def answer_for(request: Request, error: FluxStudioError) -> Response:
    """An error as JSON below `/api`, as a page elsewhere."""
    path = request.url.path
    if path.startswith(("/api", "/health", "/ready", "/metrics")):
        response = json_answer(error.body(), error.status)
    else:
        response = error_page(request, error)
    response.headers.update(error.headers())
    return response


def install(app: FastAPI) -> None:
    """Let the app answer every error in the contract's form."""

    @app.exception_handler(FluxStudioError)
    async def ours(request: Request, error: FluxStudioError) -> Response:
        return answer_for(request, error)

    @app.exception_handler(DatabaseUnavailable)
    async def no_database(request: Request, error: DatabaseUnavailable) -> Response:
        log.error("database_unavailable", path=request.url.path)
        return answer_for(
            request, Unavailable("The database does not answer. Nothing was changed; try again in a moment.")
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        fields = {
            ".".join(str(part) for part in item["loc"][1:]) or "body": item["msg"] for item in error.errors()
        }
        return answer_for(
            request, InvalidRequest("Correct the fields named and send the request again.", fields)
        )

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            message = f"{request.method} does not work here. See /api/docs for what does."
            response = answer_for(request, MethodNotAllowed(message))
            response.headers.update(error.headers or {})
            return response
        if error.status_code == 404:
            return answer_for(request, NotFound("There is nothing here. See /api/docs for what there is."))
        return answer_for(
            request, InvalidRequest("This request cannot be read. Correct it and send it again.")
        )

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        log.error("unforeseen", path=request.url.path, kind=type(error).__name__, exc_info=error)
        return answer_for(
            request,
            FluxStudioError("Something went wrong on our side. Nothing more is known here; try again."),
        )

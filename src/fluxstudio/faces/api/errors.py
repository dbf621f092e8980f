"""Every error as the contract writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from fluxstudio.errors import FluxStudioError, InvalidRequest, NotFound, Unavailable
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.web.shell.errors import error_page, recognize
from fluxstudio.kit.postgres.database import DatabaseUnavailable, Unstorable

log = structlog.get_logger(__name__)


PAGES = r"/api/docs|/api/integrations/[^/]+/callback"
NO_DATABASE = "The database does not answer. Nothing was changed; try again in a moment."
UNSTORABLE = "The request holds a character that cannot be kept, such as a NUL. Leave it out and try again."
UNFORESEEN = "Something went wrong on our side. Try again, or contact your admin."
NOTHING_HERE = "There is nothing here. See /api/docs for what there is."
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class MethodNotAllowed(FluxStudioError):
    """The path exists, the method does not."""

    status = 405
    code = "METHOD_NOT_ALLOWED"

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        super().__init__(f"{method} does not work here. See /api/docs for what does.")
        self._allowed = ", ".join(allowed)

    def headers(self) -> Mapping[str, str]:
        return {"Allow": self._allowed}


def answer_for(request: Request, error: FluxStudioError) -> Response:
    """An error as a page where a browser shows it to a person, else as JSON."""
    response = error_page(request, error) if _wants_page(request) else json_answer(error.body(), error.status)
    response.headers.update(error.headers())
    return response


# What clients of agents ask; people decide on /oauth/authorize.
OAUTH = ("/oauth/token", "/oauth/register", "/oauth/revoke")


def _wants_page(request: Request) -> bool:
    if not hasattr(request.app.state, "pages"):
        # A worker answers probes and has no pages.
        return False
    if request.url.path.startswith(("/health", "/ready", "/metrics", "/mcp", "/.well-known/", *OAUTH)):
        return False
    if not request.url.path.startswith("/api"):
        return True
    # Providers send people to a path of the API.
    navigates = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    return navigates and re.fullmatch(PAGES, request.url.path) is not None


def _allowed(request: Request) -> list[str]:
    """Every method that works at this address; the framework itself tells those of one route only."""
    scope = {name: value for name, value in request.scope.items() if name != "fastapi"}
    routes = request.app.routes
    return [
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]


def answer_to(request: Request, error: Exception) -> Response:
    """The answer to whatever went wrong; what nobody foresaw is logged and says no more than that."""
    match error:
        case FluxStudioError():
            request.scope.setdefault("state", {})["error"] = error
            return answer_for(request, error)
        case DatabaseUnavailable():
            log.debug("unanswered_without_database", path=request.url.path)
            return answer_for(request, Unavailable(NO_DATABASE))
        case Unstorable():
            return answer_for(request, InvalidRequest(UNSTORABLE))
        case RequestValidationError():
            return answer_for(request, _invalid(error))
        case HTTPException():
            return _refused(request, error)
    log.error("unforeseen", path=request.url.path, kind=type(error).__name__, exc_info=error)
    return answer_for(request, FluxStudioError(UNFORESEEN))


def _invalid(error: RequestValidationError) -> InvalidRequest:
    fields = {
        ".".join(str(part) for part in item["loc"][1:]) or "body": item["msg"] for item in error.errors()
    }
    return InvalidRequest("Correct the fields named and send the request again.", fields)


def _refused(request: Request, error: HTTPException) -> Response:
    if isinstance(error.__cause__, FluxStudioError):
        # The framework takes whatever goes wrong while a body is read for a body that cannot be read.
        return answer_for(request, error.__cause__)
    if error.status_code == 405:
        return answer_for(request, MethodNotAllowed(request.method, _allowed(request)))
    if error.status_code == 404:
        advice = "Check the address, or go back." if _wants_page(request) else NOTHING_HERE
        return answer_for(request, NotFound(advice))
    return answer_for(request, InvalidRequest("This request cannot be read. Correct it and send it again."))


def install(app: FastAPI) -> None:
    """Let the app answer every error in the contract's form."""

    async def handler(request: Request, error: Exception) -> Response:
        if _wants_page(request):
            await recognize(request)
        return answer_to(request, error)

    for kind in (
        FluxStudioError,
        DatabaseUnavailable,
        Unstorable,
        RequestValidationError,
        HTTPException,
        Exception,
    ):
        app.add_exception_handler(kind, handler)

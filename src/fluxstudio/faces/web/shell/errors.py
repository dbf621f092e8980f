"""Errors as pages."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fluxstudio.errors import FluxStudioError, MissingToken
from fluxstudio.faces.web.components.views import LinkView
from fluxstudio.faces.web.shell.paths import HOME, sign_in_path
from fluxstudio.faces.web.shell.templating import PageRenderer
from fluxstudio.faces.web.shell.views import ErrorPage, Shell
from fluxstudio.faces.web.shell.visit import SignInNeeded

# What a page shows where it happened, beside the form or the list it concerns.
SHOWN_IN_PLACE = frozenset({400, 403, 404, 409, 413, 429, 502, 503})

TITLES = {
    403: "You cannot do this",
    404: "There is nothing here",
    405: "This cannot be opened like this",
    409: "This needs a connection",
    413: "This is too large",
    429: "A moment of patience",
    502: "The provider does not answer",
    503: "Not available right now",
}


def error_page(request: Request, error: FluxStudioError) -> Response:
    """An error as a page with its mend; people who are not signed in are asked to first."""
    if isinstance(error, SignInNeeded | MissingToken):
        url = request.url
        here = url.path + (f"?{url.query}" if url.query else "")
        return RedirectResponse(sign_in_path(here if request.method == "GET" else HOME), 303)
    page = ErrorPage(
        status=error.status,
        title=TITLES.get(error.status, "This did not work"),
        detail=error.message,
        action=LinkView(label="Back to Home", href=HOME),
        reference=error.code,
    )
    pages: PageRenderer = request.app.state.pages
    shell = Shell(nonce=request.state.nonce.value, csrf="", path=request.url.path)
    return HTMLResponse(pages.page(page, shell), error.status)

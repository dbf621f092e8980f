"""Errors as pages."""

from __future__ import annotations

from contextlib import suppress

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fluxstudio.errors import FluxStudioError, MissingToken, NotFound
from fluxstudio.faces.authentication import authenticator_of
from fluxstudio.faces.web.components.views import LinkView
from fluxstudio.faces.web.shell.paths import HELP, HOME, sign_in_path
from fluxstudio.faces.web.shell.templating import PageRenderer
from fluxstudio.faces.web.shell.views import ErrorPage, Shell
from fluxstudio.faces.web.shell.visit import SignInNeeded, Visit
from fluxstudio.kit.postgres.database import DatabaseUnavailable
from fluxstudio.kit.trace import current_request

# What a page shows where it happened, beside the form or the list it concerns.
SHOWN_IN_PLACE = frozenset({400, 403, 404, 409, 413, 429, 502, 503})

TITLES = {
    403: "You don’t have access",
    404: "Page not found",
    405: "This page can’t be opened like this",
    409: "This needs a connection",
    413: "That’s too large",
    429: "Too many requests",
    500: "Something went wrong",
    502: "No answer from the provider",
    503: "Not available right now",
}
LINK_ENDED = "This link no longer works"
# What may work a moment later.
TRANSIENT_STATUSES = frozenset({429, 500, 502, 503})


class LinkEnded(NotFound):
    """A link for one use was used, or has expired; whoever opens it may have no account here."""


async def recognize(request: Request) -> None:
    """Find out who is there before something is said about an address that no page has."""
    if getattr(request.state, "visit", None) is None:
        with suppress(DatabaseUnavailable):
            actor = await authenticator_of(request).signed_in(request)
            browser = authenticator_of(request).browser(request)
            request.state.visit = Visit(request, actor, browser or "", first=False)


def error_page(request: Request, error: FluxStudioError) -> Response:
    """An error as a page with what to do; inside the shell for those who are signed in.

    People who are not are asked to sign in first.
    """
    if isinstance(error, SignInNeeded | MissingToken):
        url = request.url
        here = url.path + (f"?{url.query}" if url.query else "")
        return RedirectResponse(sign_in_path(here if request.method == "GET" else HOME), 303)
    shell, has_ended = _shell(request), isinstance(error, LinkEnded)
    leads_home = shell.person is not None or not has_ended
    page = ErrorPage(
        status=None if has_ended else error.status,
        title=LINK_ENDED if has_ended else TITLES.get(error.status, "That didn’t work"),
        detail=error.message,
        action=LinkView(label="Back to Home", href=HOME) if leads_home else None,
        again=_again(request) if error.status in TRANSIENT_STATUSES else None,
        reference=f"{error.code} {current_request()}".strip(),
        help_link=LinkView(label="About this error", href=f"{HELP}/troubleshooting#{error.code.lower()}"),
    )
    pages: PageRenderer = request.app.state.pages
    return HTMLResponse(pages.page(page, shell), error.status)


def _again(request: Request) -> LinkView | None:
    """The same once more, where that is only looking at a page."""
    if request.method != "GET":
        return None
    url = request.url
    return LinkView(label="Try again", href=url.path + (f"?{url.query}" if url.query else ""))


def _shell(request: Request) -> Shell:
    visit: Visit | None = getattr(request.state, "visit", None)
    if visit is not None and visit.signed_in:
        return visit.shell()
    return Shell(nonce=request.state.nonce.value, csrf="", path=request.url.path)

"""HTTPS only: plain HTTP gets a page's address under HTTPS, and nothing else."""

from __future__ import annotations

import structlog
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Scope

from fluxstudio.errors import HttpsRequired
from fluxstudio.faces.middleware.pipeline import Exchange, Stage

log = structlog.get_logger(__name__)

# What balancers ask from within, where there is no HTTPS.
OPEN = frozenset({"/health", "/ready", "/metrics"})


class HttpsOnly(Stage):
    """Lets only requests pass which came by HTTPS, as a trusted proxy says."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        scope = exchange.scope
        return None if scope["scheme"] == "https" or scope["path"] in OPEN else self._refused(scope)

    def _refused(self, scope: Scope) -> Response:
        proxied = bool(scope.get("state", {}).get("proxied"))
        is_forwarded = any(name == b"x-forwarded-proto" for name, _ in scope["headers"])
        if proxied != is_forwarded:
            # To send this one to HTTPS would bring it back here by the same way, for ever.
            log.warning("proxy_not_understood", trusted=proxied, address=(scope.get("client") or ("",))[0])
            return _answer(
                "A proxy in between does not say that you came by HTTPS, or is not trusted to. An "
                "administrator has to let it send X-Forwarded-Proto and name its address in TRUSTED_PROXIES."
            )
        if scope["method"] in {"GET", "HEAD"} and not scope["path"].startswith("/api"):
            query = scope["query_string"].decode("latin-1")
            path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
            return RedirectResponse(f"{self._base_url}{path}{'?' + query if query else ''}", 307)
        return _answer(
            f"This came in clear. Use {self._base_url} instead, and renew any token that was sent with it."
        )


def _answer(message: str) -> Response:
    error = HttpsRequired(message)
    return JSONResponse(error.body(), error.status)

"""Requests that come once this process ends."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from fluxstudio.errors import Unavailable
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.kit.draining import drain_of

# Whoever looks after this process asks these until it has ended.
PROBES = frozenset({"/health", "/ready", "/metrics"})
STOPPING = "This server is stopping, so nothing was done. Send the request again: another one takes it."
RETRY_SECONDS = 1


class LateRequests:
    """ASGI middleware that refuses what comes after the end began; probes go on being answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_late = scope["type"] == "http" and drain_of(scope).stopping.is_set()
        if not is_late or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        answer = json_answer(Unavailable(STOPPING).body(), Unavailable.status)
        answer.headers["retry-after"] = str(RETRY_SECONDS)
        await answer(scope, receive, send)

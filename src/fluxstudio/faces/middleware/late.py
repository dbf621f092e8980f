"""Requests that come once this process ends."""

from __future__ import annotations

from starlette.types import ASGIApp

from fluxstudio.errors import Unavailable
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.middleware.pipeline import Exchange, Stage
from fluxstudio.kit.draining import drain_of

# Whoever looks after this process asks these until it has ended.
PROBES = frozenset({"/health", "/ready", "/metrics"})
STOPPING = "This server is stopping, so nothing was done. Send the request again: another one takes it."
RETRY_SECONDS = 1


class LateRequests(Stage):
    """Refuses what comes after the end began; probes go on being answered."""

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        if not drain_of(exchange.scope).stopping.is_set() or exchange.scope["path"] in PROBES:
            return None
        answer = json_answer(Unavailable(STOPPING).body(), Unavailable.status)
        answer.headers["retry-after"] = str(RETRY_SECONDS)
        return answer

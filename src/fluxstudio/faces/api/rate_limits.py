"""What an answer says of its caller's rate limit.

`RateLimit-Policy` and `RateLimit` are those of draft-ietf-httpapi-ratelimit-headers-11 (May 2026); most
clients still read the three fields that earlier revisions of it had.
"""

from __future__ import annotations

from starlette.types import Message

from fluxstudio.core.rate_limits.inbound import RateRoom
from fluxstudio.faces.middleware.pipeline import Exchange, Stage

POLICY_NAME = b"user"


class RateLimitHeaders(Stage):
    """Adds the fields to answers of the API to callers who were counted."""

    def leave(self, exchange: Exchange, start: Message) -> None:
        scope = exchange.scope
        room: RateRoom | None = scope["state"].get("room") if scope["path"].startswith("/api/") else None
        if room is not None:
            start["headers"] += (
                (b"ratelimit-policy", b'"%s";q=%d;w=%d' % (POLICY_NAME, room.amount, room.window_seconds)),
                (b"ratelimit", b'"%s";r=%d;t=%d' % (POLICY_NAME, room.left, room.reset_seconds)),
                (b"ratelimit-limit", b"%d" % room.amount),
                (b"ratelimit-remaining", b"%d" % room.left),
                (b"ratelimit-reset", b"%d" % room.reset_seconds),
            )

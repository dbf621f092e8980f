"""Serving an ASGI app on a free loopback port, in the running event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from fluxstudio.kit import serving as kit
from fluxstudio.kit.draining import Drain
from tests.support.exchanges import recorded

# What a server under test leaves unanswered on purpose is nobody's to wait for.
GRACE_SECONDS = 0.2


@asynccontextmanager
async def serving(make: Callable[[str], ASGIApp]) -> AsyncIterator[str]:
    """Serve what `make` builds for its own base URL; yields that URL."""
    with kit.listening_socket("127.0.0.1", 0) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with kit.serving(recorded(make(base)), listening, Drain(GRACE_SECONDS)):
            yield base

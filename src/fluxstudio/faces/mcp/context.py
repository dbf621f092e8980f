"""The request that a handler of the protocol answers, as the SDK hands it over."""

from __future__ import annotations

from typing import Any

from mcp.server.context import ServerRequestContext

from fluxstudio.core.agents.agents import Caller

Context = ServerRequestContext[Any, Any]


def caller_of(ctx: Context) -> Caller:
    """The caller of a request that is being handled."""
    assert ctx.request is not None
    caller: Caller = ctx.request.scope["state"]["caller"]
    return caller

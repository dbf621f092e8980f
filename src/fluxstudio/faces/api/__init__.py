"""The HTTP API of the public contract."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from fluxstudio.core.registry import Registry
from fluxstudio.faces.routing import add_routes


def install(app: FastAPI, registry: Registry) -> ASGIApp:
    """Add every route of the API; the app with what is asked most ahead of it."""
    # They take more memory than all else, and a process that only works has no use for them.
    from fluxstudio.faces.api import (
        access_tokens,
        agents,
        ask,
        audit,
        automations,
        connections,
        design_token_imports,
        design_tokens,
        documents,
        embedding,
        endpoints,
        health,
        identity,
        insights,
        mcp,
        metrics,
        operations,
        proxy,
        reference,
        session,
        stream,
        webhooks,
    )
    from fluxstudio.faces.api.fast_path import FastPath
    from fluxstudio.faces.api.idempotency import IdempotentPosts

    every, ahead = operations.Operations(registry), FastPath()
    every.answer_in(ahead)
    provider_ids = [entry.provider.id for entry in registry]
    ahead.add_declared(connections.router, connections.FAST, provider_ids)
    ahead.add_declared(session.router, session.FAST)
    add_routes(
        app,
        connections.router,
        embedding.router,
        session.router,
        session.csrf_router,
        audit.router,
        identity.router,
        access_tokens.router,
        webhooks.router,
        endpoints.router,
        design_token_imports.router,
        design_tokens.router,
        automations.router,
        agents.router,
        mcp.router,
        ask.router,
        insights.router,
        stream.router,
        proxy.router,
        documents.router,
        health.router,
        metrics.router,
    )
    reference.install(app, every.documented)
    return IdempotentPosts(ahead.of(app), app)

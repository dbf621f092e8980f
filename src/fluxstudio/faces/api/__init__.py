"""The HTTP API of the public contract."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from fluxstudio.core.registry import Registry
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
from fluxstudio.faces.api.rate_limits import RateLimitHeaders


def install(app: FastAPI, registry: Registry) -> ASGIApp:
    """Add every route of the API; the app with what is asked most ahead of it."""
    every, ahead = operations.Operations(registry), FastPath()
    every.answer_in(ahead)
    provider_ids = [entry.provider.id for entry in registry]
    ahead.add_declared(connections.router, connections.FAST, provider_ids)
    app.include_router(connections.router)
    app.include_router(embedding.router)
    app.include_router(session.router)
    app.include_router(session.csrf_router)
    app.include_router(audit.router)
    app.include_router(identity.router)
    app.include_router(access_tokens.router)
    app.include_router(webhooks.router)
    app.include_router(endpoints.router)
    app.include_router(design_token_imports.router)
    app.include_router(design_tokens.router)
    app.include_router(automations.router)
    app.include_router(agents.router)
    app.include_router(mcp.router)
    app.include_router(ask.router)
    app.include_router(insights.router)
    app.include_router(stream.router)
    app.include_router(proxy.router)
    app.include_router(documents.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    reference.install(app, every.documented)
    return RateLimitHeaders(IdempotentPosts(ahead.of(app), app), app)

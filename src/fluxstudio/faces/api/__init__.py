"""The HTTP API of the public contract."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from fluxstudio.core.registry import Registry
from fluxstudio.faces.api import (
    audit,
    automations,
    events,
    health,
    metrics,
    oauth,
    operations,
    reference,
    session,
    stream,
)


def install(app: FastAPI, registry: Registry) -> ASGIApp:
    """Add every route of the API; the app with the operations ahead of it."""
    every = operations.Operations(registry)
    app.include_router(oauth.router)
    app.include_router(session.router)
    app.include_router(audit.router)
    app.include_router(events.router)
    app.include_router(automations.router)
    app.include_router(stream.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    reference.install(app, every.documented)
    return every.ahead_of(app)

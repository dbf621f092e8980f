"""The pages."""

from __future__ import annotations

from fastapi import FastAPI

from fluxstudio.core.registry import Registry
from fluxstudio.faces.web import accounts, integrations, listings, static_files
from fluxstudio.faces.web.templating import Pages, environment


def install(app: FastAPI, registry: Registry) -> None:
    """Add every page."""
    app.state.pages = Pages(environment())
    for router in (static_files.router, accounts.router, integrations.router, listings.router):
        app.include_router(router)

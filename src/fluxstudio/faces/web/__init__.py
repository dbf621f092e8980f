"""The pages."""

from __future__ import annotations

from fastapi import FastAPI

from fluxstudio.faces.web import (
    account,
    accounts,
    activity,
    automations,
    demo,
    integrations,
    links,
    listings,
    people,
    reference,
    setup,
    static_files,
    webhooks,
)
from fluxstudio.faces.web import gallery as pieces
from fluxstudio.faces.web.templating import Pages, environment


def install(app: FastAPI, *, gallery: bool) -> None:
    """Add every page; `gallery` adds the one that shows all pieces."""
    app.state.pages = Pages(environment())
    for page in (
        static_files,
        account,
        accounts,
        activity,
        automations,
        demo,
        integrations,
        links,
        listings,
        people,
        reference,
        setup,
        webhooks,
        *([pieces] if gallery else []),
    ):
        app.include_router(page.router)

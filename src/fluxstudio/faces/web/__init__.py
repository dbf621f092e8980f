"""The pages: one folder for each family, `shell` around them, `components` in them."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI

from fluxstudio.faces.routing import add_routes
from fluxstudio.faces.web.components import routes as components
from fluxstudio.faces.web.shell import static_files
from fluxstudio.faces.web.shell.family import PACKAGES, discover
from fluxstudio.faces.web.shell.templating import PageRenderer, StaticFiles, environment


def install(app: FastAPI, *, components_page: bool, packages: Iterable[str] = PACKAGES) -> None:
    """Add every family's pages; `components_page` adds the one that shows all components."""
    families = discover(packages)
    app.state.families = families
    app.state.static = StaticFiles(families)
    app.state.pages = PageRenderer(environment(families, app.state.static))
    add_routes(app, static_files.router)
    for entry in families:
        add_routes(app, entry.family.router)
    if components_page:
        add_routes(app, components.router)

"""Other spellings of the API's addresses, which front ends of before use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.types import ASGIApp

from fluxstudio.faces.middleware.pipeline import Exchange, Stage

API = "/api/"
# A base address that ends with `/api`, and paths that begin with it.
DOUBLED = re.compile(r"/api/api(?=/integrations/[^/]+/callback/?$)")


class PathAliases(Stage):
    """Leads to one address of the API from its other spellings.

    `aliases` are names of a provider's collections by another one: `{"github": {"repos": "repositories"}}`.
    """

    def __init__(self, aliases: Mapping[str, Mapping[str, str]]) -> None:
        self._aliases = aliases

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        scope = exchange.scope
        if scope["path"].startswith(API):
            path = self._plain(scope["path"])
            if path != scope["path"]:
                exchange.rewrite({**scope, "path": path, "raw_path": path.encode()})
        return None

    def _plain(self, path: str) -> str:
        path = DOUBLED.sub("/api", path)
        if len(path) > len(API):
            path = path.rstrip("/")
        # "", api, integrations, provider, collection, and what follows
        parts = path.split("/", 5)
        if len(parts) > 4 and parts[2] == "integrations" and parts[3] in self._aliases:
            parts[4] = self._aliases[parts[3]].get(parts[4], parts[4])
            return "/".join(parts)
        return path

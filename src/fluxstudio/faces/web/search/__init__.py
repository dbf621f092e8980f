"""Search: pages, actions and what accounts hold, on a page and in the command palette."""

from __future__ import annotations

from fluxstudio.faces.web.search.routes import router
from fluxstudio.faces.web.shell.family import Family

family = Family(router=router)

"""Design files by project."""

from __future__ import annotations

from fluxstudio.faces.web.designs.routes import router
from fluxstudio.faces.web.shell.family import Family

family = Family(router=router)

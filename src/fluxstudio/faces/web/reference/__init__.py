"""The API reference."""

from __future__ import annotations

from fluxstudio.faces.web.reference.routes import router
from fluxstudio.faces.web.shell.family import Family

family = Family(router=router)

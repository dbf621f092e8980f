"""An account's repositories."""

from __future__ import annotations

from fluxstudio.faces.web.code.routes import router
from fluxstudio.faces.web.shell.family import Family

family = Family(router=router)

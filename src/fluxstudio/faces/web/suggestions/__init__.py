"""What a field can be filled with."""

from __future__ import annotations

from fluxstudio.faces.web.shell.family import Family
from fluxstudio.faces.web.suggestions.routes import router

family = Family(router=router)

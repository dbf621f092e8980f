"""What pages of host products load from us: the element that shows a person's connections."""

from __future__ import annotations

from fluxstudio.faces.web.embed.routes import router
from fluxstudio.faces.web.shell.family import Family

family = Family(router=router)

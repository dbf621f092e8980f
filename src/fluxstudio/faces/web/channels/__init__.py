"""A workspace's channels and the composer."""

from __future__ import annotations

from fluxstudio.faces.web.channels.routes import router
from fluxstudio.faces.web.shell.family import Family

family = Family(router=router)

"""Settings → Account: one's profile, password, sessions and access tokens."""

from __future__ import annotations

from fluxstudio.faces.web.account.routes import router
from fluxstudio.faces.web.shell.family import Family

family = Family(router=router)

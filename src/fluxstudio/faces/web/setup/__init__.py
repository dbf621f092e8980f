"""Settings → Set-up, for administrators."""

from __future__ import annotations

from fluxstudio.faces.web.setup.routes import router
from fluxstudio.faces.web.shell.family import Family, NavigationPlace

family = Family(
    router=router,
    place=NavigationPlace(label="Set-up", href="/settings/setup", icon="wrench", order=60, for_admins=True),
)

"""Settings → Set-up, for administrators."""

from __future__ import annotations

from fluxstudio.faces.web.setup.routes import router
from fluxstudio.faces.web.shell.family import Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import SETUP

family = Family(
    router=router,
    place=NavigationPlace(
        label="Setup",
        href=SETUP,
        icon="wrench",
        order=60,
        for_admins=True,
        in_settings=True,
        about="App credentials and health checks.",
    ),
)

"""Settings → Endpoints, for administrators."""

from __future__ import annotations

from fluxstudio.faces.web.endpoints.routes import router
from fluxstudio.faces.web.endpoints.samples import samples
from fluxstudio.faces.web.shell.family import Command, Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import ENDPOINTS

family = Family(
    router=router,
    place=NavigationPlace(
        label="Endpoints",
        href=ENDPOINTS,
        icon="send",
        order=45,
        for_admins=True,
        in_settings=True,
        about="Webhooks to your own product, and their deliveries.",
    ),
    commands=(Command(label="New endpoint", href=f"{ENDPOINTS}/new", icon="send", for_admins=True),),
    samples=samples,
)

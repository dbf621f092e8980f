"""Settings → Integrations: provider cards."""

from __future__ import annotations

from operator import attrgetter

from fluxstudio.faces.web.integrations.routes import router
from fluxstudio.faces.web.integrations.samples import samples
from fluxstudio.faces.web.shell.family import Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import INTEGRATIONS

family = Family(
    router=router,
    place=NavigationPlace(
        label="Integrations",
        href=INTEGRATIONS,
        icon="plug",
        order=10,
        others=("/integrations",),
        failures=attrgetter("connections"),
    ),
    samples=samples,
)

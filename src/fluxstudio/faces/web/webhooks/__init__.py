"""Settings → Webhooks: subscriptions and their health."""

from __future__ import annotations

from fluxstudio.faces.web.shell.family import Command, Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import WEBHOOKS
from fluxstudio.faces.web.webhooks.routes import router

family = Family(
    router=router,
    place=NavigationPlace(label="Webhooks", href=WEBHOOKS, icon="webhook", order=40, in_menu=True),
    commands=(Command(label="Add a webhook", href=WEBHOOKS, icon="webhook", words="subscribe events"),),
)

"""Settings → Webhooks: subscriptions and their health."""

from __future__ import annotations

from fluxstudio.faces.web.shell.family import Family, Place
from fluxstudio.faces.web.webhooks.routes import router

family = Family(
    router=router, place=Place(label="Webhooks", href="/settings/webhooks", icon="webhook", order=40)
)

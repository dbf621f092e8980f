"""Activity: what providers sent, and what came of it."""

from __future__ import annotations

from operator import attrgetter

from fluxstudio.faces.web.activity.routes import router
from fluxstudio.faces.web.shell.family import Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import ACTIVITY

family = Family(
    router=router,
    place=NavigationPlace(
        label="Activity", href=ACTIVITY, icon="activity", order=20, failures=attrgetter("events")
    ),
)

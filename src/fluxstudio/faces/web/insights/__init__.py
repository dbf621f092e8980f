"""Insights: connections, calls, events and automations over time."""

from __future__ import annotations

from fluxstudio.faces.web.insights.routes import router
from fluxstudio.faces.web.shell.family import Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import INSIGHTS

family = Family(
    router=router,
    place=NavigationPlace(label="Insights", href=INSIGHTS, icon="chart", order=34, in_menu=True),
)

"""Settings: everything that is set, in one place; one's own audit log, and one's data."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.settings import audit, notifications, routes
from fluxstudio.faces.web.shell.family import Command, Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import AUDIT, NOTIFICATIONS, SETTINGS

router = APIRouter(include_in_schema=False)
for part in (routes, audit, notifications):
    router.include_router(part.router)

family = Family(
    router=router,
    place=NavigationPlace(label="Settings", href=SETTINGS, icon="sliders", order=70),
    commands=(
        Command(label="Notifications", href=NOTIFICATIONS, icon="send", words="quiet hours digest alerts"),
        Command(label="Audit log", href=AUDIT, icon="clock", words="history security"),
        Command(
            label="Export your data",
            href=f"{SETTINGS}#data",
            icon="archive",
            words="download json gdpr privacy",
        ),
    ),
)

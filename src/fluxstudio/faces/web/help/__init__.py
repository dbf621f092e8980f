"""Help: the guides of the documentation, as pages."""

from __future__ import annotations

from fluxstudio.faces.web.help.guides import guides
from fluxstudio.faces.web.help.routes import router
from fluxstudio.faces.web.shell.family import Command, Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import HELP

family = Family(
    router=router,
    place=NavigationPlace(label="Help", href=HELP, icon="info", order=95, in_menu=True),
    commands=tuple(
        Command(
            label=f"Help: {guide.title}",
            href=f"{HELP}/{guide.name}",
            icon="info",
            words=guide.words,
            order=80,
        )
        for guide in guides()
    ),
)

"""Settings → People, for administrators."""

from __future__ import annotations

from fluxstudio.faces.web.people.routes import router
from fluxstudio.faces.web.shell.family import Command, Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import PEOPLE

family = Family(
    router=router,
    place=NavigationPlace(
        label="People",
        href=PEOPLE,
        icon="people",
        order=50,
        for_admins=True,
        in_settings=True,
        about="Members, roles and invitations.",
    ),
    commands=(
        Command(
            label="Invite someone",
            href=f"{PEOPLE}/invite",
            icon="people",
            words="user person people",
            for_admins=True,
        ),
    ),
)

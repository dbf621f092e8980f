"""Settings → People, for administrators."""

from __future__ import annotations

from fluxstudio.faces.web.people.routes import router
from fluxstudio.faces.web.shell.family import Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import PEOPLE

family = Family(
    router=router,
    place=NavigationPlace(
        label="People", href=PEOPLE, icon="people", order=50, for_admins=True, in_menu=True
    ),
)

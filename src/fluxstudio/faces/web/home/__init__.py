"""Home: the first steps, then what needs attention."""

from __future__ import annotations

from fluxstudio.faces.web.home.routes import router
from fluxstudio.faces.web.shell.family import Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import HOME

family = Family(router=router, place=NavigationPlace(label="Home", href=HOME, icon="home", order=0))

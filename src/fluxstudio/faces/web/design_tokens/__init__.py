"""Design tokens: syncs between a design file and a repository, with preview, conflicts and history."""

from __future__ import annotations

from fluxstudio.faces.web.design_tokens.routes import router
from fluxstudio.faces.web.shell.family import Command, Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import DESIGN_TOKENS

family = Family(
    router=router,
    place=NavigationPlace(label="Design tokens", href=DESIGN_TOKENS, icon="refresh", order=32, in_menu=True),
    commands=(Command(label="New design token sync", href=f"{DESIGN_TOKENS}/new", icon="refresh"),),
)

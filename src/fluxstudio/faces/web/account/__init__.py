"""Settings → Account: one's profile, password, sessions and access tokens."""

from __future__ import annotations

from fluxstudio.faces.web.account.routes import router
from fluxstudio.faces.web.shell.family import Command, Family
from fluxstudio.faces.web.shell.paths import ACCOUNT

family = Family(
    router=router,
    commands=(
        Command(label="Account", href=ACCOUNT, icon="person", words="profile settings"),
        Command(label="Change password", href=f"{ACCOUNT}#password", icon="lock"),
        Command(
            label="New access token", href=f"{ACCOUNT}/access-tokens/new", icon="lock", words="api key script"
        ),
        Command(label="Sign out", href="/sign-out", icon="sign-out", words="log out", submits=True, order=90),
    ),
)

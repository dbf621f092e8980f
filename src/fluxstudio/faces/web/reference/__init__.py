"""The API reference."""

from __future__ import annotations

from fluxstudio.faces.web.reference.routes import router
from fluxstudio.faces.web.shell.family import Command, Family

family = Family(
    router=router,
    commands=(Command(label="API reference", href="/api/docs", icon="pencil", words="docs http openapi"),),
)

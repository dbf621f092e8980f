"""What pages say where results would be, and where they lead back to."""

from __future__ import annotations

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.components.views import BannerView, LinkView
from fluxstudio.faces.web.shell.paths import INTEGRATIONS

INTEGRATIONS_LINK = LinkView(label="Integrations", href=INTEGRATIONS)


def problem_banner(error: FluxStudioError) -> BannerView:
    """An error in place of a page's results."""
    link = None
    if error.code in {"NOT_CONNECTED", "REAUTHORIZATION_REQUIRED", "SCOPE_MISSING"}:
        link = LinkView(label="Open Integrations", href=INTEGRATIONS)
    return BannerView(tone="attention", title=error.message, action=link)

"""What the product refuses, above a page, with the way on where there is one."""

from __future__ import annotations

from fluxstudio.errors import FluxStudioError, NotConnected, ScopeMissing
from fluxstudio.faces.web.components.views import BannerView, LinkView
from fluxstudio.faces.web.shell.paths import INTEGRATIONS


def refused_banner(error: FluxStudioError) -> BannerView:
    """The error, and a link to the connections where those are in the way."""
    way = isinstance(error, NotConnected | ScopeMissing)
    return BannerView(
        tone="bad",
        title=error.message,
        action=LinkView(label="Open integrations", href=INTEGRATIONS) if way else None,
    )

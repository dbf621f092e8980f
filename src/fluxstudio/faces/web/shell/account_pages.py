"""The pages that a connected account has, by what its provider can do."""

from __future__ import annotations

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.faces.web.components.views import LinkView
from fluxstudio.sdk import CodeHost, DesignSource, Notifier

# Capability, last part of the path, words, icon.
PAGES = (
    (DesignSource, "files", "Files", "files"),
    (Notifier, "channels", "Channels", "hash"),
    (CodeHost, "repositories", "Repositories", "branch"),
)


def account_pages(registered: RegisteredProvider, entry: ListedConnection) -> tuple[LinkView, ...]:
    """The pages of one connected account."""
    provider = registered.provider
    return tuple(
        LinkView(label=label, href=f"/integrations/{provider.id}/{page}?connection={entry.id}", icon=icon)
        for kind, page, label, icon in PAGES
        if provider.capability(kind) is not None
    )


def provider_page(registered: RegisteredProvider) -> LinkView | None:
    """The first page that accounts of a provider have, for whichever account; None where they have none."""
    provider = registered.provider
    for kind, page, label, icon in PAGES:
        if provider.capability(kind) is not None:
            return LinkView(label=label, href=f"/integrations/{provider.id}/{page}", icon=icon)
    return None

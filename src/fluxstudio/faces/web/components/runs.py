"""What all pages say of a run alike: how it ended, where it is, and where to look at what it made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.errors import UnknownProvider
from fluxstudio.faces.web.components.views import LinkView, OutcomeView

OUTCOMES = {
    "done": OutcomeView(words="Worked", tone="good"),
    "failed": OutcomeView(words="Failed", tone="bad"),
    "dead": OutcomeView(words="Failed", tone="bad"),
    "skipped": OutcomeView(words="Skipped", tone="neutral", icon="info"),
    "queued": OutcomeView(words="Running", tone="neutral", icon="clock"),
}


def made_link(registry: Registry, call: Mapping[str, Any] | None) -> LinkView | None:
    """Where to look at what a run made; None where that is nothing, or not known."""
    if not call or not call.get("link"):
        return None
    provider = str(call["operation"]).partition(".")[0]
    try:
        name = registry[provider].provider.name
    except UnknownProvider:
        name = provider
    return LinkView(label=f"View in {name}", href=str(call["link"]), external=True)

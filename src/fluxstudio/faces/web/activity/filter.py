"""What the list of events is narrowed to, as its address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.errors import NotFound
from fluxstudio.faces.web.components.views import SearchView
from fluxstudio.faces.web.shell.paging import search_in
from fluxstudio.faces.web.shell.paths import ACTIVITY
from fluxstudio.faces.web.shell.visit import Visit

# Instead of a state: events that concern nobody, for administrators.
NOBODY = "nobody"
# What the list can be narrowed to: a tab's words, and the worst that became of an event.
STATES: Mapping[str, tuple[str, str]] = {
    "handled": ("Handled", "done"),
    "pending": ("In progress", "pending"),
    "run_failed": ("Automation failed", "run_failed"),
    "dead": ("Failed", "dead_letter"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to: a provider, a state, words, and where a further page begins."""

    only: RegisteredProvider | None = None
    state: str = ""
    words: str = ""
    before: UUID | None = None

    @classmethod
    def of(cls, visit: Visit) -> Filter:
        """The filter an address asks for. Raises `NotFound` for a provider or a place that there is not."""
        query = visit.request.query_params
        only, state, before = query.get("from"), query.get("state", ""), query.get("before")
        return cls(
            only=visit.services.registry[only] if only else None,
            state=state if state in STATES or (state == NOBODY and visit.actor.is_admin) else "",
            words=search_in(query.get("q")),
            before=event_id(before) if before else None,
        )

    @property
    def provider(self) -> str | None:
        """The id of the provider, None for all of them."""
        return self.only.provider.id if self.only else None

    def href(self, **changed: str) -> str:
        """The address of the first page with this filter, some of it changed; empty values are left out."""
        fields = {"from": self.provider or "", "state": self.state, "q": self.words, **changed}
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"{ACTIVITY}?{query}" if query else ACTIVITY

    @property
    def search(self) -> SearchView:
        """The form that searches what the list is narrowed to; a search takes longer than typing a letter."""
        narrowed = {"from": self.provider or "", "state": self.state}
        hidden = {name: value for name, value in narrowed.items() if value}
        return SearchView(
            label="Search activity", action=ACTIVITY, query=self.words, hidden=hidden, as_typed=False
        )


def event_id(text: str) -> UUID:
    """The id in an address. Raises `NotFound` for what cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such event.") from None

"""What stands on every page of one automation."""

from __future__ import annotations

from fluxstudio.core.automations.rules import Automation
from fluxstudio.faces.web.automations.health import health_view
from fluxstudio.faces.web.automations.shared import PARENT, marks, path_of, switch
from fluxstudio.faces.web.automations.views import AboutView, DeleteView
from fluxstudio.faces.web.components.views import HeadView, TabView
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring.summary import summary_of
from fluxstudio.flows.automations.health.status import health_of
from fluxstudio.flows.directory import names_in

TABS = (("", "Runs"), ("try", "Try it"), ("edit", "Edit"), ("versions", "Versions"))


async def about(visit: Visit, entry: Automation, here: str) -> AboutView:
    """The head of a page of one automation; `here` is which."""
    registry = visit.services.registry
    names = await names_in(visit.services, visit.actor, [entry.definition])
    words = summary_of(registry, entry.definition, names)
    health = await health_of(visit.services, visit.actor, [entry])
    return AboutView(
        head=HeadView(title=entry.name, sentence=words.sentence, parent=PARENT),
        switch=switch(entry, path_of(entry.id)),
        marks=marks(registry, entry.definition),
        tabs=tuple(
            TabView(label=label, href=path_of(entry.id, page), current=page == here) for page, label in TABS
        ),
        delete=delete_view(entry),
        health=health_view(entry, health[entry.id]),
        only=words.only,
        next_at=entry.next_at if entry.enabled else None,
    )


def delete_view(entry: Automation) -> DeleteView:
    """What deleting an automation would do."""
    versions = "its one version" if entry.version == 1 else f"its {entry.version} versions"
    stops = "It stops right away, and queued runs are cancelled." if entry.enabled else None
    return DeleteView(
        href=path_of(entry.id, "delete"),
        action=path_of(entry.id, "delete"),
        name=entry.name,
        cancel_href=path_of(entry.id),
        loses=tuple(
            line for line in (stops, f"“{entry.name}”, with {versions}.", "Its run history.") if line
        ),
        keeps=("Everything it has already sent or created.",),
    )

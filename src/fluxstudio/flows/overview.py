"""What a user sees first: how far the first steps are, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluxstudio.core.automations.rules import Automations
from fluxstudio.core.automations.run_history import RuleInTrouble, RunHistory
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.preferences import Preferences
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks.events import Event
from fluxstudio.flows.webhooks import search
from fluxstudio.sdk import DesignSource, Notifier

EVENTS_IN_OVERVIEW = 5
DEAD_EVENTS_IN_OVERVIEW = 3
BROKEN = frozenset({"expired", "error"})


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Which of the first steps are done, as everything is now; `closed` where they were put away."""

    connected: bool
    follows: bool
    notified: bool
    automates: bool
    closed: bool

    @property
    def done(self) -> int:
        """How many of the four are done."""
        return sum((self.connected, self.follows, self.notified, self.automates))


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the home page. `events` are the latest, `dead_events` those nobody has looked at."""

    steps: FirstSteps
    connections: Sequence[ListedConnection]
    broken: Sequence[ListedConnection]
    failing: Sequence[RuleInTrouble]
    dead_events: Sequence[Event]
    more_dead_events: int
    events: Sequence[Event]
    rules: int


async def overview(services: Services, actor: Actor) -> Overview:
    """What a user sees first."""
    runs = RunHistory(services.db)
    listed = [entry for entry in await services.connections.of_user(actor.user_id) if entry.is_active]
    rules = await Automations(services.db).names(actor.user_id)
    unseen = await runs.unseen(actor.user_id)
    dead = await _events(services, actor, DEAD_EVENTS_IN_OVERVIEW, "dead_letter") if unseen.events else []
    return Overview(
        steps=await _first_steps(services, actor, listed, automates=bool(rules)),
        connections=listed,
        broken=[entry for entry in listed if entry.status in BROKEN],
        failing=await runs.failing(actor.user_id),
        dead_events=dead,
        more_dead_events=max(0, unseen.events - len(dead)),
        events=await _events(services, actor, EVENTS_IN_OVERVIEW) if listed else [],
        rules=sum(rule.enabled for rule in rules),
    )


async def _events(
    services: Services, actor: Actor, limit: int, outcome: str | None = None
) -> Sequence[Event]:
    page = await search.events_page(
        services,
        actor,
        before=None,
        limit=limit,
        provider=None,
        event_type=None,
        outcome=outcome,
        unconcerned=False,
    )
    return page.events


async def _first_steps(
    services: Services, actor: Actor, listed: Sequence[ListedConnection], *, automates: bool
) -> FirstSteps:
    return FirstSteps(
        connected=bool(listed),
        follows=any(_follows(services, entry) for entry in listed),
        notified=await services.audit.has_called(actor.user_id, _sends(services)),
        automates=automates,
        closed=await Preferences(services.db).checklist_closed(actor.user_id),
    )


def _follows(services: Services, entry: ListedConnection) -> bool:
    source = services.registry.get(entry.provider).provider.capability(DesignSource)
    return source is not None and source.follows(entry.settings)


def _sends(services: Services) -> list[str]:
    """The operations that send a message."""
    notifiers = (entry.provider.capability(Notifier) for entry in services.registry)
    return [notifier.send.full_name for notifier in notifiers if notifier is not None]

"""What the API says of an automation's accounts, and of whether it hears what starts it."""

from __future__ import annotations

from datetime import datetime

from fluxstudio.core.automations.bindings import BoundConnection
from fluxstudio.faces.api.schemas.common import Answer
from fluxstudio.flows.automations.health.status import RuleHealth


class ObstacleAnswer(Answer):
    """What keeps an automation from working, and what to do about it."""

    code: str
    message: str
    fix: str
    since: datetime | None


class HealthAnswer(Answer):
    """Whether what starts an automation is heard.

    `state` is listening, waiting (no webhook made here sends it; one made at the provider may) or blocked.
    `listensTo` names places, `lastEventAt` is when an event of its kind came last.
    """

    state: str
    listens_to: list[str]
    last_event_at: datetime | None
    problem: ObstacleAnswer | None


class UsedConnection(Answer):
    """A connection that an automation uses. `status` is connected, reauthorize or disconnected."""

    id: str
    provider: str
    account_name: str
    status: str


class UsedConnections(Answer):
    """The connections an automation listens to (null for schedules) and acts through."""

    trigger: UsedConnection | None
    action: UsedConnection | None


def used_answer(bound: BoundConnection | None) -> UsedConnection | None:
    """A connection of an automation as the API shows it."""
    if bound is None:
        return None
    return UsedConnection(
        id=str(bound.id), provider=bound.provider, account_name=bound.account, status=bound.status
    )


def health_answer(health: RuleHealth) -> HealthAnswer:
    """The health of an automation as the API shows it."""
    problem = health.problem
    return HealthAnswer(
        state=health.state,
        listens_to=list(health.listens_to),
        last_event_at=health.last_event_at,
        problem=None
        if problem is None
        else ObstacleAnswer(code=problem.code, message=problem.message, fix=problem.fix, since=problem.since),
    )

"""What providers told us, what was done about it, and having it done again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from fluxstudio.core.events import Delivery, Event, Events
from fluxstudio.core.people import Actor
from fluxstudio.core.registry import Registry
from fluxstudio.errors import NotFound, UnknownProvider
from fluxstudio.faces.api.answers import Answer, json_answer
from fluxstudio.faces.api.audit import Admin
from fluxstudio.faces.api.oauth import Caller, errors
from fluxstudio.faces.auth import services_of
from fluxstudio.flows import handle

ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
# What the database can hold.
TEXT = r"^[^\x00]*$"
STATUSES = "^(received|handled|failed|dead)$"

EventId = Annotated[str, Path(description="Id of the event.", pattern=ID)]
Cursor = Annotated[str | None, Query(description="`nextCursor` of the page before.", pattern=ID)]
OfProvider = Annotated[
    str | None, Query(description="Only this provider.", max_length=100, pattern="^[^\\x00]*$")
]
OfType = Annotated[
    str | None, Query(alias="type", description="Only this type.", max_length=200, pattern=TEXT)
]
OfStatus = Annotated[str | None, Query(description="Only events of this status.", pattern=STATUSES)]
Limit = Annotated[int, Query(description="How many events a page has at most.", ge=1, le=200)]

router = APIRouter(prefix="/api/webhooks", tags=["Events"], responses=errors)


class EventEntry(Answer):
    """An event. `text` says in a sentence what happened, `link` where a person can look at it."""

    id: str
    provider: str
    event_type: str
    event_id: str
    received_at: datetime
    handled_at: datetime | None
    status: str
    attempts: int
    text: str
    link: str | None
    problem: dict[str, Any] | None


class EventsAnswer(Answer):
    """A page of events, newest first."""

    events: list[EventEntry]
    next_cursor: str | None


class DeliveryEntry(Answer):
    """One attempt to handle an event."""

    attempt: int
    outcome: str
    ended_at: datetime
    took_ms: int
    note: str
    problem: dict[str, Any] | None


class EventDetail(EventEntry):
    """An event with all that the provider sent, and the attempts to handle it."""

    payload: dict[str, Any]
    deliveries: list[DeliveryEntry]


class ReplayAnswer(Answer):
    """How many events are handled anew."""

    success: bool
    message: str
    replayed: int = Field(ge=0)


@router.get("/events", response_model=EventsAnswer)
async def events(
    request: Request,
    actor: Caller,
    provider: OfProvider = None,
    event_type: OfType = None,
    status: OfStatus = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """What happened in the accounts you have connected; administrators see everything. Newest first."""
    services = services_of(request)
    found = await Events(services.db).page(
        reader(actor),
        before=None if cursor is None else UUID(cursor),
        provider=provider,
        event_type=event_type,
        status=status,
        limit=limit + 1,
    )
    shown = found[:limit]
    return json_answer(
        EventsAnswer(
            events=[EventEntry(**told(services.registry, entry)) for entry in shown],
            next_cursor=str(shown[-1].id) if len(found) > limit else None,
        )
    )


@router.get("/events/{event_id}", response_model=EventDetail)
async def event(request: Request, event_id: EventId, actor: Caller) -> Response:
    """One event with its payload and every attempt to handle it."""
    services = services_of(request)
    found = await _seen(request, actor, event_id)
    detail = EventDetail(
        **told(services.registry, found[0]),
        payload=dict(found[0].payload),
        deliveries=[_delivery(entry) for entry in found[1]],
    )
    return json_answer(detail)


@router.post("/events/{event_id}/replay", response_model=ReplayAnswer)
async def replay_one(request: Request, event_id: EventId, actor: Caller) -> Response:
    """Handle an event anew. Automations that ran for it do not run again."""
    services = services_of(request)
    found, _ = await _seen(request, actor, event_id)
    replayed = await handle.replay(services, [found.id])
    await services.audit.record("replay", found.provider, found.id, user_id=actor.user_id)
    return json_answer(ReplayAnswer(success=True, message="The event is handled anew.", replayed=replayed))


@router.post("/replay", response_model=ReplayAnswer)
async def replay_dead(
    request: Request, admin: Admin, provider: OfProvider = None, limit: Limit = 200
) -> Response:
    """Handle anew what was given up on, the oldest first. For administrators."""
    services = services_of(request)
    dead = await Events(services.db).dead(provider=provider, limit=limit)
    replayed = await handle.replay(services, dead)
    await services.audit.record("replay", provider, "dead", user_id=admin.user_id, events=replayed)
    message = f"{replayed} events are handled anew." if replayed else "No event was given up on."
    return json_answer(ReplayAnswer(success=True, message=message, replayed=replayed))


def reader(actor: Actor) -> UUID | None:
    """Whose events a caller sees: None for everybody's."""
    return None if actor.is_admin else actor.user_id


async def _seen(request: Request, actor: Actor, event_id: str) -> tuple[Event, list[Delivery]]:
    found = await Events(services_of(request).db).one(reader(actor), UUID(event_id))
    if found is None:
        raise NotFound("There is no such event, or it is older than 90 days.")
    return found


def told(registry: Registry, entry: Event) -> dict[str, Any]:
    """An event in the words of its provider."""
    try:
        webhook = registry[entry.provider].provider.webhook
    except UnknownProvider:
        webhook = None
    describe, link = (webhook.describe, webhook.link) if webhook is not None else (None, None)
    return {
        "id": str(entry.id),
        "provider": entry.provider,
        "event_type": entry.event_type,
        "event_id": entry.delivery_key,
        "received_at": entry.received_at,
        "handled_at": entry.handled_at,
        "status": entry.status,
        "attempts": entry.attempts,
        "text": describe(entry.event_type, entry.payload) if describe is not None else entry.event_type,
        "link": link(entry.event_type, entry.payload) if link is not None else None,
        "problem": dict(entry.problem) if entry.problem is not None else None,
    }


def _delivery(entry: Delivery) -> DeliveryEntry:
    return DeliveryEntry(
        attempt=entry.attempt,
        outcome=entry.outcome,
        ended_at=entry.ended_at,
        took_ms=entry.took_ms,
        note=entry.note,
        problem=dict(entry.problem) if entry.problem is not None else None,
    )

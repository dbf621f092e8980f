"""What providers told us, what was done about it, and having it done again."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from fluxstudio.core.automations.run_history import EventOutcome, EventRun
from fluxstudio.core.registry import Registry
from fluxstudio.core.webhooks import usage as stored_usage
from fluxstudio.core.webhooks.events import Event, Events, ProcessingAttempt
from fluxstudio.errors import NotFound
from fluxstudio.faces.api.connections import Caller, errors
from fluxstudio.faces.api.schemas.automations import ProblemAnswer, calls_answer
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.api.schemas.webhooks import (
    CheckAnswer,
    EventDetail,
    EventEntry,
    EventRunEntry,
    EventsAnswer,
    ProcessingAttemptEntry,
    ReplayAnswer,
    UsageAnswer,
    UsageEntry,
)
from fluxstudio.faces.authentication import services_of
from fluxstudio.flows import directory
from fluxstudio.flows.webhooks import event_text, history, reconcile, replay, search

ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
# What the database can hold.
TEXT = r"^[^\x00]*$"
STATUSES = "^(received|handled|failed|dead)$"
OUTCOMES = "^(run_failed|dead_letter|pending|done)$"

EventId = Annotated[str, Path(description="Id of the event.", pattern=ID)]
Cursor = Annotated[str | None, Query(description="`nextCursor` of the page before.", pattern=ID)]
OfProvider = Annotated[
    str | None, Query(description="Only this provider.", max_length=100, pattern="^[^\\x00]*$")
]
OfType = Annotated[
    str | None, Query(alias="type", description="Only this type.", max_length=200, pattern=TEXT)
]
OfStatus = Annotated[str | None, Query(description="Only events of this status.", pattern=STATUSES)]
OfOutcome = Annotated[
    str | None,
    Query(description="Only events of which this is the worst that came of them.", pattern=OUTCOMES),
]
From = Annotated[
    replay.Start,
    Query(
        alias="from",
        description="`failed_step`: only failed runs are run again, or an event that failed itself.",
    ),
]
OfScope = Annotated[
    replay.Scope | None,
    Query(description="Whom a replay counts for; `everyone` takes an administrator, whose default it is."),
]
OfConcern = Annotated[
    Literal["nobody"] | None,
    Query(description="`nobody`: only events that no user can see; admins only."),
]
Words = Annotated[
    str | None,
    Query(
        description="Only events with all of these words in their sentence, type, provider or account. "
        "A page looks at a thousand events at most: follow `nextCursor`, even from a page without events.",
        max_length=100,
        pattern=TEXT,
    ),
]
Limit = Annotated[int, Query(description="How many events a page has at most.", ge=1, le=200)]

router = APIRouter(prefix="/api/webhooks", tags=["Events"], responses=errors)


@router.get("/events", response_model=EventsAnswer, operation_id="list_events")
async def events(  # noqa: PLR0913 - what the API takes
    request: Request,
    actor: Caller,
    provider: OfProvider = None,
    event_type: OfType = None,
    status: OfStatus = None,
    concerns: OfConcern = None,
    outcome: OfOutcome = None,
    q: Words = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """What happened in the accounts you have connected; administrators see everything. Newest first."""
    services = services_of(request)
    page = await search.events_page(
        services,
        actor,
        words=q or "",
        before=None if cursor is None else UUID(cursor),
        provider=provider,
        event_type=event_type,
        status=status,
        unconcerned=concerns == "nobody",
        outcome=outcome,
        limit=limit,
    )
    outcomes = await history.outcomes(services, actor, page.events)
    return json_answer(
        EventsAnswer(
            events=[
                EventEntry(**event_fields(services.registry, entry, outcomes[entry.id]))
                for entry in page.events
            ],
            next_cursor=None if page.older is None else str(page.older),
        )
    )


@router.get("/events/{event_id}", response_model=EventDetail, operation_id="get_event")
async def event(request: Request, event_id: EventId, actor: Caller) -> Response:
    """One event with its payload, every attempt to handle it, and the runs of automations it started."""
    services = services_of(request)
    entry, deliveries = await replay.visible_event(services, actor, UUID(event_id))
    [spoken] = await directory.named(services, replay.reader(actor), [entry])
    outcomes = await history.outcomes(services, actor, [entry])
    detail = EventDetail(
        **event_fields(services.registry, spoken, outcomes[entry.id]),
        payload=None if entry.payload is None else dict(entry.payload),
        truncated=entry.payload is None and entry.payload_deleted_at is None,
        unknown_shape=event_text.unknown_shape(services.registry, entry),
        payload_url=None if entry.payload_deleted_at else f"/api/webhooks/events/{entry.id}/payload",
        deliveries=[_delivery(attempt) for attempt in deliveries],
        runs=[_run(run) for run in await history.runs_of(services, actor, entry)],
    )
    return json_answer(detail)


@router.get("/events/{event_id}/payload", response_class=StreamingResponse, operation_id="get_event_payload")
async def payload(request: Request, event_id: EventId, actor: Caller) -> StreamingResponse:
    """All that the provider sent, however large it is, as JSON."""
    services = services_of(request)
    entry, _ = await replay.visible_event(services, actor, UUID(event_id))
    if entry.withheld:
        raise NotFound("It concerns a private conversation. Only people who are in it can read this.")
    if (deleted := replay.payload_deleted(services, entry)) is not None:
        raise deleted
    return StreamingResponse(Events(services.db).payload(entry.id), media_type="application/json")


@router.post("/events/{event_id}/replay", response_model=ReplayAnswer, operation_id="replay_event")
async def replay_one(
    request: Request, event_id: EventId, actor: Caller, scope: OfScope = None, start: From = "beginning"
) -> Response:
    """Handle an event again. Automations that ran for it do not run again, and no attempt is forgotten.

    With `from=failed_step` only what failed is done again: your failed runs, once each, with today's
    automation.

    Where others are connected to its account as well, a member's replay starts the member's own automations
    only. Administrators have it handled again for everyone, or with `scope=mine` for themselves.
    """
    done = await replay.replay_one(services_of(request), actor, UUID(event_id), scope, start=start)
    return json_answer(_replayed(done))


@router.post("/replay", response_model=ReplayAnswer, operation_id="replay_dead_events")
async def replay_dead(
    request: Request,
    actor: Caller,
    provider: OfProvider = None,
    limit: Limit = replay.MAX_REPLAYED_AT_ONCE,
    scope: OfScope = None,
) -> Response:
    """Handle again what was given up on in the accounts you have connected, the oldest first.

    It counts for you as a replay of one event does. Administrators have everything handled again that was
    given up on.
    """
    services = services_of(request)
    done = await replay.replay_dead_letters(services, actor, provider=provider, limit=limit, scope=scope)
    return json_answer(_replayed(done))


def _replayed(done: replay.ReplayResult) -> ReplayAnswer:
    return ReplayAnswer(
        success=True,
        message=done.message,
        replayed=done.events,
        for_everyone=done.for_everyone,
        started=done.started,
        retried=done.retried,
    )


@router.post("/{provider}/{webhook_id}/check", response_model=CheckAnswer, operation_id="check_webhook")
async def check(
    request: Request,
    provider: Annotated[str, Path(description="The provider.", max_length=100, pattern=TEXT)],
    webhook_id: Annotated[str, Path(description="The webhook’s id there.", max_length=200, pattern=TEXT)],
    actor: Caller,
) -> Response:
    """Look now whether a webhook of yours is still there and what it missed, and have that sent again.

    The same is done every quarter of an hour.
    """
    health = await reconcile.check(services_of(request), actor, provider, webhook_id)
    missed = health.missed_deliveries or {}
    missing, problem = int(missed.get("missing", 0)), missed.get("problem")
    return json_answer(
        CheckAnswer(
            arrives=not missing and problem is None,
            missing=missing,
            healed=int(missed.get("healed", 0)),
            checked_at=health.checked_at,
            last_event_at=health.last_event_at,
            problem=problem,
        )
    )


@router.get("/usage", response_model=UsageAnswer, operation_id="get_event_usage")
async def usage(request: Request, actor: Caller) -> Response:
    """How much is stored of events for your accounts and by your webhooks, the largest 200 first.

    Administrators see everybody's.
    """
    services = services_of(request)
    most, largest = services.settings.events_per_account_per_day, services.settings.event_bytes_per_account
    sources = await stored_usage.totals(services.db, replay.reader(actor))
    return json_answer(
        UsageAnswer(
            usage=[
                UsageEntry(
                    provider=entry.provider,
                    source=entry.source,
                    events=entry.events,
                    events_limit=most,
                    bytes=entry.bytes,
                    bytes_limit=largest,
                    exceeded=entry.events >= most or entry.bytes >= largest,
                )
                for entry in sources
            ]
        )
    )


def event_fields(registry: Registry, entry: Event, outcome: EventOutcome) -> dict[str, Any]:
    """An event in the words of its provider."""
    text, link = event_text.of_event(registry, entry)
    return {
        "id": str(entry.id),
        "provider": entry.provider,
        "event_type": entry.event_type,
        "event_id": entry.delivery_key,
        "received_at": entry.received_at,
        "handled_at": entry.handled_at,
        "status": entry.status,
        "outcome": outcome.outcome,
        "failed_runs": outcome.failed_runs,
        "attempts": entry.attempts,
        "text": text,
        "link": link,
        "withheld": entry.withheld,
        "payload_deleted_at": entry.payload_deleted_at,
        "problem": dict(entry.problem) if entry.problem is not None else None,
    }


def _run(run: EventRun) -> EventRunEntry:
    return EventRunEntry(
        id=str(run.id),
        automation_id=str(run.automation_id),
        automation_name=run.automation_name,
        status=run.status,
        problem=None if run.problem is None else ProblemAnswer(**run.problem),
        started_at=run.began_at or run.created_at,
        finished_at=run.finished_at,
        calls=calls_answer(run.call),
        retry_of=None if run.retry_of is None else str(run.retry_of),
        retried_as=None if run.retried_as is None else str(run.retried_as),
    )


def _delivery(entry: ProcessingAttempt) -> ProcessingAttemptEntry:
    return ProcessingAttemptEntry(
        attempt=entry.attempt,
        outcome=entry.outcome,
        ended_at=entry.ended_at,
        took_ms=entry.took_ms,
        note=entry.note,
        problem=dict(entry.problem) if entry.problem is not None else None,
    )

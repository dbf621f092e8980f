"""What has happened in one's accounts, and having it handled again.

A replay counts for whoever asks for it. Where an event concerns other members as well, a member's replay
starts that member's rules and leaves the event as it is; to have it handled again for everybody takes an
administrator.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal
from uuid import UUID

from fluxstudio.core.automations.rules import enqueue_runs
from fluxstudio.core.automations.run_history import RunHistory
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import processing
from fluxstudio.core.webhooks.events import Event, Events, ProcessingAttempt, milliseconds_since
from fluxstudio.core.webhooks.processing import HandledEvent
from fluxstudio.errors import AdminRequired, Conflict, NotFound, PayloadDeleted
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.automations.runs.retry import REFUSALS, retry
from fluxstudio.flows.visibility import conversations, resources
from fluxstudio.flows.webhooks import process
from fluxstudio.flows.webhooks.large_events import with_payload
from fluxstudio.kit.durations import worded

MAX_REPLAYED_AT_ONCE = 200
# Events that are read at once for a list from which some of them are left out.
READ_AT_ONCE = 100

Scope = Literal["everyone", "mine"]
Start = Literal["beginning", "failed_step"]


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay did.

    `for_everyone` counts events that are handled again for all whom they concern, `for_me` those whose rules
    of one member were gone through; `started` is how many of that member's rules were started by it.
    `retried` counts failed runs that are run again, `refused` has the reasons why others are not.
    """

    for_everyone: int = 0
    for_me: int = 0
    started: int = 0
    retried: int = 0
    refused: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        """How many events were replayed."""
        return self.for_everyone + self.for_me

    def details(self) -> dict[str, Any]:
        """What was done, for the audit log."""
        done = {"events": self.events, "forEveryone": self.for_everyone, "started": self.started}
        return {**done, "retried": self.retried} if self.retried else done

    @property
    def message(self) -> str:
        """What was done, for a person to read."""
        if not self.events and not self.retried:
            return REFUSALS[self.refused[0]] if self.refused else "Nothing failed, so nothing was replayed."
        done = []
        if self.retried:
            verb = "is" if self.retried == 1 else "are"
            done.append(f"{_counted(self.retried, 'failed run')} {verb} being run again.")
        done += [REFUSALS[reason] for reason in self.refused[:1]]
        if self.for_everyone:
            done.append(f"Replaying {_counted(self.for_everyone, 'event')}.")
        if self.for_me:
            started = _counted(self.started, "automation") if self.started else "none"
            done.append(
                f"Your automations were checked against {_counted(self.for_me, 'event')}; {started} started. "
                "Nothing changes for others who are connected to the account."
            )
        return " ".join(done)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def reader(actor: Actor) -> UUID | None:
    """Whose events somebody sees: None for everybody's, which administrators do.

    What concerns private conversations that they are not in is withheld from administrators, too.
    """
    return None if actor.is_admin else actor.user_id


async def _refresh(services: Services, user_id: UUID) -> None:
    """Ask providers what somebody may see, where that was not asked lately."""
    await asyncio.gather(conversations.refresh(services, user_id), resources.refresh(services, user_id))


async def page(  # noqa: PLR0913 - named by every caller
    services: Services,
    actor: Actor,
    *,
    before: UUID | None = None,
    provider: str | None = None,
    event_type: str | None = None,
    status: str | None = None,
    unconcerned: bool = False,
    outcome: str | None = None,
    limit: int,
) -> list[Event]:
    """Events that somebody may see, newest first and older than `before`.

    Raises `AdminRequired` where somebody else asks for those that concern nobody.
    """
    if unconcerned and not actor.is_admin:
        raise AdminRequired
    await _refresh(services, actor.user_id)
    read = partial(
        Events(services.db).page,
        reader(actor),
        reader=actor.user_id,
        provider=provider,
        event_type=event_type,
        unconcerned=unconcerned,
    )
    if outcome != "done":
        return await read(before=before, status=status, outcome=outcome, limit=limit)
    if status not in {None, "handled"}:
        return []
    at_once, done = max(limit, READ_AT_ONCE), list[Event]()
    while len(done) < limit:
        # Nearly all that is handled is done, so that this seldom looks twice.
        some = await read(before=before, status="handled", limit=at_once)
        statuses = {event.id: event.status for event in some}
        outcomes = await RunHistory(services.db).outcomes(reader(actor), statuses)
        done += [event for event in some if outcomes[event.id].outcome == "done"]
        if len(some) < at_once:
            break
        before = some[-1].id
    return done[:limit]


async def visible_event(
    services: Services, actor: Actor, event_id: UUID
) -> tuple[Event, list[ProcessingAttempt]]:
    """An event with the attempts to handle it. Raises `NotFound` for one that is not theirs to see."""
    await _refresh(services, actor.user_id)
    row = await Events(services.db).one(reader(actor), event_id, reader=actor.user_id)
    if row is None:
        raise NotFound(not_found_message(services))
    return row


def not_found_message(services: Services) -> str:
    """What is said of an event that is not there."""
    return f"There is no such event, or it is older than {worded(services.settings.retention.events)}."


def payload_deleted(services: Services, event: Event) -> PayloadDeleted | None:
    """The error for asking for a payload that was deleted, None where it is kept."""
    if event.payload_deleted_at is None:
        return None
    return PayloadDeleted(
        f"What {services.registry.get(event.provider).provider.name} sent was deleted on "
        f"{event.payload_deleted_at:%Y-%m-%d}: it is kept for {worded(services.settings.retention.payloads)} "
        "here. The event stays, but cannot be replayed."
    )


async def replay_one(
    services: Services,
    actor: Actor,
    event_id: UUID,
    scope: Scope | None = None,
    *,
    start: Start = "beginning",
) -> ReplayResult:
    """Have an event handled again, from the beginning or from the failed step on.

    The failed step is handling the event, where that failed; else the runs that failed are run again, and
    nothing else. `scope` is `everyone` for administrators who say nothing. Raises `NotFound` for an event
    they may not see, `AdminRequired` where a member asks for `everyone`, `PayloadDeleted` where what was sent
    is gone.
    """
    event, _ = await visible_event(services, actor, event_id)
    if (deleted := payload_deleted(services, event)) is not None:
        raise deleted
    if start == "failed_step":
        done = await _from_failed_step(services, actor, event, scope)
    else:
        done = await _replay(services, actor, [event.id], scope)
    await services.audit.record("replay", event.provider, event.id, user_id=actor.user_id, **done.details())
    return done


async def _from_failed_step(
    services: Services, actor: Actor, event: Event, scope: Scope | None
) -> ReplayResult:
    if scope == "everyone" and not actor.is_admin:
        raise AdminRequired
    owner = None if actor.is_admin and scope == "everyone" else actor.user_id
    retried, refused = 0, []
    for run_id in await RunHistory(services.db).failed_of_event(owner, event.id):
        try:
            retried += (await retry(services, run_id, owner=owner, by=actor.user_id)).added
        except Conflict as error:
            refused.append(error.details["reason"])
    replayed = ReplayResult()
    if event.status in {"failed", "dead"}:
        replayed = await _replay(services, actor, [event.id], scope)
    return replace(replayed, retried=retried, refused=tuple(refused))


async def replay_dead_letters(
    services: Services,
    actor: Actor,
    *,
    provider: str | None = None,
    limit: int = MAX_REPLAYED_AT_ONCE,
    scope: Scope | None = None,
) -> ReplayResult:
    """Have handled again what was given up on, of what somebody may see, the oldest first.

    Raises `AdminRequired` where a member asks for `everyone`.
    """
    await _refresh(services, actor.user_id)
    dead = await Events(services.db).dead_letters(of=reader(actor), provider=provider, limit=limit)
    done = await _replay(services, actor, dead, scope)
    await services.audit.record("replay", provider, "dead", user_id=actor.user_id, **done.details())
    return done


async def _replay(
    services: Services, actor: Actor, event_ids: Sequence[UUID], scope: Scope | None
) -> ReplayResult:
    if scope == "everyone" and not actor.is_admin:
        raise AdminRequired
    if actor.is_admin and scope != "mine":
        return ReplayResult(for_everyone=await process.replay(services, event_ids))
    alone = set(await Events(services.db).concerning_only(actor.user_id, event_ids))
    started, mine = 0, [event_id for event_id in event_ids if event_id not in alone]
    for event_id in mine:
        started += await _for_one_member(services, actor.user_id, event_id)
    whole = await process.replay(services, [event_id for event_id in event_ids if event_id in alone])
    return ReplayResult(whole, len(mine), started)


async def _for_one_member(services: Services, user_id: UUID, event_id: UUID) -> int:
    """Start the rules of one member that an event is meant for and has not started yet; how many."""
    start = time.monotonic()
    async with services.db.transaction() as connected:
        event = await processing.event_to_replay(connected, event_id)
        if event is None:
            return 0
        whole = await with_payload(services, event)
        runs = await triggers.start_runs(connected, services, {**whole, "owner_id": user_id})
        await enqueue_runs(connected, process.RUN, runs)
        note = f"replayed for one member, {_counted(len(runs), 'automation')} started"
        handled = HandledEvent(event_id, milliseconds_since(start), note)
        await processing.record_member_replay(connected, handled)
    if runs:
        services.wakeups.wake(process.RUN)
    return len(runs)

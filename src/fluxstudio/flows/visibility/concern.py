"""Asking an account's provider whether an event concerns it, and starting what waits for that."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from fluxstudio.core.automations.rules import enqueue_runs
from fluxstudio.core.event_stream.subscribers import StreamEvent
from fluxstudio.core.jobs import queue
from fluxstudio.core.jobs.queue import Job, Queue
from fluxstudio.core.services import Services
from fluxstudio.core.visibility.resources import ResourceAccess
from fluxstudio.core.webhooks import processing
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.visibility import resources
from fluxstudio.flows.webhooks.large_events import with_payload
from fluxstudio.flows.webhooks.process import RUN

log = structlog.get_logger(__name__)

QUESTIONS_AT_ONCE = 6


def concern_queue(services: Services) -> Queue:
    """How a worker asks, each grant's questions in a share of their own."""

    async def one_question(turn: Sequence[Job]) -> None:
        [job] = turn
        await ask(services, UUID(bytes=job.payload[:16]), UUID(bytes=job.payload[16:]), job.attempts)

    return Queue(resources.JOB, one_question, QUESTIONS_AT_ONCE)


async def ask(services: Services, event_id: UUID, grant_id: UUID, attempts: int = 1) -> None:
    """Ask whether the account of a grant may see what an event is about; if so, start its people's rules.

    Raises `queue.Retry` while the provider does not answer.
    """
    row = await processing.event_to_replay(services.db, event_id)
    if row is None or row["resource"] is None:
        return
    try:
        answer = await resources.is_visible(services, grant_id, row["provider"], row["resource"])
    except resources.TRANSIENT as error:
        kind = type(error).__name__
        if attempts >= queue.MOST_ATTEMPTS:
            log.warning("concern_unknown", event_id=str(event_id), kind=kind)
            return
        raise queue.Retry(queue.pause_before(attempts), kind) from None
    if answer is None or not answer.visible:
        return
    event = await with_payload(services, row)
    runs: list[UUID] = []
    for user_id in await ResourceAccess(services.db).users(grant_id):
        async with services.db.transaction() as connected:
            started = await triggers.start_runs(connected, services, {**event, "owner_id": user_id})
            await enqueue_runs(connected, RUN, started)
        runs += started
    if runs:
        services.wakeups.wake(RUN)
    # Pages of those whom it did not seem to concern when it arrived.
    services.event_stream.publish(
        [
            StreamEvent(
                str(event_id),
                event["provider"],
                event["status"],
                event["event_type"],
                event["account_id"],
                audience=event["audience"],
                resource=event["resource"],
            )
        ]
    )

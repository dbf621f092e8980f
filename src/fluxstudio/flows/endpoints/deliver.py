"""Sending to endpoints: in order in each lane, at least once, later and later for what fails.

What is to be sent was written in the transaction in which it happened, with a job for its lane. A job only
says that there may be something in a lane: whoever takes it sends what waits there.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from fluxstudio.core.endpoints.deliveries import (
    UNORDERED,
    Deliveries,
    DeliveryTarget,
    DueDelivery,
    FailedDelivery,
    Sent,
)
from fluxstudio.core.endpoints.endpoints import Endpoints
from fluxstudio.core.jobs.queue import Job, Queue
from fluxstudio.core.jobs.scheduler import PeriodicTask
from fluxstudio.core.metrics import counters
from fluxstudio.core.services import Services
from fluxstudio.flows.endpoints.messages import signed
from fluxstudio.flows.endpoints.service import disable
from fluxstudio.kit.batching import Batcher
from fluxstudio.kit.trace import step
from fluxstudio.kit.webhook_client import SendResult, WebhookClient

log = structlog.get_logger(__name__)

JOB = "delivery"
# Lanes that a process sends at the same time. They wait for others' machines, not for ours.
LANES_AT_ONCE = 48
DELIVERIES_READ_AT_ONCE = 20
# After this long a lane makes room for others.
TURN_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 1.0
# From so many failures one after the other it is the endpoint that does not work, and not a message.
FAILURES_OF_ENDPOINT = 5
MAX_ASKED_PAUSE_SECONDS = 3600.0
GONE = 410


class DeliveryFlow:
    """Sends what waits for endpoints."""

    def __init__(self, services: Services, client: WebhookClient) -> None:
        self._services = services
        self._client = client
        self._deliveries = Deliveries(services.db, services.vault)
        self._saving = Batcher(self._save)
        self._retry_for = services.settings.endpoint_retry_time
        self._longest_pause = float(services.settings.endpoint_longest_pause)

    def queue(self) -> Queue:
        """How a worker sends: each endpoint gets its part of the turns."""
        return Queue(JOB, self.turn, LANES_AT_ONCE)

    def periodic_tasks(self) -> list[PeriodicTask]:
        """What recurs: lanes that nobody looks after, and what is kept no longer."""
        services, minute = self._services, timedelta(minutes=1)
        endpoints = Endpoints(services.db, services.vault)
        keep_for = services.settings.retention.deliveries
        return [
            PeriodicTask("look after endpoints", minute, self._deliveries.look_after),
            PeriodicTask("disable endpoints with too much waiting", minute, self._disable_overfull),
            PeriodicTask("sweep secrets of endpoints", minute, endpoints.sweep_secrets),
            PeriodicTask("sweep deliveries", timedelta(hours=1), lambda: self._deliveries.sweep(keep_for)),
        ]

    async def aclose(self) -> None:
        """Let what is under way be kept, and close every connection."""
        await self._saving.close()
        await self._client.aclose()

    async def turn(self, turn: Sequence[Job]) -> None:
        """Send what waits in the lane of these jobs."""
        await self.lane(turn[0].share, turn[0].lane)

    async def lane(self, endpoint: str, lane: str) -> None:
        """Send what waits in a lane, and have it looked after again where something is left."""
        endpoint_id = UUID(endpoint)
        pause = await self._drain(endpoint_id, lane)
        if pause is not None:
            await self._deliveries.set_alarm(endpoint_id, lane, pause)

    async def _drain(self, endpoint_id: UUID, lane: str) -> float | None:
        """Send until nothing is due; in how many seconds to look again, None where nothing waits."""
        end = time.monotonic() + TURN_SECONDS
        while True:
            target = await self._deliveries.target(endpoint_id)
            if target is None:
                return None
            if target.paused_seconds:
                return target.paused_seconds
            upcoming = await self._deliveries.upcoming(endpoint_id, lane, DELIVERIES_READ_AT_ONCE)
            if not upcoming:
                return None
            pauses: list[float] = []
            for delivery in upcoming:
                if delivery.due_seconds:
                    return min([delivery.due_seconds, *pauses])
                pause = await self._attempt(endpoint_id, target, delivery)
                if pause is not None:
                    pauses.append(pause)
                    if not lane.startswith(UNORDERED):
                        return pause
                    if target.failures + 1 >= FAILURES_OF_ENDPOINT:
                        break
                if time.monotonic() > end:
                    return 0.0

    async def _attempt(
        self, endpoint_id: UUID, target: DeliveryTarget, delivery: DueDelivery
    ) -> float | None:
        """Make one attempt; seconds until the next where there has to be one."""
        services = self._services
        message = signed(delivery, target.secrets, services.settings.base_url, services.clock.now())
        about = {"messaging.message.type": str(delivery.type)}
        with step("deliver", about, origin=delivery.origin, kind="client") as sending:
            headers = {**message.headers, "traceparent": sending.origin.traceparent}
            result = await self._client.post(target.url, headers, message.body)
            sending.note({"http.response.status_code": result.status or 0})
        if result.status is not None and 200 <= result.status < 300:
            await self._saving.ask(
                Sent(delivery.number, endpoint_id, result.status, result.took_ms, result.answer)
            )
            counters.sent_to_endpoint(delivery.type, "delivered")
            return None
        return await self._failed(endpoint_id, target, delivery, result)

    async def _failed(
        self, endpoint_id: UUID, target: DeliveryTarget, delivery: DueDelivery, result: SendResult
    ) -> float:
        pause = self._pause_after(delivery.tried_seconds)
        endpoint_pause = _asked_pause(result)
        if target.failures + 1 >= FAILURES_OF_ENDPOINT:
            endpoint_pause = max(pause, endpoint_pause or 0.0)
        outcome = await self._deliveries.save_failure(
            FailedDelivery(
                number=delivery.number,
                status=result.status,
                took_ms=result.took_ms,
                answer=result.answer,
                problem=result.problem or _problem(result.status),
                next_in=timedelta(seconds=pause),
                retry_for=self._retry_for,
                endpoint_pause=None if endpoint_pause is None else timedelta(seconds=endpoint_pause),
            )
        )
        counters.sent_to_endpoint(delivery.type, "given_up" if outcome.over else "failed")
        if result.status == GONE:
            await disable(self._services, endpoint_id, "gone")
        elif outcome.nothing_worked:
            await disable(self._services, endpoint_id, "failing")
        # Its endpoint may have been disabled, so whatever comes next looks at that first.
        return 0.0 if outcome.over else max(pause, endpoint_pause or 0.0)

    def _pause_after(self, tried_seconds: float) -> float:
        """Seconds before the next attempt: four times as far from the first one as this, up to half off."""
        longest = min(self._longest_pause, max(FIRST_PAUSE_SECONDS, 3 * tried_seconds))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries

    async def _save(self, sent: Sequence[Sent]) -> Sequence[None]:
        await self._deliveries.save_sent(sent)
        return [None] * len(sent)

    async def _disable_overfull(self) -> None:
        for endpoint_id in await Endpoints(self._services.db, self._services.vault).overfull():
            await disable(self._services, endpoint_id, "backlog")


def _asked_pause(result: SendResult) -> float | None:
    """What an endpoint that is busy asks for, in seconds."""
    asked = result.headers.get("retry-after", "")
    if result.status not in {429, 503} or not (asked.isascii() and asked.isdigit()):
        return None
    return min(float(asked), MAX_ASKED_PAUSE_SECONDS)


def _problem(status: int | None) -> str:
    if status is not None and 300 <= status < 400:
        return f"Answered {status}. Redirects are not followed: enter the address that it leads to."
    return f"Answered {status}. Only an answer from 200 to 299 counts as delivered."

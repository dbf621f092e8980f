"""Deliveries: what an endpoint is to be sent, every attempt at it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from fluxstudio.core.endpoints.endpoints import secret_place
from fluxstudio.core.tokens.vault import Vault
from fluxstudio.errors import NotFound
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/endpoints/deliveries.sql")

# Lanes whose name begins with it are in no order.
UNORDERED = "~"
SWEPT_AT_ONCE, RESENT_AT_ONCE = 2000, 5000

DeliveryStatus = Literal["waiting", "delivered", "failed"]
MessageType = Literal[
    "connection.connected",
    "connection.ended",
    "connection.reauthorization_required",
    "event.received",
    "run.finished",
    "run.failed",
    "approval.requested",
    "approval.decided",
    "endpoint.disabled",
]


@dataclass(frozen=True, slots=True)
class DeliveryTarget:
    """Where to send and what signs, the newest secret first; nothing is sent for `paused_seconds`."""

    url: str
    failures: int
    paused_seconds: float
    secrets: tuple[str, ...] = field(repr=False)


class DueDelivery(NamedTuple):
    """A delivery that waits: due in so many seconds, tried for so many since it was last asked for."""

    number: int
    message: UUID
    type: MessageType
    data: Mapping[str, Any]
    created_at: datetime
    origin: str | None
    due_seconds: float
    tried_seconds: float


class Sent(NamedTuple):
    """A delivery that an endpoint has taken, and what it answered."""

    number: int
    endpoint_id: UUID
    status: int
    took_ms: int
    answer: str


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """An attempt that failed.

    `next_in` is when to try again, `endpoint_pause` for how long nothing is sent to its endpoint at all, and
    `retry_for` how long one delivery is tried.
    """

    number: int
    status: int | None
    took_ms: int
    answer: str
    problem: str
    next_in: timedelta
    retry_for: timedelta
    endpoint_pause: timedelta | None = None


@dataclass(frozen=True, slots=True)
class FailureOutcome:
    """Whether a delivery is no longer tried, and whether its endpoint took nothing in all that time."""

    over: bool
    nothing_worked: bool


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt: `status` is None where nobody answered, `problem` None where it was taken."""

    attempt: int
    at: datetime
    status: int | None
    took_ms: int
    answer: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as administrators see it, with its attempts."""

    number: int
    message: UUID
    type: MessageType
    account: str | None
    status: DeliveryStatus
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    data: Mapping[str, Any]
    attempts: Sequence[DeliveryAttempt]


class Deliveries:
    """Reads and changes deliveries."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def target(self, endpoint_id: UUID) -> DeliveryTarget | None:
        """Where to send; None for an endpoint that is disabled or gone. Raises `VaultError`."""
        row = await self._db.fetchrow(sql.target, endpoint_id)
        if row is None:
            return None
        boxes = zip(row["secret_ids"], row["secrets"], strict=True)
        opened = tuple(self._vault.open_note(secret_place(secret_id), box) for secret_id, box in boxes)
        return DeliveryTarget(row["url"], row["failures"], row["paused_seconds"], opened)

    async def upcoming(self, endpoint_id: UUID, lane: str, limit: int) -> list[DueDelivery]:
        """The next deliveries of a lane, whether due or not."""
        statement = sql.next_due if lane.startswith(UNORDERED) else sql.next_in_order
        return [DueDelivery(**row) for row in await self._db.fetch(statement, endpoint_id, lane, limit)]

    async def save_sent(self, sent: Sequence[Sent]) -> None:
        """Keep that endpoints have taken some deliveries."""
        await self._db.execute(sql.save_delivered, *map(list, zip(*sent, strict=True)))

    async def save_failure(self, failed: FailedDelivery) -> FailureOutcome:
        """Keep an attempt that failed."""
        row = await self._db.fetchrow(
            sql.save_failure,
            failed.number,
            failed.status,
            failed.took_ms,
            failed.answer,
            failed.problem,
            failed.next_in,
            failed.retry_for,
            failed.endpoint_pause,
        )
        # Somebody deleted its endpoint meanwhile.
        return FailureOutcome(True, False) if row is None else FailureOutcome(**row)

    async def set_alarm(self, endpoint_id: UUID, lane: str, seconds: float) -> None:
        """Have a lane looked after again in so many seconds."""
        await self._db.execute(sql.alarm, str(endpoint_id), lane, timedelta(seconds=seconds))

    async def look_after(
        self, endpoint_id: UUID | None = None, connected: Connection | Database | None = None
    ) -> None:
        """Have every lane looked after in which something waits, of one endpoint or of all."""
        await (connected or self._db).execute(sql.look_after, endpoint_id)

    async def page(
        self, endpoint_id: UUID, *, before: int | None, status: DeliveryStatus | None, limit: int
    ) -> list[Delivery]:
        """Deliveries of an endpoint with their attempts, newest first."""
        rows = await self._db.fetch(sql.page, endpoint_id, before, status, limit)
        attempts: dict[int, list[DeliveryAttempt]] = {row["number"]: [] for row in rows}
        for row in await self._db.fetch(sql.attempts, list(attempts)):
            fields = dict(row)
            attempts[fields.pop("delivery")].append(DeliveryAttempt(**fields))
        return [Delivery(**row, attempts=attempts[row["number"]]) for row in rows]

    async def resend_one(self, endpoint_id: UUID, number: int) -> None:
        """Send a delivery again, soon. Raises `NotFound`."""
        if await self._db.fetchval(sql.resend_one, endpoint_id, number) is None:
            raise NotFound(
                "This endpoint has no such delivery. `GET …/deliveries` lists those that are kept."
            )
        await self._soon(endpoint_id)

    async def resend(
        self, endpoint_id: UUID, *, since: datetime | None, status: DeliveryStatus | None, until: datetime
    ) -> int:
        """Send all deliveries of a status, made between two moments, again; how many."""
        total, last = 0, 0
        while True:
            rows = await self._db.fetch(
                sql.resend_some, endpoint_id, last, until, since, status, RESENT_AT_ONCE
            )
            if not rows:
                break
            total += len(rows)
            last = max(row["number"] for row in rows)
        await self._soon(endpoint_id)
        return total

    async def _soon(self, endpoint_id: UUID) -> None:
        await self._db.execute(sql.unpause, endpoint_id)
        await self.look_after(endpoint_id)

    async def sweep(self, keep_for: timedelta) -> None:
        """Delete deliveries that have ended so long ago, and those of endpoints and people that are gone."""
        while await self._db.execute(sql.sweep, keep_for, SWEPT_AT_ONCE) != "DELETE 0":
            continue
        while await self._db.execute(sql.sweep_orphans, SWEPT_AT_ONCE) != "DELETE 0":
            continue

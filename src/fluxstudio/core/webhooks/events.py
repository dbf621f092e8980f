"""Verified events: kept once each, and what was done about them."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg.pgproto import pgproto

from fluxstudio.kit.json import pruned, without_nul
from fluxstudio.kit.postgres.database import Connection, Database, Unstorable
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256
from fluxstudio.sdk import EVERYBODY

sql = Queries.load("fluxstudio.sql", "queries/webhooks/events.sql")

CHANNEL = "fluxstudio_events"
# Bytes of a request up to which lists read its payload themselves (`events.sql` says the same), of a
# payload that is shown with its event, of what is shown of a larger one, and of a piece of what is sent in
# pieces.
MAX_LISTED_PAYLOAD_BYTES = 8192
MAX_SHOWN_PAYLOAD_BYTES = 1024 * 1024
# Bytes of a request up to which the event loop reads it; of larger ones it works with `abridged`, and leaves
# the rest to other processes. Queries say the same.
MAX_EVENT_LOOP_PAYLOAD_BYTES = 256 * 1024
MAX_EXCERPT_CHARACTERS = 60_000
PAYLOAD_CHUNK_BYTES = 512 * 1024
# Seconds since 1970 of which six bytes hold the milliseconds.
LAST_MOMENT = 2**47 / 1000


class WebhookEvent(msgspec.Struct, frozen=True):
    """A verified event on its way in, as the database takes it; its keys and `happening` come of `key_of`.

    `second_key` is None for an event that is known by its delivery alone, `former_key` where earlier releases
    knew it by `key`. `owner_id` is whose own webhook's secret proved it, None for the app's secret. `size` is
    that of the request in bytes, `summary` is `{text, link}` where the payload is too large for lists.
    `audience` is whom of the account it concerns: everybody, or the members of a conversation. `resource` is
    what it is about, where it concerns whoever may see that. `also_for` are further accounts that the same
    delivery is for, `origin` is what led to it, see `kit.trace`. Of a large event the payload is JSON as it
    is written, without NUL, and `abridged` a short copy of it.
    """

    id: UUID
    provider: str
    delivery_key: str
    key: str
    second_key: str | None
    event_type: str
    account_id: str | None
    subscription: str | None
    order_key: str | None
    payload: Mapping[str, Any] | msgspec.Raw
    size: int | None = None
    owner_id: UUID | None = None
    former_key: str | None = None
    happening: str | None = None
    summary: Mapping[str, Any] | None = None
    audience: str = EVERYBODY
    resource: str | None = None
    abridged: Mapping[str, Any] | None = None
    also_for: tuple[str, ...] = ()
    origin: str | None = None

    def of_account(self, account_id: str) -> WebhookEvent:
        """The same event as it is for another account."""

        def own(key: str) -> str:
            return key[:12] + sha256(f"{key}{chr(31)}{account_id}").hex()[:20]

        return msgspec.structs.replace(
            self,
            id=new_id((self.id.int >> 80) / 1000),
            account_id=account_id,
            key=own(self.key),
            second_key=None if self.second_key is None else own(self.second_key),
            former_key=None,
            also_for=(),
        )


@dataclass(frozen=True, slots=True)
class StoredEvents:
    """The ids of events that were new, to be published; and whether endpoints may wait for them."""

    new_ids: frozenset[UUID]
    announced: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is kept. `problem` is `{code, message}` of the last attempt that failed.

    `payload` is None where it is too large: lists then have its `summary`, `{text, link}`, and one event by
    itself has an `excerpt` of its JSON.
    `payload_deleted_at` is when its payload was deleted, where that is kept for less than the event.
    `withheld` says that it concerns a private conversation of others, so that it comes without its payload.
    """

    id: UUID
    provider: str
    event_type: str
    delivery_key: str
    account_id: str | None
    subscription: str | None
    payload: Mapping[str, Any] | None
    status: str
    attempts: int
    received_at: datetime
    handled_at: datetime | None
    problem: Mapping[str, Any] | None
    summary: Mapping[str, Any] | None = None
    size: int | None = None
    excerpt: str | None = None
    withheld: bool = False
    payload_deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProcessingAttempt:
    """One attempt to handle an event: its outcome, how long it took, and what it did."""

    attempt: int
    outcome: str
    ended_at: datetime
    took_ms: int
    note: str
    problem: Mapping[str, Any] | None


def new_id(seconds: float) -> UUID:
    """A UUIDv7 of a moment in seconds since 1970: later ones sort behind earlier ones."""
    millis = seconds * 1000
    whole = int(millis)
    # It only has to be unlike others: nothing is opened with it.
    chance = random.getrandbits(62)
    number = whole << 80 | 7 << 76 | int((millis - whole) * 4096) << 64 | 2 << 62 | chance
    # asyncpg's own is one like any other, and made and sent much sooner.
    return pgproto.UUID(number.to_bytes(16, "big"))


def key_of(provider: str, key: str, moment: float | None) -> str:
    """What a delivery key is known by, 32 hex digits of a UUID; those of one time stand side by side.

    `moment` is when that happened which the delivery tells, in seconds since 1970, as its provider says.
    """
    millis = int(1000 * moment) if moment is not None and 0 <= moment < LAST_MOMENT else 0
    return f"{millis:012x}{sha256(f'{provider}{chr(31)}{key}').hex()[:20]}"


async def store(
    connected: Database | Connection, webhook_events: Sequence[WebhookEvent], *, job: str, together: int
) -> StoredEvents:
    """Keep events, enqueue jobs of that kind, each for so many of them at most.

    The payload of a job is the bytes of its events' ids. The one character that PostgreSQL's texts cannot
    hold, NUL, is kept as U+FFFD; a transaction that was open before does not outlive it.
    """
    try:
        row = await connected.fetchrow(sql.store, webhook_events, job, together)
    except Unstorable:
        cleaned = [
            without_nul(msgspec.to_builtins(msgspec.structs.replace(webhook_event, payload={})))
            | {"payload": without_nul(webhook_event.payload)}
            for webhook_event in webhook_events
        ]
        row = await connected.fetchrow(sql.store, cleaned, job, together)
    assert row is not None
    return StoredEvents(frozenset(row["new_ids"]), row["announced"])


class Events:
    """Reads events: as a user those of their accounts, or all of them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(  # noqa: PLR0913 - named by every caller
        self,
        user_id: UUID | None,
        *,
        reader: UUID | None = None,
        before: UUID | None = None,
        provider: str | None = None,
        event_type: str | None = None,
        status: str | None = None,
        unconcerned: bool = False,
        outcome: str | None = None,
        limit: int,
    ) -> list[Event]:
        """Events, newest first and older than `before`; everybody's where `user_id` is None.

        `outcome` is the worst that became of them and of the runs they started, any but `done`, see
        `core.run_history`. Of everybody's, those of private conversations that the user `reader` is not in
        are withheld, and only those that concern nobody are given where they are `unconcerned`.
        """
        parameters = (before, provider, event_type, status, limit)
        if outcome is not None:
            rows = await self._rows(user_id, sql.page_of_outcome, *parameters, outcome)
        elif user_id is not None:
            rows = await self._rows(user_id, sql.page_of_user, *parameters)
        else:
            rows = await self._rows(None, sql.page, *parameters, unconcerned, reader)
        events = [_event(row) for row in rows]
        return events if user_id is not None else await self._withholding(events, reader)

    async def one(
        self, user_id: UUID | None, event_id: UUID, *, reader: UUID | None = None
    ) -> tuple[Event, list[ProcessingAttempt]] | None:
        """One event with the attempts to handle it, or None where there is none that the user may see.

        With None for the user it is any event, withheld where it concerns a private conversation that the
        user `reader` is not in.
        """
        rows = await self._rows(user_id, sql.one, event_id, MAX_SHOWN_PAYLOAD_BYTES, MAX_EXCERPT_CHARACTERS)
        if not rows:
            return None
        attempts = await self._rows(user_id, sql.deliveries, event_id)
        events = [_event(rows[0])]
        [event] = events if user_id is not None else await self._withholding(events, reader)
        return event, [ProcessingAttempt(**row) for row in attempts]

    async def _withholding(self, events: Sequence[Event], reader: UUID | None) -> list[Event]:
        """The same without what concerns private conversations that a user is not in."""
        ids = [event.id for event in events]
        withheld = {row["id"] for row in await self._db.fetch(sql.withheld, ids, reader)}
        hidden: dict[str, Any] = {
            "payload": {},
            "summary": None,
            "size": None,
            "excerpt": None,
            "withheld": True,
        }
        return [replace(event, **hidden) if event.id in withheld else event for event in events]

    async def payload(self, event_id: UUID) -> AsyncIterator[bytes]:
        """The JSON of a payload in pieces, however large it is; whoever asks has to be allowed to see it."""
        async with self._db.transaction(read_only=True) as connected:
            async for row in connected.cursor(sql.pieces, event_id, PAYLOAD_CHUNK_BYTES, prefetch=1):
                yield row["piece"]

    async def dead_letters(
        self,
        *,
        of: UUID | None = None,
        provider: str | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> list[UUID]:
        """Events that were given up on, the oldest first; with `of` only those which that user sees."""
        return [row["id"] for row in await self._rows(of, sql.dead_ones, provider, since, limit)]

    async def concerning_only(self, user_id: UUID, events: Sequence[UUID]) -> list[UUID]:
        """Those of these events that concern nobody but one user."""
        return [row["id"] for row in await self._db.fetch(sql.concerning_only, user_id, list(events))]

    async def count_dead_letters(self, user_id: UUID | None, provider: str | None = None) -> int:
        """How many events were given up on; everybody's where `user_id` is None."""
        [row] = await self._rows(user_id, sql.count_dead, provider)
        return int(row["count"])

    async def account_names(self, events: Iterable[Event]) -> Mapping[tuple[str, str], str]:
        """What the accounts are called that events concern, by provider and account id."""
        accounts = sorted({(entry.provider, entry.account_id) for entry in events if entry.account_id})
        providers, ids = [provider for provider, _ in accounts], [account for _, account in accounts]
        rows = await self._db.fetch(sql.account_names, providers, ids)
        return {(row["provider"], row["account_id"]): row["name"] for row in rows}

    async def arrived(self, webhook_id: str, keys: Sequence[tuple[str, str]]) -> list[bool]:
        """Whether deliveries of a webhook have arrived, by their keys and those of earlier releases."""
        delivery_keys, former = [key for key, _ in keys], [key for _, key in keys]
        rows = await self._db.fetch(sql.knows, delivery_keys, former, webhook_id)
        places = {row["place"] for row in rows}
        return [place in places for place in range(1, len(keys) + 1)]

    async def _rows(self, user_id: UUID | None, query: str, *args: object) -> list[Any]:
        if user_id is None:
            return list(await self._db.fetch(query, *args))
        async with self._db.as_user(user_id, read_only=True) as connected:
            return list(await connected.fetch(query, *args))

    async def make_room(self) -> None:
        """Make the partitions of the weeks to come."""
        await self._db.fetchval(sql.make_partitions)


def _event(row: Mapping[str, Any]) -> Event:
    # Rows of earlier versions may nest deeper than what is kept now.
    payload = None if row["payload"] is None else pruned(row["payload"])
    return Event(**{**row, "payload": payload})


def milliseconds_since(start: float) -> int:
    """Whole milliseconds since a reading of `time.monotonic()`."""
    return round((time.monotonic() - start) * 1000)

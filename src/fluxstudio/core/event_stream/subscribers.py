"""What just happened, told by the database to every page that may know it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog
from cachetools import LRUCache

from fluxstudio.core.event_stream.publisher import Publisher
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.metrics import counters
from fluxstudio.core.webhooks.events import CHANNEL
from fluxstudio.errors import RateLimited
from fluxstudio.kit.postgres.database import ChannelSubscription, Database, DatabaseUnavailable
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.sdk import UNDETERMINED

sql = Queries.load("fluxstudio.sql", "queries/event_stream/subscribers.sql")
log = structlog.get_logger(__name__)

MAX_SUBSCRIBERS = 10
MAX_QUEUED_EVENTS = 200
MAX_INCOMING_EVENTS = 10_000
MAX_EVENTS_AT_ONCE = 500
MAX_MISSED_EVENTS = 500
# When nothing was announced for so long, a process looks for itself: at what arrived that lately.
CATCH_UP_SECONDS, LOOKED_BACK_SECONDS = 3.0, 20.0


class StreamEvent(msgspec.Struct, frozen=True):
    """One thing that happened, as sent on the channel.

    `status` is an event's: received, handled, failed or dead. A piece that names a `user` instead of an
    `account` is that user's own, such as the end of a run, whose `type` begins with `run`. One with an
    `owner` is proven by that user's own secret, and is for nobody else who is connected to the account.
    """

    id: str
    provider: str | None
    status: str
    type: str
    account: str | None = None
    user: UUID | None = None
    owner: UUID | None = None
    # What tells of an event and does not say whom it concerns is for nobody.
    audience: str = UNDETERMINED
    # What it is about, where it concerns whoever may see that.
    resource: str | None = None

    @property
    def name(self) -> str:
        """What pages know it as: arrived, handled, failed or run."""
        if self.type.partition(".")[0] == "run":
            return "run"
        return {"received": "arrived", "dead": "failed"}.get(self.status, self.status)


# Provider, account, audience and resource of a piece.
About = tuple[str | None, str | None, str, str | None]

# Events that arrive are told by their ids, many at once, and read only where somebody wants to know.
_decoder = msgspec.json.Decoder(list[StreamEvent | UUID])


@dataclass(eq=False)
class Subscriber:
    """One page that follows. Iterating ends when it did not keep up, or when news may have been missed."""

    actor: Actor
    _queue: deque[StreamEvent] = field(default_factory=deque)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def give(self, event: StreamEvent) -> None:
        """Have one more piece to read; a reader that has too many already is ended."""
        if self.ended:
            return
        if len(self._queue) >= MAX_QUEUED_EVENTS:
            counters.stream_dropped()
            self.end()
            return
        self._queue.append(event)
        self._woken.set()

    def end(self) -> None:
        """Read no more."""
        self.ended = True
        self._queue.clear()
        self._woken.set()

    async def take(self, seconds: float) -> list[StreamEvent]:
        """What has come since the last time; empty when nothing does for so long, or when it has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        batch = list(self._queue)
        self._queue.clear()
        if not self.ended:
            self._woken.clear()
        return batch


class EventStream:
    """One listener for each process, and every page that reads from it."""

    def __init__(self, db: Database, announcer: Publisher) -> None:
        self._db = db
        self._announcer = announcer
        self._readers: set[Subscriber] = set()
        self._count: Counter[UUID] = Counter()
        self._incoming: deque[StreamEvent | UUID] = deque()
        self._handed_out: LRUCache[tuple[str, str], None] = LRUCache(MAX_INCOMING_EVENTS)
        self._followed_since = time.monotonic()
        self._woken = asyncio.Event()
        self._opening = asyncio.Lock()
        self._subscription: ChannelSubscription | None = None
        self._passing: asyncio.Task[None] | None = None

    def publish(self, events: Iterable[StreamEvent | UUID]) -> None:
        """Send what is committed to the pages of every process; of events that have arrived, their ids."""
        self._announcer.publish(CHANNEL, (msgspec.json.encode(event).decode() for event in events))

    @asynccontextmanager
    async def subscribe(self, actor: Actor) -> AsyncIterator[Subscriber]:
        """Follow what a user may see, from now on.

        Raises `RateLimited` when the user has too many streams open, `DatabaseUnavailable` when nothing
        can be listened to.
        """
        if self._count[actor.user_id] >= MAX_SUBSCRIBERS:
            raise RateLimited(
                f"You follow from {MAX_SUBSCRIBERS} pages already. Close one, then try again.", 15
            )
        reader = Subscriber(actor)
        if not self._readers:
            self._followed_since = time.monotonic()
        self._count[actor.user_id] += 1
        self._readers.add(reader)
        counters.streams_changed(1)
        try:
            await self._open()
            yield reader
        finally:
            counters.streams_changed(-1)
            self._readers.discard(reader)
            self._count[actor.user_id] -= 1
            self._count += Counter()

    async def missed(self, actor: Actor, last: UUID) -> list[StreamEvent] | None:
        """The events newer than one, oldest first; None when there are too many to tell one by one.

        Those of the minute before it are among them: events may be committed in another order than that of
        their ids, and have been handled since.
        """
        if actor.is_admin:
            rows = await self._db.fetch(sql.newer, _a_minute_before(last), MAX_MISSED_EVENTS + 1)
        else:
            async with self._db.as_user(actor.user_id, read_only=True) as connected:
                rows = await connected.fetch(sql.newer_of_user, _a_minute_before(last), MAX_MISSED_EVENTS + 1)
        return None if len(rows) > MAX_MISSED_EVENTS else [StreamEvent(**row) for row in rows]

    async def close(self) -> None:
        """End every reader and listen no more. May be called again."""
        self._end_all()
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        if self._passing is not None:
            self._passing.cancel()
            await asyncio.gather(self._passing, return_exceptions=True)
            self._passing = None

    async def _open(self) -> None:
        async with self._opening:
            if self._subscription is None:
                self._subscription = await self._db.listen(CHANNEL, self._hear, on_reconnect=self._end_all)
                self._passing = asyncio.create_task(self._pass_on())

    def _hear(self, payload: str) -> None:
        if not self._readers:
            return
        try:
            self._incoming.extend(_decoder.decode(payload))
        except (msgspec.DecodeError, ValueError):
            log.error("news_unreadable")
            return
        if len(self._incoming) > MAX_INCOMING_EVENTS:
            self._end_all()
        self._woken.set()

    def _end_all(self) -> None:
        """Pages come back by themselves and say what they saw last, so that nothing is missed."""
        self._incoming.clear()
        for reader in self._readers:
            reader.end()

    async def _pass_on(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CATCH_UP_SECONDS):
                    await self._woken.wait()
            if not self._woken.is_set():
                await self._catch_up()
            self._woken.clear()
            while self._incoming:
                batch = [
                    self._incoming.popleft() for _ in range(min(len(self._incoming), MAX_EVENTS_AT_ONCE))
                ]
                try:
                    await self._hand_out(batch)
                except DatabaseUnavailable:
                    self._end_all()
                except Exception as error:
                    log.error("news_failed", kind=type(error).__name__)
                    self._end_all()

    async def _catch_up(self) -> None:
        """Hear of events that nobody announced, as when a process is lost between its commit and that."""
        if not self._readers:
            return
        try:
            seconds = min(LOOKED_BACK_SECONDS, time.monotonic() - self._followed_since)
            rows = await self._db.fetch(sql.newest, timedelta(seconds=seconds), MAX_EVENTS_AT_ONCE)
        except DatabaseUnavailable:
            return
        except Exception as error:
            log.warning("stream_not_caught_up", kind=type(error).__name__)
            return
        events = [StreamEvent(**row) for row in rows]
        self._incoming.extend(event for event in events if (event.id, event.name) not in self._handed_out)

    async def _hand_out(self, items: Sequence[StreamEvent | UUID]) -> None:
        readers = tuple(self._readers)
        batch = await self._events(items)
        for event in batch:
            self._handed_out[event.id, event.name] = None
        seeing = await self._who_sees(batch, {reader.actor.user_id for reader in readers})
        for event in batch:
            allowed = seeing.get(_about(event), set())
            for reader in readers:
                mine = reader.actor.user_id == event.user if event.user else reader.actor.user_id in allowed
                mine = mine and event.owner in {None, reader.actor.user_id}
                if mine or reader.actor.is_admin:
                    reader.give(event)

    async def _events(self, items: Sequence[StreamEvent | UUID]) -> list[StreamEvent]:
        """What was told, with the arrivals that were told by their ids alone."""
        ids = [entry for entry in items if isinstance(entry, UUID)]
        rows = await self._db.fetch(sql.arrived, ids) if ids else []
        arrived = {row["id"]: StreamEvent(**row) for row in rows}
        events = (arrived.get(str(entry)) if isinstance(entry, UUID) else entry for entry in items)
        return [event for event in events if event is not None]

    async def _who_sees(
        self, batch: Iterable[StreamEvent], users: Iterable[UUID]
    ) -> Mapping[About, set[UUID]]:
        """Which of the users the pieces concern now."""
        about = {_about(event) for event in batch if event.provider and (event.account or event.resource)}
        if not about:
            return {}
        rows = await self._db.fetch(sql.who_sees, *map(list, zip(*about, strict=True)), list(users))
        viewers: dict[About, set[UUID]] = {}
        for row in rows:
            key = (row["provider"], row["account_id"], row["audience"], row["resource"])
            viewers.setdefault(key, set()).add(row["user_id"])
        return viewers


def _about(event: StreamEvent) -> About:
    return event.provider, event.account, event.audience, event.resource


def _a_minute_before(event: UUID) -> UUID:
    """The smallest id that an event a minute older than this one could have; ids begin with milliseconds."""
    milliseconds = max(0, (event.int >> 80) - 60_000)
    return UUID(int=milliseconds << 80)

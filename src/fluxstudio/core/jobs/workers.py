"""Workers: they take jobs for whom it is the turn of, do them, and lose nothing when they are lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, OrderedDict
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, groupby
from uuid import UUID, uuid4

import asyncpg
import structlog

from fluxstudio.core.event_stream.publisher import Publisher
from fluxstudio.core.jobs.queue import Job, Queue, Retry, pause_before, sql
from fluxstudio.kit.batching import Batcher
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.postgres.database import ChannelSubscription, Database, DatabaseUnavailable
from fluxstudio.kit.trace import step

log = structlog.get_logger(__name__)

CHANNEL = "fluxstudio_jobs"
# A worker that shows no sign of life for this long has lost its jobs to others.
LEASE = timedelta(seconds=6)
RENEW_SECONDS = 1.5
# A worker looks by itself this often, in case it was not told.
POLL_SECONDS = 0.5
# It wakes for what it has put back for less than this, to be in time.
WAKING_SECONDS = 60.0
# Jobs of one lane that are done in one turn, and shares whose last lane a worker remembers.
MOST_IN_TURN, MOST_REMEMBERED = 20, 256


class Wakeups:
    """Wakes the workers of this process and of others where jobs have been committed."""

    def __init__(self, announcer: Publisher) -> None:
        self._announcer = announcer
        self._workers: dict[str, set[Worker]] = {}

    def wake(self, kind: str) -> None:
        """Jobs of this kind are committed. A worker in this process with room takes them, else any other."""
        here = self._workers.get(kind, set())
        for worker in here:
            worker.wake()
        if not any(worker.room for worker in here):
            self._announcer.publish(CHANNEL, [f'"{kind}"'])

    def on_notification(self, payload: str) -> None:
        """Another process has said that there are jobs."""
        for kind, workers in self._workers.items():
            if f'"{kind}"' in payload:
                for worker in workers:
                    worker.wake()

    def join(self, worker: Worker) -> None:
        """Wake this worker from now on."""
        self._workers.setdefault(worker.kind, set()).add(worker)

    def leave(self, worker: Worker) -> None:
        """Wake it no more."""
        self._workers[worker.kind].discard(worker)


async def work(db: Database, wakeups: Wakeups, queues: Sequence[Queue], drain: Drain | None = None) -> None:
    """Do jobs for as long as this runs; when the database goes away, go on once it is back.

    Once `drain` begins no further jobs are taken. Those that do not end in its time are handed back.
    """
    drain = drain if drain is not None else Drain()
    workers = [Worker(db, queue, drain) for queue in queues]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_listen(db, wakeups))
            for worker in workers:
                wakeups.join(worker)
                group.create_task(worker.run())
    finally:
        for worker in workers:
            wakeups.leave(worker)


async def _listen(db: Database, wakeups: Wakeups) -> None:
    """Hear of jobs that other processes have committed."""
    subscription: ChannelSubscription | None = None
    try:
        while subscription is None:
            try:
                subscription = await db.listen(CHANNEL, wakeups.on_notification)
            except Exception as error:
                if not isinstance(error, DatabaseUnavailable):
                    log.warning("worker_does_not_listen", kind=type(error).__name__)
            await asyncio.sleep(1)
        await asyncio.Event().wait()
    finally:
        if subscription is not None:
            subscription.close()


def _lane_of(job: Job) -> str:
    return job.lane


@dataclass(eq=False)
class Worker:
    """Takes jobs of one kind and has them done; each share gets its part of the turns."""

    db: Database
    queue: Queue
    drain: Drain = field(default_factory=Drain)
    id: UUID = field(default_factory=uuid4)
    _turns: set[asyncio.Task[None]] = field(default_factory=set)
    _jobs: set[int] = field(default_factory=set)
    _busy: Counter[str] = field(default_factory=Counter)
    # The lane that had the last turn, of the shares served last.
    _lanes: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _last_share: str = ""
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._finishing = Batcher(self._finish)

    @property
    def kind(self) -> str:
        """The kind of its jobs."""
        return self.queue.kind

    @property
    def room(self) -> bool:
        """Whether it has a turn to give."""
        return len(self._turns) < self.queue.at_once

    def wake(self) -> None:
        """Look for jobs now."""
        self._woken.set()

    async def run(self) -> None:
        """Take jobs for as long as this runs; those under way are let end for a while, then handed back."""
        renewing = asyncio.create_task(self._keep_renewing())
        try:
            while True:
                if not await self._took_some():
                    await self._nothing_to_do()
        finally:
            if self._turns:
                await asyncio.wait(self._turns, timeout=self.drain.seconds_left())
            left = list(self._jobs)
            for turn in self._turns:
                turn.cancel()
            await asyncio.gather(*self._turns, return_exceptions=True)
            await self._finishing.close()
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await self._hand_back(left)

    async def _hand_back(self, jobs: Sequence[int]) -> None:
        """Let others have jobs that were broken off, as far as they have not ended meanwhile."""
        if jobs:
            # Without this their lease ends, a little later.
            with suppress(DatabaseUnavailable, asyncpg.PostgresError):
                await self.db.execute(sql.hand_back, jobs, self.id)

    async def _nothing_to_do(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.db.outage.pause(POLL_SECONDS)):
                await self._woken.wait()

    async def _took_some(self) -> bool:
        self._woken.clear()
        if not self.room or self.drain.leaving.is_set():
            return False
        try:
            taken = await self._take()
        except DatabaseUnavailable:
            return False
        except Exception as error:
            log.error("worker_failed", job=self.kind, kind=type(error).__name__, exc_info=error)
            return False
        return bool(taken)

    async def _take(self) -> int:
        """Begin what there is room for; how many turns."""
        shares = list({**self._busy, **self._lanes})
        rows = await self.db.fetch(
            sql.take,
            self.kind,
            self.id,
            LEASE,
            self.queue.at_once - len(self._turns),
            self._part(),
            MOST_IN_TURN,
            self.queue.lanes,
            self._last_share,
            shares,
            [self._busy[share] for share in shares],
            [self._lanes.get(share, "") for share in shares],
        )
        jobs = [Job(**row) for row in rows]
        turns = [[job] for job in jobs if not job.lane]
        in_lanes = [job for job in jobs if job.lane]
        for _, of_share in groupby(in_lanes, key=lambda job: job.share):
            lanes = [sorted(lane, key=lambda job: job.id) for _, lane in groupby(of_share, key=_lane_of)]
            starts = range(0, len(lanes), self.queue.lanes)
            turns += [list(chain.from_iterable(lanes[at : at + self.queue.lanes])) for at in starts]
        for turn in turns:
            self._begin(turn)
        if jobs:
            self._last_share = jobs[-1].share
        return len(turns)

    def _part(self) -> int:
        """How many turns one share may have: always one part is left for whoever comes next."""
        return max(1, self.queue.at_once // (1 + max(1, len(self._busy))))

    def _begin(self, turn: Sequence[Job]) -> None:
        # Of several lanes the last one had its turn last.
        share, lane = turn[0].share, turn[-1].lane
        self._lanes[share] = lane
        self._lanes.move_to_end(share)
        if len(self._lanes) > MOST_REMEMBERED:
            self._lanes.popitem(last=False)
        self._busy[share] += 1
        self._jobs.update(job.id for job in turn)
        task = asyncio.create_task(self._do(turn))
        self._turns.add(task)
        task.add_done_callback(lambda task: self._ended(task, turn))

    def _ended(self, task: asyncio.Task[None], turn: Sequence[Job]) -> None:
        self._turns.discard(task)
        self._jobs.difference_update(job.id for job in turn)
        self._busy[turn[0].share] -= 1
        self._busy += Counter()
        self._woken.set()

    async def _do(self, turn: Sequence[Job]) -> None:
        try:
            with self.drain.under_way(), self._step(turn[0]):
                await self.queue.handler(turn)
        except Retry as retry:
            pause: float | None = retry.seconds
        except DatabaseUnavailable:
            pause = pause_before(1)
        except Exception as error:
            log.error("job_failed", job=self.kind, kind=type(error).__name__, exc_info=error)
            pause = pause_before(max(job.attempts for job in turn))
        else:
            pause = None
        try:
            await asyncio.gather(*(self._finishing.ask((job.id, pause)) for job in turn))
        except (DatabaseUnavailable, asyncpg.PostgresError) as error:
            # Its lease ends, and somebody does it again.
            log.warning("job_not_finished", job=self.kind, kind=type(error).__name__)
            return
        if pause is not None and pause < WAKING_SECONDS:
            asyncio.get_running_loop().call_later(pause, self.wake)

    def _step(self, job: Job) -> AbstractContextManager[object]:
        """What the job belongs to; those whose origins are kept elsewhere begin steps of their own."""
        return (
            nullcontext()
            if job.origin is None
            else step(f"job {self.kind}", {}, origin=job.origin, kind="consumer")
        )

    async def _finish(self, ended: Sequence[tuple[int, float | None]]) -> list[Exception | None]:
        """Delete jobs that are done, and put back those that are to be tried again in so many seconds."""
        done = [job for job, pause in ended if pause is None]
        back = [(job, timedelta(seconds=pause)) for job, pause in ended if pause is not None]
        if done:
            await self.db.execute(sql.finish, done, self.id)
        if back:
            ids, pauses = zip(*back, strict=True)
            await self.db.execute(sql.put_back, ids, self.id, pauses)
        return [None] * len(ended)

    async def _keep_renewing(self) -> None:
        """Keep what is under way, and free what others have lost."""
        while True:
            await asyncio.sleep(RENEW_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - spreads them
            try:
                if self._jobs:
                    await self.db.execute(sql.renew, list(self._jobs), self.id, LEASE)
                await self.db.execute(sql.free_lost)
            except DatabaseUnavailable:
                continue
            except Exception as error:
                log.warning("leases_not_renewed", job=self.kind, kind=type(error).__name__)

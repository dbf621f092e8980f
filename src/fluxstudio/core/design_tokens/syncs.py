"""Syncs: a design file's tokens and a file of a repository, kept alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from fluxstudio.errors import Conflict, NotFound
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.sdk.capabilities import PushedBranch

sql = Queries.load("fluxstudio.sql", "queries/design_tokens/syncs.sql")

MAX_SYNCS_PER_USER = 100
# A run that is killed keeps others away for this long.
RUN_LEASE = timedelta(minutes=5)

# Events that come this close together are followed by one run.
RUN_AFTER_EVENT = timedelta(seconds=10)

# Where variables come from: the provider's API, files or the plugin, or a folder of the repository.
SourceKind = Literal["api", "upload", "folder"]
RunOutcome = Literal["nothing", "pull_request", "held", "failed"]


@dataclass(frozen=True, slots=True)
class TokenSync:
    """A sync. `base` is the token file that both sides last agreed on; `declined` and `chosen` hold values of
    the design file by `path.field`; `proposal` is `{number, url, head, updated_at, fields}` of the open pull
    request; `listening_problems` are `{provider, message, fix}`; `intent` is the SHA-256 of the file that a
    run was about to push last."""

    id: UUID
    user_id: UUID
    source_connection_id: UUID
    target_connection_id: UUID
    file_key: str
    repository: str
    path: str
    branch: str | None
    policy: Literal["ask", "figma", "repository"]
    format: Literal["dtcg", "legacy"]
    schedule: str | None
    next_at: datetime | None
    base: Mapping[str, Any]
    declined: Mapping[str, Any]
    chosen: Mapping[str, Any]
    accepted_holds: bool
    proposal: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    source_kind: SourceKind = "api"
    source_folder: str | None = None
    notify_connection_id: UUID | None = None
    notify_channel: str | None = None
    listening_problems: Sequence[Mapping[str, Any]] = ()
    intent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTokenSync:
    """What a sync is made of."""

    source_connection_id: UUID
    target_connection_id: UUID
    file_key: str
    repository: str
    path: str
    branch: str | None
    policy: str
    format: str
    schedule: str | None
    next_at: datetime | None
    source_kind: SourceKind = "api"
    source_folder: str | None = None


@dataclass(frozen=True, slots=True)
class TokenRun:
    """One run: what it changed, what is left to decide, what the design file could not tell."""

    number: int
    started_at: datetime
    ended_at: datetime
    outcome: RunOutcome
    url: str | None
    changes: Sequence[Mapping[str, Any]]
    conflicts: Sequence[Mapping[str, Any]]
    skipped: Sequence[Mapping[str, Any]]
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What a run has learned, to be kept together with how it ended."""

    started_at: datetime
    base: Mapping[str, Any]
    declined: Mapping[str, Any]
    proposal: Mapping[str, Any] | None
    outcome: RunOutcome
    url: str | None = None
    changes: Sequence[Mapping[str, Any]] = ()
    conflicts: Sequence[Mapping[str, Any]] = ()
    skipped: Sequence[Mapping[str, Any]] = ()
    problem: str | None = None
    proposed: bytes | None = None


@dataclass(frozen=True, slots=True)
class DueSync:
    """A sync whose schedule, or an event, says that it is time."""

    id: UUID
    user_id: UUID
    schedule: str | None
    claimed_until: datetime


@dataclass(frozen=True, slots=True)
class PushedFile:
    """A file on the branch: whether a run `pushed` it that died, and what that one proposed, `intended`.

    `proposed` is what the last run that ended proposed.
    """

    proposed: bytes | None
    intended: bytes | None
    pushed: bool


async def bring_forward(
    connected: Connection, file_key: str | None, pushed: PushedBranch | None, owner_id: UUID | None
) -> int:
    """Have the syncs of a file or of a branch run soon, with `owner_id` only that user's; how many."""
    repository, branch, is_default = (
        (pushed.repository, pushed.branch, pushed.is_default) if pushed else (None, None, False)
    )
    tag = await connected.execute(
        sql.bring_forward, file_key, repository, branch, is_default, owner_id, RUN_AFTER_EVENT
    )
    return int(tag.rpartition(" ")[2])


class TokenSyncs:
    """Reads and changes syncs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def listing(self, user_id: UUID) -> list[TokenSync]:
        """Somebody's own syncs, the oldest first."""
        async with self._db.as_user(user_id) as connection:
            return [_sync(dict(row)) for row in await connection.fetch(sql.listing, None)]

    async def one(self, user_id: UUID, sync_id: UUID) -> TokenSync:
        """One of somebody's own syncs. Raises `NotFound`."""
        async with self._db.as_user(user_id) as connection:
            row = await connection.fetchrow(sql.listing, sync_id)
        if row is None:
            raise _unknown()
        return _sync(dict(row))

    async def of_target(self, connection_id: UUID) -> list[DueSync]:
        """The syncs that write through a connection."""
        return [DueSync(**row) for row in await self._db.fetch(sql.of_target, connection_id)]

    async def add(self, user_id: UUID, new: NewTokenSync) -> UUID:
        """Keep a new sync. Raises `Conflict` where somebody has too many."""
        async with self._db.as_user(user_id) as connection:
            await connection.execute(sql.in_turn, user_id)
            sync_id: UUID | None = await connection.fetchval(
                sql.add,
                user_id,
                new.source_connection_id,
                new.target_connection_id,
                new.file_key,
                new.repository,
                new.path,
                new.branch,
                new.policy,
                new.format,
                new.schedule,
                new.next_at,
                MAX_SYNCS_PER_USER,
                new.source_kind,
                new.source_folder,
            )
        if sync_id is None:
            raise Conflict(
                f"You have {MAX_SYNCS_PER_USER} syncs, which is the limit. Delete one.", reason="too_many"
            )
        return sync_id

    async def change(
        self,
        sync: TokenSync,
        *,
        policy: str | None,
        schedule: str | None,
        next_at: datetime | None,
        agree: bool,
    ) -> None:
        """Change a sync; `agree` lets go what was held, once."""
        async with self._db.as_user(sync.user_id) as connection:
            await connection.execute(sql.change, sync.id, policy, schedule, next_at, agree)

    async def read_from(self, sync: TokenSync, kind: SourceKind, folder: str | None) -> None:
        """Say where a sync's variables come from."""
        async with self._db.as_user(sync.user_id) as connection:
            await connection.execute(sql.read_from, sync.id, kind, folder)

    async def notify(self, sync: TokenSync, connection_id: UUID | None, channel: str | None) -> None:
        """Say where a sync posts what its runs propose; None for nowhere."""
        async with self._db.as_user(sync.user_id) as connection:
            await connection.execute(sql.notify, sync.id, connection_id, channel)

    async def note_problems(self, sync: TokenSync, problems: Sequence[Mapping[str, Any]]) -> None:
        """Keep what is in the way of a sync's webhooks."""
        async with self._db.as_user(sync.user_id) as connection:
            await connection.execute(sql.note_problems, sync.id, json.dumps(list(problems)))

    async def decide(self, sync: TokenSync, key: str, value: Any, *, take: bool) -> None:
        """Take the design file's value of a field, or leave it alone until it changes."""
        async with self._db.as_user(sync.user_id) as connection:
            row = await connection.fetchrow(sql.decisions, sync.id)
            if row is None:
                raise _unknown()
            chosen, declined = json.loads(row["chosen"]), json.loads(row["declined"])
            (declined if take else chosen).pop(key, None)
            (chosen if take else declined)[key] = value
            await connection.execute(sql.decide, sync.id, json.dumps(chosen), json.dumps(declined))

    async def remove(self, user_id: UUID, sync_id: UUID) -> None:
        """Forget a sync and its runs. Raises `NotFound`."""
        async with self._db.as_user(user_id) as connection:
            if await connection.fetchval(sql.remove, sync_id) is None:
                raise _unknown()

    async def take(self, sync_id: UUID) -> UUID:
        """The right to run, for one process at a time. Raises `Conflict`."""
        token = uuid4()
        if await self._db.fetchval(sql.take, sync_id, RUN_LEASE, token) is None:
            raise Conflict("This sync is running. Wait a moment, then look at its history.", reason="running")
        return token

    async def renew(self, sync_id: UUID, token: UUID) -> bool:
        """Hold the right to run for longer; whether it is held."""
        return await self._db.fetchval(sql.renew, sync_id, token, RUN_LEASE) is not None

    async def give_back(self, sync_id: UUID, token: UUID) -> None:
        """End the right to run."""
        await self._db.execute(sql.give_back, sync_id, token)

    async def settle(self, sync_id: UUID, token: UUID, record: RunRecord) -> None:
        """Keep what a run has learned and how it ended, unless another one has the right to run by now."""
        await self._db.execute(
            sql.settle,
            sync_id,
            token,
            json.dumps(record.base),
            json.dumps(record.declined),
            None if record.proposal is None else json.dumps(record.proposal),
            record.outcome,
            record.url,
            json.dumps(list(record.changes)),
            json.dumps(list(record.conflicts)),
            json.dumps(list(record.skipped)),
            record.problem,
            record.started_at,
            record.proposed,
        )

    async def failed(self, sync_id: UUID, problem: str, started_at: datetime) -> None:
        """Keep that a run could not be finished, and why."""
        await self._db.execute(sql.failed, sync_id, problem[:1000], started_at)

    async def runs(self, sync: TokenSync, *, before: int | None = None, limit: int = 50) -> list[TokenRun]:
        """What a sync's runs did, newest first."""
        async with self._db.as_user(sync.user_id) as connection:
            return [_run(dict(row)) for row in await connection.fetch(sql.runs, sync.id, before, limit)]

    async def due(self) -> list[DueSync]:
        """Syncs whose time has come, claimed for as long as a run may take."""
        return [DueSync(**row) for row in await self._db.fetch(sql.due, RUN_LEASE)]

    async def move_on(self, due: DueSync, next_at: datetime | None) -> None:
        """Say when a sync is due next, unless an event brought it forward since it was claimed."""
        await self._db.execute(sql.move_on, due.id, next_at, due.claimed_until)

    async def proposed(self, sync_id: UUID, digest: str) -> PushedFile:
        """What is remembered of a file on the branch, by its SHA-256."""
        row = await self._db.fetchrow(sql.proposed, sync_id, digest)
        return PushedFile(None, None, False) if row is None else PushedFile(**row)

    async def intend(
        self, sync_id: UUID, token: UUID, digest: str, proposed: bytes, on_branch: str | None
    ) -> None:
        """Keep what a run is about to propose, and the SHA-256 of the file it pushes for that.

        `on_branch` is that of the file which the branch has. Raises `Conflict` where another has the right
        to run by now.
        """
        if await self._db.fetchval(sql.intend, sync_id, token, digest, proposed, on_branch) is None:
            raise Conflict("Another run of this sync has begun. Look at its history.", reason="running")

    async def sweep(self) -> None:
        """Delete runs that are older than they are kept."""
        await self._db.execute(sql.sweep_runs)


def _sync(row: Mapping[str, Any]) -> TokenSync:
    texts = {name: json.loads(row[name]) for name in ("base", "declined", "chosen", "listening_problems")}
    proposal = None if row["proposal"] is None else json.loads(row["proposal"])
    return TokenSync(**{**row, **texts, "proposal": proposal})


def _run(row: Mapping[str, Any]) -> TokenRun:
    texts = {name: json.loads(row[name]) for name in ("changes", "conflicts", "skipped")}
    return TokenRun(**{**row, **texts})


def _unknown() -> NotFound:
    return NotFound("Sync not found. List yours with GET /api/design-tokens/syncs.")

"""Calls that wait until a person allows or denies them; each is carried out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg

from fluxstudio.core.agents.agents import Agent
from fluxstudio.errors import NotFound
from fluxstudio.kit.json import encode
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/agents/approvals.sql")

Reason = Literal["grant", "crossing"]
Decision = Literal["allowed", "denied"]
CHOICES: Mapping[str, Decision] = {"allow": "allowed", "deny": "denied"}
# Bytes of an answer that is kept for the agent to fetch.
LONGEST_RESULT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Approval:
    """A call that waits, or what became of it.

    `status` is waiting, allowed, denied, expired, running, done, failed, or unknown where the server stopped
    while it was sent. `digest` stands for exactly this operation, connection and arguments.
    """

    id: UUID
    agent_id: UUID
    agent: str
    user_id: UUID
    connection_id: UUID
    operation: str
    arguments: Mapping[str, Any]
    digest: str
    reason: Reason
    status: str
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_through: str | None
    began_at: datetime | None
    finished_at: datetime | None
    result: Any
    problem: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an agent asks to do."""

    agent: Agent
    operation: str
    connection_id: UUID
    arguments: Mapping[str, Any]
    reason: Reason

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that stand for exactly this call."""
        return digest_of(self.operation, self.connection_id, self.arguments)


def digest_of(operation: str, connection_id: UUID, arguments: Mapping[str, Any]) -> str:
    """64 hexadecimal digits that stand for exactly this call, whatever the order of its arguments."""
    return sha256(encode([operation, str(connection_id), _ordered(arguments)])).hex()


def _ordered(value: Any) -> Any:
    """The same without an order of names; an object and a list never become the same."""
    if isinstance(value, Mapping):
        return ["object", *([name, _ordered(value[name])] for name in sorted(value))]
    return ["list", *map(_ordered, value)] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Notice:
    """Where a user is asked about calls that wait: a channel, and the connection that writes there."""

    connection_id: UUID
    channel: str


async def decide_pressed(
    connected: Connection, choice: str, provider: str, account_id: str, person: str
) -> asyncpg.Record | None:
    """Decide by a button that a person of an account pressed; what was decided, or None.

    `choice` is what `choice_of` made. Only the approval's own user decides, as whoever they are at the
    provider.
    """
    word, _, rest = choice.partition(" ")
    approval_id, _, digest = rest.partition(" ")
    decision = CHOICES.get(word)
    try:
        which = UUID(approval_id)
    except ValueError:
        return None
    if decision is None:
        return None
    return await connected.fetchrow(sql.decide_pressed, which, digest, decision, provider, account_id, person)


def choice_of(word: str, approval_id: UUID, digest: str) -> str:
    """What a button holds: `allow` or `deny`, and exactly what it is about."""
    return f"{word} {approval_id} {digest}"


class Approvals:
    """Keeps calls that wait, and hands each allowed one to exactly one who carries it out."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def ask(self, request: Request, lives: timedelta, most: int) -> tuple[UUID, datetime, bool] | None:
        """Have a call wait: its id, when it expires, and whether it is new.

        The same call asked for again is the same approval. None where `most` of the agent's wait already.
        """
        async with self._db.transaction() as connected:
            await connected.execute(sql.in_turn, request.agent.id)
            row = await connected.fetchrow(
                sql.ask,
                request.agent.id,
                request.agent.user_id,
                request.connection_id,
                request.operation,
                dict(request.arguments),
                request.digest,
                request.reason,
                lives,
                most,
            )
        return None if row is None else (row["id"], row["expires_at"], row["added"])

    async def one(self, user_id: UUID, approval_id: UUID, agent_id: UUID | None = None) -> Approval:
        """One approval of the user, and of that agent where one is named. Raises `NotFound`."""
        async with self._db.as_user(user_id, read_only=True) as connection:
            row = await connection.fetchrow(sql.one, approval_id, agent_id)
        if row is None:
            raise NotFound("There is no such approval. `GET /api/approvals` lists yours.")
        return Approval(**row)

    async def listing(
        self,
        user_id: UUID,
        *,
        status: str | None = None,
        agent_id: UUID | None = None,
        before: UUID | None = None,
        limit: int = 100,
    ) -> list[Approval]:
        """The user's approvals, newest first, without answers; older than the approval `before`."""
        async with self._db.as_user(user_id, read_only=True) as connection:
            rows = await connection.fetch(sql.listing, status, agent_id, before, limit)
        return [Approval(**row) for row in rows]

    async def decide(
        self, user_id: UUID, approval_id: UUID, digest: str, decision: Decision, through: str
    ) -> bool:
        """Allow or deny what was shown; False where it no longer waits or is not what was shown."""
        async with self._db.as_user(user_id) as connection:
            decided = await connection.fetchval(sql.decide, approval_id, digest, decision, through)
        return decided is not None

    async def notice(self, user_id: UUID) -> Notice | None:
        """Where the user wants to be asked as well; None for nowhere."""
        async with self._db.as_user(user_id, read_only=True) as connection:
            row = await connection.fetchrow(sql.notice)
        return None if row is None else Notice(**row)

    async def set_notice(self, user_id: UUID, notice: Notice | None) -> None:
        """Keep where the user wants to be asked. Raises `NotFound` for a connection that is not theirs."""
        async with self._db.as_user(user_id) as connection:
            if notice is None:
                await connection.execute(sql.clear_notice)
                return
            try:
                await connection.execute(sql.set_notice, user_id, notice.connection_id, notice.channel)
            except asyncpg.ForeignKeyViolationError:
                raise NotFound("You have no connection with this id.") from None

    async def keep_message(self, approval_id: UUID, connection_id: UUID, channel: str, message: str) -> None:
        """Keep which message asks about an approval: its channel, its id there, and who wrote it."""
        await self._db.execute(sql.keep_message, approval_id, connection_id, channel, message)

    async def settled_messages(self, approval_id: UUID | None = None) -> Sequence[asyncpg.Record]:
        """Take the messages that still ask about what no longer waits, of one approval or some of all."""
        return await self._db.fetch(sql.settled_messages, approval_id)

    async def claim(self, approval_id: UUID) -> asyncpg.Record | None:
        """Take what was allowed, to carry it out, with its user and agent; None where somebody else has."""
        return await self._db.fetchrow(sql.claim, approval_id)

    async def finish(
        self, approval_id: UUID, status: str, result: Any = None, problem: Mapping[str, str] | None = None
    ) -> None:
        """Keep what came of a claimed call; an answer that is too long is not kept."""
        stored = result if len(encode(result)) <= LONGEST_RESULT else None
        await self._db.execute(sql.finish, approval_id, status, stored, problem)

    async def withdraw(self, agent_id: UUID) -> None:
        """Expire whatever an agent still waits for."""
        await self._db.execute(sql.withdraw, agent_id)

    async def expire(self) -> Sequence[asyncpg.Record]:
        """Expire what nobody decided in time, and give up what a crash interrupted; those concerned."""
        return [*await self._db.fetch(sql.expire), *await self._db.fetch(sql.interrupted)]

    async def left_over(self) -> list[UUID]:
        """What was allowed and is not being carried out."""
        return [row["id"] for row in await self._db.fetch(sql.left_over)]

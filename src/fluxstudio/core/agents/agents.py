"""Agents and their grants: who they are, and what each may call with which connection."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg

from fluxstudio.core.identity.users import Actor
from fluxstudio.errors import InvalidToken, NotFound
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/agents/agents.sql")

MAX_LISTED_AGENTS = 200
TOKEN_PREFIX = "fluxagent_"  # noqa: S105 - what tokens begin with
# Instead of the name of an operation: everything that reads, or writes.
READS, WRITES = "reads", "writes"

Mode = Literal["allow", "ask", "deny"]
Kind = Literal["token", "client", "api"]


class AgentGrant(NamedTuple):
    """What an agent may do with a connection: `tool` is an operation's full name, `reads` or `writes`."""

    connection_id: UUID
    tool: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an agent may ask for."""

    calls_per_minute: int = 120
    writes_per_day: int = 500


@dataclass(frozen=True, slots=True)
class Policy:
    """What an agent may do where no grant says otherwise.

    `crossing` says whether to ask before it writes to one account after it read another.
    """

    reads: Mode = "deny"
    writes: Mode = "deny"
    crossing: Literal["allow", "ask"] = "ask"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that calls: which one, and what it may do."""

    id: UUID
    user_id: UUID
    name: str
    kind: Kind
    policy: Policy
    limits: Limits


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a tool: the user, and the agent that acts for them."""

    actor: Actor
    agent: Agent


@dataclass(frozen=True, slots=True)
class AgentLine:
    """An agent as its user sees it. `waiting` is how many of its calls wait for approval."""

    id: UUID
    name: str
    kind: Kind
    client_id: str | None
    reads: Mode
    writes: Mode
    crossing: Literal["allow", "ask"]
    calls_per_minute: int
    writes_per_day: int
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """An agent to be made."""

    name: str
    kind: Kind
    policy: Policy
    limits: Limits = field(default_factory=Limits)
    grants: Sequence[AgentGrant] = ()
    client_id: str | None = None
    expires_at: datetime | None = None


class Agents:
    """Makes, finds, changes and ends agents; always as the user they belong to."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, user_id: UUID, new: NewAgent) -> tuple[UUID, str | None]:
        """A new agent: its id, and its token where it has one of its own, which nobody can read later.

        Raises `NotFound` for a grant on a connection that is not the user's.
        """
        token = TOKEN_PREFIX + secrets.token_urlsafe(32) if new.kind == "token" else None
        async with self._db.transaction() as connection:
            agent_id: UUID = await connection.fetchval(
                sql.create,
                user_id,
                new.name,
                new.kind,
                sha256(token) if token else None,
                new.client_id,
                new.policy.reads,
                new.policy.writes,
                new.policy.crossing,
                new.limits.calls_per_minute,
                new.limits.writes_per_day,
                new.expires_at,
            )
            await _add_grants(connection, agent_id, user_id, new.grants)
        return agent_id, token

    async def by_token(self, token: str) -> Caller:
        """Whose token this is. Raises `InvalidToken` for none, one that has ended, and of a disabled user."""
        return _caller(await self._db.fetchrow(sql.by_token, sha256(token)))

    async def by_id(self, agent_id: UUID) -> Caller:
        """The agent of that id with its user. Raises `InvalidToken` as `by_token` does."""
        return _caller(await self._db.fetchrow(sql.by_id, agent_id))

    async def of_api_tokens(self, actor: Actor) -> Caller:
        """The agent that stands for a user's API tokens. Raises `InvalidToken` where they ended it."""
        row = await self._db.fetchrow(sql.of_api_tokens, actor.user_id)
        assert row is not None
        if row["ended_at"] is not None:
            raise InvalidToken("You have turned off agents that use your API tokens. Turn them on in Agents.")
        return Caller(actor, _agent(row))

    async def of_client(self, user_id: UUID, client_id: str) -> UUID | None:
        """The user's agent that signed in through this OAuth client, or None."""
        agent_id: UUID | None = await self._db.fetchval(sql.of_client, user_id, client_id)
        return agent_id

    async def used(self, agent_id: UUID) -> None:
        """Note that an agent called just now."""
        await self._db.execute(sql.used, agent_id)

    async def count_write(self, agent_id: UUID) -> bool:
        """Count one more write of today; False where the limit leaves no room, and nothing is counted."""
        return await self._db.fetchval(sql.count_write, agent_id) is not None

    async def listing(
        self, user_id: UUID, agent_id: UUID | None = None, *, limit: int = MAX_LISTED_AGENTS
    ) -> list[AgentLine]:
        """The user's agents, those at work first; or the one of that id."""
        async with self._db.as_user(user_id, read_only=True) as connection:
            return [AgentLine(**row) for row in await connection.fetch(sql.listing, agent_id, limit)]

    async def one(self, user_id: UUID, agent_id: UUID) -> AgentLine:
        """One agent of the user. Raises `NotFound`."""
        lines = await self.listing(user_id, agent_id)
        if not lines:
            raise NotFound("You have no agent with this id. `GET /api/agents` lists yours.")
        return lines[0]

    async def grants(self, user_id: UUID, agent_id: UUID) -> list[AgentGrant]:
        """What an agent of the user may do, connection by connection."""
        async with self._db.as_user(user_id, read_only=True) as connection:
            return [AgentGrant(*row) for row in await connection.fetch(sql.grants, agent_id)]

    async def change(
        self,
        user_id: UUID,
        agent_id: UUID,
        changes: Mapping[str, Any],
        grants: Sequence[AgentGrant] | None = None,
    ) -> None:
        """Change an agent that has not ended; `grants` replace all it has.

        `changes` may hold name, reads, writes, crossing, calls_per_minute and writes_per_day. Raises
        `NotFound` for an agent or a connection that is not the user's.
        """
        names = ("name", "reads", "writes", "crossing", "calls_per_minute", "writes_per_day")
        async with self._db.as_user(user_id) as connection:
            changed = await connection.fetchval(sql.change, agent_id, *(changes.get(name) for name in names))
            if changed is None:
                raise NotFound("You have no such agent, or it has ended. `GET /api/agents` lists yours.")
            if grants is not None:
                await connection.execute(sql.clear_grants, agent_id)
                await _add_grants(connection, agent_id, user_id, grants)

    async def finish(self, user_id: UUID, agent_id: UUID) -> bool:
        """End an agent at once; whether it had not ended before."""
        async with self._db.as_user(user_id) as connection:
            return await connection.fetchval(sql.finish, agent_id) is not None

    async def resume(self, user_id: UUID, agent_id: UUID) -> bool:
        """Let a user's API tokens call tools again; whether that is a change."""
        async with self._db.as_user(user_id) as connection:
            return await connection.fetchval(sql.resume, agent_id) is not None


async def _add_grants(
    connection: Connection, agent_id: UUID, user_id: UUID, grants: Sequence[AgentGrant]
) -> None:
    if not grants:
        return
    try:
        await connection.execute(sql.add_grants, agent_id, user_id, *zip(*grants, strict=True))
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("You have no connection with this id. `GET /api/integrations` lists yours.") from None


def _caller(row: asyncpg.Record | None) -> Caller:
    if row is None or row["disabled"]:
        raise InvalidToken("This token is not valid here. Make a new one in Agents.")
    if row["ended_at"] is not None:
        raise InvalidToken("This agent was ended by its user. Ask them to allow it again.")
    if row["expired"]:
        raise InvalidToken("This agent’s token has expired. Make a new one in Agents.")
    # Whatever its user may do: an agent administers nothing.
    actor = Actor(row["user_id"], row["subject"], "member", row["email"], row["user_name"])
    return Caller(actor, _agent(row))


def _agent(row: asyncpg.Record) -> Agent:
    return Agent(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        kind=row["kind"],
        policy=Policy(row["reads"], row["writes"], row["crossing"]),
        limits=Limits(row["calls_per_minute"], row["writes_per_day"]),
    )

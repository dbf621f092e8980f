"""What agents called: one line for each call, with what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fluxstudio.core.agents.agents import Agent, sql
from fluxstudio.kit.postgres.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCall:
    """A call under way: by whom, of which tool, through which connection."""

    agent: Agent
    tool: str
    operation: str | None = None
    connection_id: UUID | None = None
    writes: bool = False
    approval_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call as its user sees it. `outcome` is running, done, failed, refused, waiting or dry_run."""

    id: UUID
    number: int
    agent_id: UUID
    agent: str
    tool: str
    operation: str | None
    connection_id: UUID | None
    writes: bool
    outcome: str
    code: str | None
    message: str | None
    approval_id: UUID | None
    link: str | None
    began_at: datetime
    finished_at: datetime | None


class AgentCalls:
    """Records what agents call."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin(self, call: AgentCall) -> UUID:
        """Record a call before it is made, so that a crash cannot hide it; its id."""
        agent = call.agent
        call_id: UUID = await self._db.fetchval(
            sql.begin_call,
            agent.id,
            agent.user_id,
            call.tool,
            call.operation,
            call.connection_id,
            call.writes,
            call.approval_id,
        )
        return call_id

    async def finish(
        self,
        call_id: UUID,
        outcome: str,
        *,
        code: str | None = None,
        message: str | None = None,
        link: str | None = None,
    ) -> None:
        """Record what came of a call that was begun."""
        await self._db.execute(sql.finish_call, call_id, outcome, code, message, link)

    async def record(
        self,
        call: AgentCall,
        outcome: str,
        *,
        code: str | None = None,
        message: str | None = None,
        took: timedelta = timedelta(),
    ) -> UUID:
        """Record a call that is over; its id."""
        agent = call.agent
        recorded: UUID = await self._db.fetchval(
            sql.record_call,
            agent.id,
            agent.user_id,
            call.tool,
            call.operation,
            call.connection_id,
            call.writes,
            outcome,
            code,
            message,
            call.approval_id,
            took,
        )
        return recorded

    async def read_elsewhere(self, agent_id: UUID, connection_id: UUID, within: timedelta) -> bool:
        """Whether an agent has read another connection of late."""
        is_elsewhere: bool = await self._db.fetchval(sql.read_elsewhere, agent_id, connection_id, within)
        return is_elsewhere

    async def often(self, agent_id: UUID, most: int) -> list[str]:
        """The full names of the operations that an agent calls most."""
        return [row["operation"] for row in await self._db.fetch(sql.often_called, agent_id, most)]

    async def page(
        self, user_id: UUID, agent_id: UUID | None = None, *, before: int | None = None, limit: int = 50
    ) -> list[CallLine]:
        """Calls of a user's agents or of one of them, newest first; older than the one of number `before`."""
        async with self._db.as_user(user_id, read_only=True) as connection:
            return [CallLine(**row) for row in await connection.fetch(sql.calls, agent_id, before, limit)]

    async def sweep(self, older_than: timedelta) -> None:
        """Delete calls and decided approvals that are older than runs are kept, in small batches."""
        for statement in (sql.sweep_calls, sql.sweep_approvals):
            while not (await self._db.execute(statement, older_than, 2000)).endswith(" 0"):
                pass

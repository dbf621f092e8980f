"""What was done, by whom, to what: kept, and never with a secret in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.trace import current_origin

sql = Queries.load("fluxstudio.sql", "queries/audit.sql")


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line. `user` is what API tokens call the user, None where nobody was known.

    `request_id` is the request that led to it, however many jobs lie between, and `trace_id` their trace.
    """

    id: int
    at: datetime
    user: str | None
    action: str
    provider: str | None
    subject: str | None
    outcome: str
    address: str | None
    details: Mapping[str, Any]
    request_id: str | None
    trace_id: str | None


def audit_origin() -> tuple[str | None, str | None]:
    """The request and the trace that lines written now belong to."""
    origin = current_origin()
    return (None, None) if origin is None else (origin.request or None, origin.trace)


class Audit:
    """The audit log."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(
        self,
        action: str,
        provider: str | None = None,
        subject: object = None,
        *,
        user_id: UUID | None = None,
        outcome: str = "done",
        address: str | None = None,
        **details: Any,
    ) -> None:
        """Add one line.

        `outcome` is `done`, `refused` or `failed`; `details` must hold nothing secret.
        """
        await self._db.execute(
            sql.record,
            user_id,
            action,
            provider,
            None if subject is None else str(subject),
            outcome,
            address,
            details,
            *audit_origin(),
        )

    async def has_called(self, user_id: UUID, operations: Sequence[str]) -> bool:
        """Whether one of these operations, `provider.name`, has ever worked for a user."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            return bool(await connected.fetchval(sql.called, list(operations)))

    async def page(
        self, *, before: int | None = None, action: str | None = None, user: str | None = None, limit: int
    ) -> list[AuditLine]:
        """Lines of everybody, newest first; older than the line `before`, of one action, of one user."""
        return [AuditLine(**row) for row in await self._db.fetch(sql.page, before, action, user, limit)]

    async def page_of(
        self, user_id: UUID, *, before: int | None = None, action: str | None = None, limit: int
    ) -> list[AuditLine]:
        """Lines of one user, newest first; older than the line `before`, of one action."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            return [AuditLine(**row) for row in await connected.fetch(sql.page, before, action, None, limit)]

"""Where failing automations tell their owners, and who is to be told now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/automations/failure_notices.sql")


@dataclass(frozen=True, slots=True)
class FailingRule:
    """A rule that began to fail, its owner, and where it tells of that: `failure_notice` as it is stored.

    `run_id` is its latest run that failed and `cause` that run's message, None where there is none any more.
    """

    id: UUID
    name: str
    failure_notice: Mapping[str, str | None]
    user_id: UUID
    subject: str
    role: str
    email: str | None
    user_name: str | None
    run_id: UUID | None
    cause: str | None


async def claim_due(db: Database) -> list[FailingRule]:
    """Rules that began to fail and whose owners were not told, 50 at most; they count as told from now on."""
    return [FailingRule(**row) for row in await db.fetch(sql.due)]


async def postpone(db: Database, automation_id: UUID) -> None:
    """Have a rule's owner told at the next turn, if the failures began within the last hour."""
    await db.execute(sql.postpone, automation_id)

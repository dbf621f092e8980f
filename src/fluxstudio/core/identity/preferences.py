"""What users have chosen for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/identity/preferences.sql")


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """What a user is told where, and when not.

    `connection` and `channel` are where; `failures` says that failing automations without a channel of their
    own tell there. Nothing is sent from `quiet_from` to `quiet_until`, and a summary of the last day at
    `digest_at`, all by the clock of `time_zone`.
    """

    connection: UUID | None = None
    channel: str | None = None
    failures: bool = True
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time | None = None
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class DueDigest:
    """Somebody who gets a summary now, and where."""

    user_id: UUID
    connection: UUID
    channel: str
    subject: str
    role: str
    email: str | None
    user_name: str | None


class Preferences:
    """Reads and writes preferences, always as the user they belong to."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def checklist_closed(self, user_id: UUID) -> bool:
        """Whether a user has put away the first steps."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            return bool(await connected.fetchval(sql.checklist_closed))

    async def close_checklist(self, user_id: UUID, *, closed: bool) -> None:
        """Put the first steps away, or bring them back."""
        async with self._db.as_user(user_id) as connected:
            await connected.execute(sql.close_checklist, closed)

    async def notifications(self, user_id: UUID) -> NotificationSettings | None:
        """What a user is told where; None where nothing was ever chosen."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            row = await connected.fetchrow(sql.notifications)
        return None if row is None else NotificationSettings(**row)

    async def set_notifications(self, user_id: UUID, chosen: NotificationSettings) -> None:
        """Keep what a user is told where."""
        async with self._db.as_user(user_id) as connected:
            await connected.execute(
                sql.set_notifications,
                chosen.connection,
                chosen.channel,
                chosen.failures,
                chosen.quiet_from,
                chosen.quiet_until,
                chosen.digest_at,
                chosen.time_zone,
            )


async def claim_digests(db: Database) -> list[DueDigest]:
    """Whoever gets a summary now, 50 at most; they count as served for their day from now on."""
    return [DueDigest(**row) for row in await db.fetch(sql.due_digests)]


async def postpone_digest(db: Database, user_id: UUID) -> None:
    """Have a summary sent at the next turn."""
    await db.execute(sql.postpone_digest, user_id)

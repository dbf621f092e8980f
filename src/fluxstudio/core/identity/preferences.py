"""What users have chosen for themselves."""

from __future__ import annotations

from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/identity/preferences.sql")


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

"""What each person asked, newest first, for their own history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/ask.sql")

# Of each person so many questions are kept.
MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question that somebody asked."""

    question: str
    source: str
    asked_at: datetime
    answered: bool
    row_count: int | None


class Questions:
    """Keeps and lists questions."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, user_id: UUID, question: str, source: str, row_count: int | None) -> None:
        """Remember a question; without a number of rows it was not answered."""
        async with self._db.as_user(user_id) as connection:
            await connection.execute(
                sql.remember, user_id, question, source, row_count is not None, row_count, MOST_KEPT
            )

    async def of(self, user_id: UUID, most: int = 20) -> list[AskedQuestion]:
        """The latest different questions of a person."""
        async with self._db.as_user(user_id, read_only=True) as connection:
            rows = await connection.fetch(sql.history, most)
        return [AskedQuestion(**dict(row)) for row in rows]

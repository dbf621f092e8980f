"""Alerts that have begun and are not over yet, each by the name of its condition and what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/alerts.sql")


@dataclass(frozen=True, slots=True)
class CalmAlert:
    """An alert whose condition no longer holds.

    `over` says that it has been calm for long enough, `is_announced` that people heard of it when it began,
    `lasted` for how many seconds it has gone on.
    """

    is_announced: bool
    over: bool
    lasted: float


class Alerts:
    """Reads and writes alerts: `name` is that of the condition, `about` what is in trouble, or empty."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def open_alerts(self) -> set[tuple[str, str]]:
        """All alerts, by name and what they are about."""
        return {(row["name"], row["about"]) for row in await self._db.fetch(sql.begun)}

    async def begin(self, name: str, about: str) -> bool:
        """Keep that there is trouble, and no calm; whether people were told of it already."""
        return bool(await self._db.fetchval(sql.begin, name, about))

    async def mark_announced(self, name: str, about: str) -> None:
        """Keep that people were told of an alert."""
        await self._db.execute(sql.mark_announced, name, about)

    async def calm(self, name: str, about: str, calm_for: timedelta) -> CalmAlert | None:
        """Keep that an alert is calm, since now or since before; None where there is no such alert.

        It is over once it has been calm for `calm_for`.
        """
        row = await self._db.fetchrow(sql.calm, name, about, calm_for)
        return None if row is None else CalmAlert(**row)

    async def interrupt_calm(self, name: str, about: str) -> None:
        """Keep that an alert is not calm any more."""
        await self._db.execute(sql.interrupt_calm, name, about)

    async def end(self, name: str, about: str) -> None:
        """Forget an alert."""
        await self._db.execute(sql.end, name, about)

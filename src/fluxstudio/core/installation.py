"""Which installation a database belongs to: a copy of it keeps quiet until it is said to take over."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress

import structlog

from fluxstudio.errors import Unavailable
from fluxstudio.kit.postgres.database import Database, DatabaseUnavailable
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.settings import Settings

sql = Queries.load("fluxstudio.sql", "queries/installation.sql")

log = structlog.get_logger(__name__)

SECONDS_BETWEEN_COPY_CHECKS = 5.0


class CopyIsQuiet(Unavailable):
    """A copy of another installation, asked to act."""

    def __init__(self) -> None:
        super().__init__(
            "This is a copy of another installation, so it does nothing that could disturb that one. If it "
            "takes the other's place, run `fluxstudio resume` here."
        )


class InstallationIdentity:
    """The installation whose database this is, and whether we may act for it.

    Args:
        db: its database.
        address: where people reach it, in production; empty elsewhere.
    """

    def __init__(self, db: Database, address: str) -> None:
        self._db = db
        self._address = address
        self._may_act = asyncio.Event()
        self.id = ""
        # In what this differs from the installation that the database was written by.
        self.reasons: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """What tells this installation from others, and nothing else."""
        return _mark(self.id)

    @property
    def quiet(self) -> bool:
        """Whether this is a copy that must not act."""
        return bool(self.reasons)

    async def identify(self) -> None:
        """Look whether this is the installation that the database belongs to; the first one is."""
        await self._db.execute(sql.introduce, self._address)
        await self._look()
        if self.quiet:
            log.warning("quiet_copy", reasons=list(self.reasons))

    async def resume(self) -> tuple[str, ...]:
        """Let this be the installation from now on; in what it differed from the one before."""
        reasons = self.reasons
        await self._db.execute(sql.take_over, self._address)
        await self._look()
        return reasons

    async def until_it_may_act(self) -> None:
        """Wait until nothing says that this is a copy, any more."""
        while not self._may_act.is_set():
            await asyncio.sleep(SECONDS_BETWEEN_COPY_CHECKS)
            with suppress(DatabaseUnavailable):
                await self._look()

    def require(self) -> None:
        """Raises `CopyIsQuiet` where this is a copy that must not act."""
        if self.quiet:
            raise CopyIsQuiet

    async def _look(self) -> None:
        self.id, self.reasons = await _compared(self._db, self._address)
        if not self.reasons:
            self._may_act.set()


def address_of(settings: Settings) -> str:
    """The address that tells installations apart: that of production; elsewhere it changes with the port."""
    return settings.base_url if settings.production else ""


async def mark_of(db: Database) -> str:
    """What tells this installation from others on `/health`; empty where it has never run."""
    row = await db.fetchrow(sql.differences, "") if await db.fetchval(sql.has_run) else None
    return "" if row is None else _mark(str(row["id"]))


def _mark(installation_id: str) -> str:
    return hashlib.sha256(installation_id.encode()).hexdigest()[:16]


async def differences(db: Database, settings: Settings) -> tuple[str, ...]:
    """In what this differs from the installation that the database belongs to, if it belongs to one."""
    _, reasons = await _compared(db, address_of(settings))
    return reasons


async def _compared(db: Database, address: str) -> tuple[str, tuple[str, ...]]:
    """The installation's id, and in what we differ from it."""
    row = await db.fetchrow(sql.differences, address)
    if row is None:
        return "", ()
    reasons = {
        "it is on another database server": row["other_server"],
        "it is another database on that server": row["other_database"],
        f"that one is reached at {row['address']}": row["other_address"],
    }
    return str(row["id"]), tuple(reason for reason, differs in reasons.items() if differs)

"""Sessions of browsers, and the browsers somebody has signed in with before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from fluxstudio.core.identity.addresses import address_key
from fluxstudio.core.identity.users import Actor, actor_of
from fluxstudio.kit.batching import Batcher
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/identity/sessions.sql")

SESSION_LIVES = timedelta(days=30)
SESSION_IDLES = timedelta(days=7)
MAX_LISTED_SESSIONS = 200


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session as its user sees it; `current` is the one that asks."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str | None
    address: str | None
    current: bool


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._together = Batcher(self._find)

    async def open(self, actor: Actor, user_agent: str | None, address: str | None = None) -> str:
        """A new session; the value for its cookie, 256 random bits.

        Where a token makes an administrator of the user, the session does so until that token expires.
        """
        value = secrets.token_urlsafe(32)
        await self._db.execute(
            sql.open,
            sha256(value),
            actor.user_id,
            SESSION_LIVES,
            (user_agent or "")[:300],
            address,
            actor.admin_until,
        )
        return value

    async def of(self, value: str) -> Actor | None:
        """Whose session this is, or None when it has ended or its user was disabled."""
        row = await self._together.ask(sha256(value))
        if row is None:
            return None
        if row["quiet"]:
            await self._db.execute(sql.seen, row["token_hash"])
        return actor_of(row)

    async def _find(self, hashes: Sequence[bytes]) -> list[asyncpg.Record | None]:
        rows = await self._db.fetch(sql.of, hashes, SESSION_IDLES)
        by_hash = {row["token_hash"]: row for row in rows}
        return [by_hash.get(token_hash) for token_hash in hashes]

    async def close(self, value: str) -> None:
        """End a session at once."""
        await self._db.execute(sql.close, sha256(value))

    async def of_user(
        self, user_id: UUID, current: str = "", *, limit: int = MAX_LISTED_SESSIONS
    ) -> list[SessionLine]:
        """A user's sessions, the one with the cookie `current` first, then those seen last."""
        digest = sha256(current) if current else None
        rows = await self._db.fetch(sql.listing, user_id, digest, SESSION_IDLES, limit)
        return [SessionLine(**row) for row in rows]

    async def end(self, user_id: UUID, session_id: UUID) -> bool:
        """End one of a user's sessions; whether there was one of that id."""
        return await self._db.fetchval(sql.end_one, user_id, session_id) is not None

    async def end_all(self, user_id: UUID, *, but: str = "", browser: str = "") -> int:
        """End all sessions of a user but the one with the cookie `but`; how many.

        Browsers the user has signed in with are forgotten too, but the one with the cookie `browser`.
        """
        ended: int = await self._db.fetchval(
            sql.end_all, user_id, sha256(but) if but else None, sha256(browser) if browser else None
        )
        return ended

    async def knows_browser(self, value: str | None, email: str) -> bool:
        """Whether the browser that holds `value` has signed in to the account with this address."""
        if not value:
            return False
        return await self._db.fetchval(sql.knows_browser, sha256(value), address_key(email)) is not None

    async def remember_browser(self, user_id: UUID, browser: str | None) -> str:
        """The cookie of a browser that has just signed in: `browser`, which it held, or a new one."""
        value = browser or secrets.token_urlsafe(32)
        await self._db.execute(sql.keep_browser, sha256(value), user_id)
        await self._db.execute(sql.forget_old_browsers, user_id)
        return value

    async def sweep(self) -> None:
        """Delete what has ended."""
        await self._db.execute(sql.sweep, SESSION_IDLES)

"""Connect links: each connects one account of one user, once, for somebody who has no account here."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fluxstudio.core.identity.users import Actor, actor_of
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/connections/links.sql")


@dataclass(frozen=True, slots=True)
class OpenLink:
    """What a link connects: a provider for a user, with optional scopes, leading on to `return_to`."""

    actor: Actor
    provider: str
    scopes: tuple[str, ...]
    return_to: str | None

    @property
    def person(self) -> str:
        """What the user is called."""
        return self.actor.name or self.actor.email or self.actor.subject


async def create(
    db: Database,
    user_id: UUID,
    provider: str,
    scopes: Sequence[str],
    return_to: str | None,
    lives: timedelta,
) -> tuple[str, datetime]:
    """A new link: its secret, which nobody can read later, and when it expires."""
    secret = secrets.token_urlsafe(32)
    expires_at: datetime = await db.fetchval(
        sql.create, sha256(secret), user_id, provider, list(scopes), return_to, lives
    )
    return secret, expires_at


async def read(db: Database, secret: str) -> OpenLink | None:
    """The link of a secret, as long as it can make a connection; else None."""
    row = await db.fetchrow(sql.open, sha256(secret))
    if row is None:
        return None
    return OpenLink(actor_of(row), row["provider"], tuple(row["scopes"]), row["return_to"])


async def note_begun(db: Database, secret: str, attempt_id: UUID) -> bool:
    """Note that a connect was begun with a link; an earlier one that was not finished ends."""
    return await db.fetchval(sql.begun, sha256(secret), attempt_id) is not None


async def use_up(db: Database, attempt_id: UUID) -> None:
    """End the link whose connect this was, if one was: it has made its connection."""
    await db.execute(sql.used, attempt_id)


async def sweep(db: Database) -> None:
    """Delete links that expired a day ago."""
    await db.execute(sql.sweep)

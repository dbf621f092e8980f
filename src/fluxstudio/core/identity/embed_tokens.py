"""Embed tokens: ten minutes of one user's connections, for a page of a host product."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from fluxstudio.core.identity.users import Actor, TokenRights
from fluxstudio.errors import InvalidToken
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/identity/embed_tokens.sql")

EMBED_TOKEN_PREFIX = "fluxembed_"  # noqa: S105 - what tokens begin with
EMBED_TOKEN_LIVES = timedelta(minutes=10)
# What it may do: see, begin and end the connections of its user.
EMBED_SCOPES = frozenset({"connect"})


async def create(db: Database, user_id: UUID, providers: Sequence[str]) -> tuple[str, datetime]:
    """A new token for a user's connections to these providers, all where there are none; and its end."""
    token = EMBED_TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires_at: datetime = await db.fetchval(
        sql.create, sha256(token), user_id, list(providers), EMBED_TOKEN_LIVES
    )
    return token, expires_at


async def holder(db: Database, token: str) -> Actor:
    """Whom a token speaks for, within what it may do. Raises `InvalidToken`."""
    row = await db.fetchrow(sql.holder, sha256(token))
    if row is None or row["disabled"] or row["expired"]:
        raise InvalidToken("This token is not valid any more. Fetch a new one from POST /api/embed-tokens.")
    rights = TokenRights(
        row["token_id"],
        EMBED_SCOPES,
        owner_is_admin=False,
        expires_at=row["expires_at"],
        providers=frozenset(row["providers"]),
    )
    return Actor(row["id"], row["subject"], "member", row["email"], row["name"], rights=rights)


async def sweep(db: Database) -> None:
    """Delete tokens that have ended."""
    await db.execute(sql.sweep)

"""Access tokens: what programs of a user call with, each with scopes, an expiry, and an end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from fluxstudio.core.identity.users import Actor, TokenRights
from fluxstudio.errors import InvalidToken
from fluxstudio.kit.batching import Batcher
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/identity/access_tokens.sql")

ACCESS_TOKEN_PREFIX = "fluxpat_"  # noqa: S105 - what tokens begin with
MAX_ACTIVE_TOKENS = 100
MAX_LISTED_TOKENS = 500
HINT_CHARACTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccessToken:
    """A token to be made.

    `made_with` is the token that asks for it, `admin_until` as `Actor` has it.
    """

    name: str
    scopes: Sequence[str]
    expires_at: datetime | None = None
    made_with: UUID | None = None
    admin_until: float | None = None


@dataclass(frozen=True, slots=True)
class AccessTokenLine:
    """A token as its user sees it: never the token itself, but the `hint` it ends with."""

    id: UUID
    name: str
    hint: str
    scopes: Sequence[str]
    made_with: UUID | None
    admin_until: datetime | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    active: bool


class AccessTokens:
    """Makes, finds and ends access tokens."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._hashes = Batcher(self._holders)

    async def create(self, user_id: UUID, new: NewAccessToken) -> tuple[UUID, str] | None:
        """A new token: its id and itself, which nobody can read later.

        None where the user has as many as they may have, or the token that asks has ended meanwhile.
        """
        token = ACCESS_TOKEN_PREFIX + secrets.token_urlsafe(32)
        async with self._db.transaction() as connected:
            await connected.execute(sql.in_turn, user_id)
            token_id = await connected.fetchval(
                sql.create,
                user_id,
                new.name,
                sha256(token),
                token[-HINT_CHARACTERS:],
                list(new.scopes),
                new.made_with,
                new.admin_until,
                new.expires_at,
                MAX_ACTIVE_TOKENS,
            )
        return None if token_id is None else (token_id, token)

    async def holder(self, token: str) -> Actor:
        """Whom a token speaks for, within its scopes.

        Raises `InvalidToken` for none of ours, one that has ended, and one of a disabled user.
        """
        row = await self._hashes.ask(sha256(token))
        if row is None or row["disabled"]:
            raise InvalidToken("This access token is not valid here. Make a new one in Settings → Account.")
        if row["revoked"] or row["expired"]:
            ended = "was revoked" if row["revoked"] else "has expired"
            raise InvalidToken(f"This access token {ended}. Make a new one in Settings → Account.")
        if row["quiet"]:
            await self._db.execute(sql.used, row["id"])
        return _actor(row)

    async def _holders(self, hashes: Sequence[bytes]) -> list[asyncpg.Record | None]:
        rows = await self._db.fetch(sql.holders, hashes)
        by_hash = {row["token_hash"]: row for row in rows}
        return [by_hash.get(token_hash) for token_hash in hashes]

    async def listing(
        self, user_id: UUID, token_id: UUID | None = None, *, limit: int = MAX_LISTED_TOKENS
    ) -> list[AccessTokenLine]:
        """The user's tokens, those that count first; or the one of that id."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            rows = await connected.fetch(sql.listing, token_id, limit)
        return [AccessTokenLine(**row) for row in rows]

    async def revoke(self, user_id: UUID, token_id: UUID | None = None) -> list[tuple[UUID, str]]:
        """End one of the user's tokens, or all, with what was made with them: id and name of each."""
        async with self._db.as_user(user_id) as connected:
            return [(row["id"], row["name"]) for row in await connected.fetch(sql.revoke, token_id)]

    async def sweep(self) -> None:
        """Delete tokens that ended long ago."""
        await self._db.execute(sql.sweep)


def _actor(row: asyncpg.Record) -> Actor:
    rights = TokenRights(
        row["id"],
        frozenset(row["scopes"]),
        bool(row["owner_is_admin"]),
        row["expires_at"],
        row["admin_until"],
    )
    role = "admin" if rights.owner_is_admin and "admin" in rights.scopes else "member"
    return Actor(row["user_id"], row["subject"], role, row["email"], row["name"], rights=rights)

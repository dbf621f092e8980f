"""Grants as they are kept: one row of `oauth_tokens` for each provider, client and account."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from fluxstudio.core.tokens.vault import TokenOwner, Vault
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.sdk import Account, TokenAnswer

sql = Queries.load("fluxstudio.sql", "queries/connections/grants.sql")


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as the database has it; the token columns are still sealed.

    `valid_for` and `lifetime` are seconds by the database's clock, None for a token that does not expire.
    """

    id: UUID
    owner: TokenOwner
    account: Account
    scopes: frozenset[str]
    status: str
    version: int
    epoch: int
    valid_for: float | None
    lifetime: float | None
    leased: bool
    resting: bool
    problem: dict[str, Any] | None
    data_key: bytes | None = field(repr=False)
    access_token: bytes | None = field(repr=False)
    refresh_token: bytes | None = field(repr=False)
    read_at: float = field(default_factory=time.monotonic, repr=False)

    @classmethod
    def of(cls, row: asyncpg.Record) -> Grant:
        """A grant from a row of the `read` query."""
        return cls(
            id=row["id"],
            owner=TokenOwner(row["id"], row["provider"], row["client_id"], row["account_id"]),
            account=account_from(row["account_id"], row["account"]),
            scopes=frozenset(row["scopes"]),
            status=row["status"],
            version=row["version"],
            epoch=row["epoch"],
            valid_for=row["valid_for"],
            lifetime=row["lifetime"],
            leased=row["leased"],
            resting=row["resting"],
            problem=row["problem"],
            data_key=row["data_key"],
            access_token=row["access_token"],
            refresh_token=row["refresh_token"],
        )

    @property
    def expired(self) -> bool:
        """Whether the token would not outlive a call."""
        if self.valid_for is None:
            return False
        return self.valid_for < min(5.0, 0.05 * (self.lifetime or 0))

    @property
    def ageing(self) -> bool:
        """Whether it is time to fetch a new token, though this one still works."""
        if self.valid_for is None:
            return False
        return self.valid_for < min(300.0, 0.2 * (self.lifetime or 0))

    def token(self, vault: Vault) -> str:
        """The access token in plain."""
        return self._open(vault, "access_token", self.access_token)

    def refresh_token_in_plain(self, vault: Vault) -> str | None:
        """The refresh token in plain, or None when there is none."""
        return None if self.refresh_token is None else self._open(vault, "refresh_token", self.refresh_token)

    def _open(self, vault: Vault, column: str, box: bytes | None) -> str:
        if box is None or self.data_key is None:
            raise LookupError("this grant was released")
        return vault.open_token(self.owner, column, self.data_key, box)


class Grants:
    """Reads and writes grants. The system's own view: who may use one is decided by its connections."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def due(self, seconds: float) -> list[UUID]:
        """Grants that expire within so many seconds and can be renewed now, those that expire first ahead."""
        return [row["id"] for row in await self._db.fetch(sql.due, seconds)]

    async def read(self, grant_id: UUID) -> Grant | None:
        """The grant, or None."""
        row = await self._db.fetchrow(sql.read, grant_id)
        return None if row is None else Grant.of(row)

    async def lease(self, grant: Grant, owner: str, seconds: float) -> int | None:
        """Become the one who refreshes this grant; the epoch of the lease, or None when someone else is.

        A lease is given only while the grant is as it was read.
        """
        epoch: int | None = await self._db.fetchval(sql.lease, grant.id, grant.version, owner, seconds)
        return epoch

    async def let_go(self, grant: Grant, epoch: int, rest: float) -> None:
        """Give up a lease without new tokens; nobody tries again for `rest` seconds."""
        await self._db.execute(sql.let_go, grant.id, epoch, rest)

    async def save_refreshed(self, grant: Grant, epoch: int, answer: TokenAnswer) -> bool:
        """Keep refreshed tokens if the lease of that epoch still holds; whether they were kept."""
        sealed = self._vault.seal_tokens(
            grant.owner, answer.access_token, answer.refresh_token, grant.data_key
        )
        version = await self._db.fetchval(
            sql.save_refreshed,
            grant.id,
            epoch,
            sealed.access_token,
            sealed.refresh_token,
            answer.expires_in,
            answer.refresh_expires_in,
            list(answer.scopes) if answer.scopes else None,
        )
        return version is not None

    async def save_spooled(self, grant: Grant, answer: TokenAnswer, received_at: float) -> bool:
        """Keep tokens found in the spool if the grant still is at the version it was read at.

        `received_at` is the Unix time at which the provider gave them out.
        """
        sealed = self._vault.seal_tokens(
            grant.owner, answer.access_token, answer.refresh_token, grant.data_key
        )
        saved = await self._db.fetchval(
            sql.save_spooled,
            grant.id,
            grant.version,
            sealed.access_token,
            sealed.refresh_token,
            None if answer.expires_in is None else received_at + answer.expires_in,
            None if answer.refresh_expires_in is None else received_at + answer.refresh_expires_in,
            list(answer.scopes) if answer.scopes else None,
        )
        return saved is not None

    async def note_problem(self, grant: Grant, code: str, message: str, *, is_final: bool) -> None:
        """Keep what went wrong; `dead` says that only the person can mend it by connecting again."""
        status = "reauthorize" if is_final else grant.status
        problem = {"code": code, "message": message}
        await self._db.execute(sql.note_problem, grant.id, grant.version, problem, status)

    async def release(self, grant: Grant) -> bool:
        """Delete the sealed tokens and everything cached, unless the grant has been renewed meanwhile."""
        async with self._db.transaction() as connection:
            done = await connection.execute(sql.release, grant.id, grant.version)
            if done.endswith(" 0"):
                return False
            await connection.execute(sql.drop_answers, grant.id)
            return True

    async def unused(self) -> list[UUID]:
        """Grants that still hold tokens although nobody is connected to them."""
        return [row["id"] for row in await self._db.fetch(sql.unused)]


def account_json(account: Account) -> dict[str, Any]:
    """An account as its grant keeps it."""
    return {
        "name": account.name,
        "person": account.person,
        "avatarUrl": account.avatar_url,
        "url": account.url,
        "email": account.email,
        "details": dict(account.details),
    }


def account_from(account_id: str, fields: dict[str, Any]) -> Account:
    """The account that a grant keeps."""
    return Account(
        id=account_id,
        name=fields.get("name") or account_id,
        person=fields.get("person"),
        avatar_url=fields.get("avatarUrl"),
        url=fields.get("url"),
        email=fields.get("email"),
        details=fields.get("details") or {},
    )

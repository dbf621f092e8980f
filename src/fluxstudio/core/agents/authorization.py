"""OAuth for agents: clients, codes used once, and tokens that replace one another."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/agents/authorization.sql")

ACCESS_PREFIX, REFRESH_PREFIX = "fluxat_", "fluxrt_"
CODE_LIVES = timedelta(minutes=1)
ACCESS_LIVES, REFRESH_LIVES = timedelta(hours=1), timedelta(days=30)
# Strangers register clients; those whom nobody lets in are swept after a day.
MOST_CLIENTS = 50_000
DOCUMENT_LIVES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Client:
    """A program that asks to be let in: registered here, or described by a document at its id.

    `old` says that the document was read a while ago.
    """

    client_id: str
    kind: str
    name: str
    redirect_uris: Sequence[str]
    old: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCode:
    """What a user has let in: to be handed to the client as a code."""

    agent_id: UUID
    user_id: UUID
    client_id: str
    redirect_uri: str
    challenge: str
    resource: str
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """A code as it was handed out. `expires_at` is in seconds since 1970."""

    client_id: str
    redirect_uri: str
    challenge: str
    resource: str
    scopes: Sequence[str]
    expires_at: float
    used: bool
    family: UUID


@dataclass(frozen=True, slots=True)
class Refreshable:
    """A refresh token; `replaced` where it was used before."""

    id: UUID
    agent_id: UUID
    client_id: str
    resource: str
    scopes: Sequence[str]
    family: UUID
    replaced: bool
    expires_at: int


@dataclass(frozen=True, slots=True)
class AgentTokens:
    """A new pair; `expires_in` seconds for the access token."""

    access: str
    refresh: str
    expires_in: int
    scopes: Sequence[str]


class AgentAuthorization:
    """Keeps clients, codes and tokens; of codes and tokens only their hashes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add_client(self, client: Client) -> bool:
        """Keep a client, or what its document says now; False where there is no room."""
        async with self._db.transaction() as connected:
            await connected.execute(sql.in_turn)
            added = await connected.fetchval(
                sql.add_client,
                client.client_id,
                client.kind,
                client.name,
                list(client.redirect_uris),
                MOST_CLIENTS,
            )
        return added is not None

    async def client(self, client_id: str) -> Client | None:
        """The client of that id, or None."""
        row = await self._db.fetchrow(sql.client, client_id, DOCUMENT_LIVES)
        return None if row is None else Client(**row)

    async def add_code(self, new: NewCode) -> str:
        """A code that can be exchanged once, within a minute."""
        code = secrets.token_urlsafe(32)
        await self._db.execute(
            sql.add_code,
            sha256(code),
            new.agent_id,
            new.user_id,
            new.client_id,
            new.redirect_uri,
            new.challenge,
            new.resource,
            list(new.scopes),
            CODE_LIVES,
        )
        return code

    async def code(self, code: str) -> AuthorizationCode | None:
        """What a code stands for, or None. One that was used ends the tokens that came of it."""
        row = await self._db.fetchrow(sql.code, sha256(code))
        if row is None:
            return None
        authorization_code = AuthorizationCode(**row)
        if authorization_code.used:
            await self._db.execute(sql.end_family, authorization_code.family)
        return authorization_code

    async def exchange_code(self, code: str) -> AgentTokens | None:
        """Tokens for a code, once; None where it was used or has expired."""
        row = await self._db.fetchrow(sql.use_code, sha256(code))
        return None if row is None else await self._issue(row, row["scopes"])

    async def refreshable(self, refresh: str) -> Refreshable | None:
        """What a refresh token stands for, or None. One that was replaced ends its whole family."""
        row = await self._db.fetchrow(sql.by_refresh, sha256(refresh))
        if row is None:
            return None
        refreshable = Refreshable(**row)
        if refreshable.replaced:
            await self._db.execute(sql.end_family, refreshable.family)
            return None
        return refreshable

    async def refresh(self, token: Refreshable) -> AgentTokens | None:
        """New tokens in place of these; None where they were replaced meanwhile."""
        row = await self._db.fetchrow(sql.replace, token.id)
        return None if row is None else await self._issue(row, token.scopes)

    async def _issue(self, row: asyncpg.Record, scopes: Sequence[str]) -> AgentTokens | None:
        access = ACCESS_PREFIX + secrets.token_urlsafe(32)
        refresh = REFRESH_PREFIX + secrets.token_urlsafe(32)
        issued = await self._db.fetchval(
            sql.add_tokens,
            row["agent_id"],
            row["client_id"],
            row["family"],
            row["resource"],
            list(scopes),
            sha256(access),
            sha256(refresh),
            ACCESS_LIVES,
            REFRESH_LIVES,
        )
        if issued is None:
            return None
        return AgentTokens(access, refresh, int(ACCESS_LIVES.total_seconds()), scopes)

    async def agent_of(self, access: str, resource: str) -> UUID | None:
        """Whose access token this is, where it was issued for this resource; else None."""
        row = await self._db.fetchrow(sql.by_access, sha256(access))
        return row["agent_id"] if row is not None and row["resource"] == resource else None

    async def revoke(self, token: str, client_id: str) -> None:
        """End a token of a client, with all that came of the same login."""
        family = await self._db.fetchval(sql.family_of, sha256(token), client_id)
        if family is not None:
            await self._db.execute(sql.end_family, family)

    async def end_agent(self, agent_id: UUID) -> None:
        """End all tokens of an agent."""
        await self._db.execute(sql.end_agent, agent_id)

    async def sweep(self) -> None:
        """Delete what has expired, and clients that nobody let in."""
        await self._db.execute(sql.sweep)
        await self._db.execute(sql.sweep_clients)

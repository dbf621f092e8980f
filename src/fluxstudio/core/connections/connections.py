"""Connections: which of our users may use which grant, and what is remembered of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from cachetools import TTLCache

from fluxstudio.core.cache import CachedAnswer
from fluxstudio.core.connections.grants import account_from
from fluxstudio.core.tokens.vault import Vault
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.errors import ConnectionAmbiguous, NotConnected, NotFound
from fluxstudio.kit.batching import Batcher
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256
from fluxstudio.sdk import Account, Provider

sql = Queries.load("fluxstudio.sql", "queries/connections/connections.sql")

# Characters of JSON; as Python values they take several times as much.
MAX_MEMOIZED_BYTES = 4 * 1024 * 1024
MEMOIZED_SECONDS = 300.0


class ConnectionQuery(NamedTuple):
    """What a call looks for: whose connection to what, and the answer it would keep there."""

    user_id: UUID
    provider: str
    operation: str
    key: bytes
    personal: bool
    connection: UUID | None
    account: str | None


class UsableConnection(msgspec.Struct, frozen=True):
    """A live connection picked for a call, with what the cache has for that call.

    `person` is the provider's id of whoever connected, None where it is not known. `key` is the one to keep
    an answer under, `touch` says that the use is to be noted, `asked_at` is when this was so by the
    database's clock.
    """

    id: UUID
    grant_id: UUID
    account: Account
    scopes: frozenset[str]
    status: str
    settings: dict[str, Any]
    key: bytes
    person: str | None
    cached: CachedAnswer | None
    touch: bool
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class MemoizedConnection:
    """What was found before, which version of it, and how long its JSON is."""

    version: str
    usable: UsableConnection
    size: int


@dataclass(frozen=True, slots=True)
class ListedConnection:
    """A connection as its user sees it. `status` is connected, expired, error or disconnected.

    `person` is the provider's id of whoever connected, None where it was not kept yet. `consent` says which
    words of the provider they agreed to (`OAuth2.consent`).
    """

    id: UUID
    provider: str
    account: Account
    is_active: bool
    status: str
    connected_at: datetime
    expires_at: datetime | None
    renews: bool
    last_used_at: datetime | None
    scopes: tuple[str, ...]
    problem: Mapping[str, Any] | None
    problem_since: datetime | None
    settings: Mapping[str, Any]
    person: str | None
    consent: int


def as_id(text: str | None) -> UUID | None:
    """The id in a text, or None for None. Raises `NotFound` for what cannot be one."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("You have no connection with this id. `GET /api/integrations` lists yours.") from None


class Connections:
    """Reads and writes connections, always as the user they belong to."""

    def __init__(self, db: Database) -> None:
        self._db = db
        # Whether any of it still holds is the database's to say; without it there is only more to send.
        self._memoized: TTLCache[ConnectionQuery, MemoizedConnection] = TTLCache(
            MAX_MEMOIZED_BYTES, MEMOIZED_SECONDS, getsizeof=lambda entry: entry.size
        )
        self._together = Batcher(self._find)

    async def pick(
        self,
        user_id: UUID,
        provider: Provider,
        *,
        connection: str | None = None,
        account: str | None = None,
        operation: str = "",
        key: bytes = b"",
        personal: bool = False,
    ) -> UsableConnection:
        """The connection a call should use, and what is kept for that operation and key.

        With `personal` the key holds for this connection only; `UsableConnection.key` is the one to keep
        answers under.

        Raises `NotConnected`, `NotFound` for a connection that is not the user's, `ConnectionAmbiguous`
        when there are several and none was named.
        """
        query = ConnectionQuery(user_id, provider.id, operation, key, personal, as_id(connection), account)
        usable = await self._together.ask(query)
        if len(usable) == 1:
            return usable[0]
        if usable:
            raise ConnectionAmbiguous(
                f"You have {len(usable)} {provider.name} {provider.identity.noun}s connected. "
                "Say which one with ?connection=ID.",
                [
                    {"id": str(entry.id), "name": entry.account.name, "accountId": entry.account.id}
                    for entry in usable
                ],
            )
        if query.connection is not None or account is not None:
            raise NotFound(
                f"You have no such {provider.name} connection. `GET /api/integrations` lists yours."
            )
        raise NotConnected(
            f"{provider.name} is not connected yet. Connect it in Settings → Integrations and try again."
        )

    async def _find(self, queries: Sequence[ConnectionQuery]) -> list[list[UsableConnection]]:
        """What each of those who ask at the same time may use."""
        entries = [self._memoized.get(query) for query in queries]
        versions = [entry.version if entry else None for entry in entries]
        rows = await self._db.fetch(sql.usable, *zip(*queries, strict=True), versions)
        results: list[list[UsableConnection]] = [[] for _ in queries]
        for row in rows:
            place = row["place"] - 1
            memoized = entries[place]
            if row["found"] is not None:
                memoized = MemoizedConnection(row["version"], _usable(row), len(row["found"]))
                if memoized.size <= self._memoized.maxsize:
                    self._memoized[queries[place]] = memoized
            assert memoized is not None
            results[place].append(_now(memoized.usable, row))
        return results

    async def touch(self, user_id: UUID, connection_id: UUID) -> None:
        """Note that a connection was used just now."""
        async with self._db.as_user(user_id) as connected:
            await connected.execute(sql.touch, connection_id)

    async def of_user(self, user_id: UUID) -> list[ListedConnection]:
        """Every connection of a user, the ended ones included."""
        async with self._db.as_user(user_id) as connected:
            return [_listed_connection(row) for row in await connected.fetch(sql.listing)]

    async def detach(self, connection_id: UUID) -> tuple[UUID, bool] | None:
        """End a connection; its grant and whether nobody else uses that, or None if it had ended."""
        async with self._db.transaction() as connected:
            grant_id: UUID | None = await connected.fetchval(sql.detach, connection_id)
            if grant_id is None:
                return None
            await connected.execute(sql.lock_grant, grant_id)
            return grant_id, not await connected.fetchval(sql.shared, grant_id)


async def connected_accounts(db: Database, provider: str, accounts: Sequence[str]) -> list[str]:
    """Those of these accounts of a provider that somebody is connected to."""
    rows = await db.fetch(sql.connected_accounts, provider, list(accounts))
    return [row["account_id"] for row in rows]


def _usable(row: asyncpg.Record) -> UsableConnection:
    fields = msgspec.json.decode(row["found"])
    at = fields["fetched_at"]
    return UsableConnection(
        id=UUID(fields["id"]),
        grant_id=UUID(fields["grant_id"]),
        account=account_from(fields["account_id"], fields["account"]),
        scopes=frozenset(fields["scopes"]),
        status=fields["status"],
        settings=fields["settings"] or {},
        person=fields.get("person"),
        key=base64.b64decode(fields["key"]),
        cached=None if at is None else CachedAnswer(fields["body"], datetime.fromisoformat(at), row["fresh"]),
        touch=row["touch"],
        asked_at=row["asked_at"],
    )


def _now(usable: UsableConnection, row: asyncpg.Record) -> UsableConnection:
    """The same with what changes by itself as time goes on."""
    cached = usable.cached
    if cached is not None and cached.fresh != row["fresh"]:
        cached = msgspec.structs.replace(cached, fresh=row["fresh"])
    return msgspec.structs.replace(usable, cached=cached, touch=row["touch"], asked_at=row["asked_at"])


def _listed_connection(row: asyncpg.Record) -> ListedConnection:
    if not row["is_active"] or row["status"] == "released":
        status = "disconnected"
    elif row["status"] == "reauthorize":
        status = "expired" if (row["problem"] or {}).get("code") == "expired" else "error"
    elif row["expired"]:
        status = "expired"
    elif row["problem"] is not None:
        status = "error"
    else:
        status = "connected"
    return ListedConnection(
        id=row["id"],
        provider=row["provider"],
        account=account_from(row["account_id"], row["account"]),
        is_active=row["is_active"],
        status=status,
        connected_at=row["connected_at"],
        expires_at=row["expires_at"] if row["is_active"] else None,
        renews=row["renews"],
        last_used_at=row["last_used_at"],
        scopes=tuple(row["scopes"]),
        problem=row["problem"],
        problem_since=row["problem_since"],
        settings=row["settings"],
        person=row["person"],
        consent=row["consent"],
    )


@dataclass(slots=True)
class StoredConnectionSettings:
    """What operations remember of one connection; implements `sdk.ports.ConnectionStore`."""

    db: Database = field(repr=False)
    vault: Vault = field(repr=False)
    provider: str
    connection_id: UUID
    settings: dict[str, Any]

    @property
    def mark(self) -> str:
        """A few letters that tell this connection from all others, and nothing of it."""
        return sha256(self.connection_id.bytes).hex()[:10]

    async def remember(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name."""
        await self.db.execute(sql.remember, self.connection_id, name, value)
        self.settings[name] = value

    async def keep_webhook(
        self, webhook_id: str, secret: str, details: Mapping[str, Any], *, signs: bool = False
    ) -> None:
        """Keep what proves a webhook's events."""
        await subscriptions.keep(
            self.db, self.vault, self.provider, self.connection_id, webhook_id, secret, details, signs=signs
        )

    async def forget_webhook(self, webhook_id: str) -> None:
        """Forget a webhook that was removed."""
        await subscriptions.forget(self.db, self.provider, self.connection_id, webhook_id)

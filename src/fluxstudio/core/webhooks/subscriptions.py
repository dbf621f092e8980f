"""Webhooks we registered at providers: whose they are, what proves their events, what was not delivered."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg

from fluxstudio.core.tokens.vault import Vault
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256
from fluxstudio.sdk import Operation

sql = Queries.load("fluxstudio.sql", "queries/webhooks/subscriptions.sql")

# Every request that comes in asks for its webhook, so what was found is kept for this long.
SUBSCRIPTION_CACHE_SECONDS = 30.0
MAX_CACHED_SUBSCRIPTIONS = 1000
# Among so many of an account is the last event of each of its webhooks looked for.
LATEST_EVENTS = 2000


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook of a live connection.

    `account_id` is the provider's id of the account that registered it. What proves its events is either the
    digest of its passcode or the secret the provider signs with. `missed_deliveries` is what was missing at
    the last look.
    """

    provider: str
    webhook_id: str
    user_id: UUID
    connection_id: UUID
    account_id: str
    details: Mapping[str, Any]
    passcode_hash: bytes | None = field(repr=False)
    secret: str | None = field(repr=False)
    missed_deliveries: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionHealth:
    """A webhook as the user sees it who registered it.

    `last_event_at` is None where none of the latest events of its account came by it, `checked_at` where
    nobody has looked yet for what it missed.
    """

    provider: str
    webhook_id: str
    connection_id: UUID
    details: Mapping[str, Any]
    created_at: datetime
    checked_at: datetime | None
    missed_deliveries: Mapping[str, Any] | None
    last_event_at: datetime | None


_Cache = dict[tuple[str, str], tuple[float, Subscription]]
_caches: WeakKeyDictionary[Database, _Cache] = WeakKeyDictionary()


def place(provider: str, webhook_id: str) -> str:
    """What the sealed secret of a webhook is bound to."""
    return json.dumps(["webhook_subscriptions", "secret", provider, webhook_id])


async def keep(
    db: Database,
    vault: Vault,
    provider: str,
    connection_id: UUID,
    webhook_id: str,
    secret: str,
    details: Mapping[str, Any],
    *,
    signs: bool,
) -> None:
    """Keep what proves a webhook's events: sealed where the provider `signs` with it, else as a digest.

    A webhook that a live connection of somebody else registered stays theirs.
    """
    digest = None if signs else sha256(secret)
    sealed = vault.seal_note(place(provider, webhook_id), secret) if signs else None
    await db.execute(sql.keep, connection_id, webhook_id, digest, sealed, dict(details))
    drop(db, provider, webhook_id)


async def forget(db: Database, provider: str, connection_id: UUID, webhook_id: str) -> None:
    """Forget a webhook that was removed."""
    await db.execute(sql.forget, connection_id, webhook_id)
    drop(db, provider, webhook_id)


async def of(db: Database, vault: Vault, provider: str, webhook_id: str) -> Subscription | None:
    """The webhook of that id, None for one that no live connection registered here.

    It may be up to 30 seconds old. Raises `VaultError` where its secret cannot be opened.
    """
    cached, now = _caches.setdefault(db, {}), time.monotonic()
    entry = cached.get((provider, webhook_id))
    if entry is not None and now - entry[0] < SUBSCRIPTION_CACHE_SECONDS:
        return entry[1]
    cached.pop((provider, webhook_id), None)
    row = await db.fetchrow(sql.one, provider, webhook_id)
    if row is None:
        return None
    subscription = _subscription(vault, row)
    while len(cached) >= MAX_CACHED_SUBSCRIPTIONS:
        cached.pop(next(iter(cached)))
    cached[provider, webhook_id] = (now, subscription)
    return subscription


async def of_user(db: Database, user_id: UUID) -> list[SubscriptionHealth]:
    """The webhooks of a user's live connections, the oldest first."""
    async with db.as_user(user_id, read_only=True) as connected:
        rows = await connected.fetch(sql.of_user)
    latest = {
        (row["provider"], row["webhook_id"]): row["received_at"]
        for row in await db.fetch(sql.last_events, user_id, LATEST_EVENTS)
    }
    return [
        SubscriptionHealth(
            provider=row["provider"],
            webhook_id=row["webhook_id"],
            connection_id=row["connection_id"],
            details=row["details"],
            created_at=row["created_at"],
            checked_at=row["last_reconciled_at"],
            missed_deliveries=row["missed_deliveries"],
            last_event_at=latest.get((row["provider"], row["webhook_id"])),
        )
        for row in rows
    ]


def arguments(
    operation: Operation, webhook_id: str, details: Mapping[str, Any], **extra: str
) -> dict[str, Any]:
    """What an operation on a webhook is called with: its id, what is given, and what is kept of it."""
    takes = {operation.public_name(parameter) for parameter in operation.parameters}
    values = {**details, "id": webhook_id, **extra}
    return {parameter: value for parameter, value in values.items() if parameter in takes}


def drop(db: Database, provider: str, webhook_id: str) -> None:
    """Look a webhook up anew when it is asked for next."""
    _caches.get(db, {}).pop((provider, webhook_id), None)


async def all_due(
    db: Database, providers: Sequence[str], rest: timedelta, most: int = 100
) -> list[Subscription]:
    """Claim webhooks of these providers that nobody has reconciled within `rest`; each goes to one caller.

    They come without their secrets.
    """
    rows = await db.fetch(sql.claim_due, list(providers), rest, most)
    return [Subscription(**dict(row)) for row in rows]


async def claim(
    db: Database, user_id: UUID, provider: str, webhook_id: str, rest: timedelta
) -> Subscription | None:
    """Claim a user's webhook, without its secret; None for none, or one that was looked at within `rest`."""
    row = await db.fetchrow(sql.claim_one, provider, webhook_id, user_id, rest)
    return None if row is None else Subscription(**dict(row))


async def save_missed_deliveries(
    db: Database, subscription: Subscription, missed_deliveries: Mapping[str, Any]
) -> None:
    """Keep what was found undelivered, for people to see."""
    await db.execute(
        sql.save_missed_deliveries, subscription.provider, subscription.webhook_id, dict(missed_deliveries)
    )
    drop(db, subscription.provider, subscription.webhook_id)


def _subscription(vault: Vault, row: asyncpg.Record) -> Subscription:
    sealed = row["secret"]
    opened = None if sealed is None else vault.open_note(place(row["provider"], row["webhook_id"]), sealed)
    return Subscription(**{**dict(row), "secret": opened})

"""Endpoints: where the host product is told what happened, and the secrets that sign what it is sent."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from fluxstudio.core.tokens.vault import Vault
from fluxstudio.errors import Conflict, NotFound
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/endpoints/endpoints.sql")

MAX_ENDPOINTS = 100
SECRET_BYTES = 32
# How long the secret of before goes on signing beside a new one.
ROTATION_OVERLAP = timedelta(hours=24)
# How much may wait for one endpoint.
MAX_BACKLOG = 1_000_000

EndpointStatus = Literal["active", "disabled"]
DisabledReason = Literal["failing", "gone", "backlog", "switched_off"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as administrators see it.

    Empty `types` and `accounts` stand for all. `waiting` counts what is still to be sent, 10,001 for more
    than that; `failures` the attempts that failed since one last worked. Until `rotating_until` the secret of
    before signs as well.
    """

    id: UUID
    url: str
    description: str
    types: Sequence[str]
    accounts: Sequence[str]
    ordered: bool
    status: EndpointStatus
    disabled_reason: DisabledReason | None
    disabled_at: datetime | None
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    delivered_at: datetime | None
    created_at: datetime
    rotating_until: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFields:
    """What is entered of an endpoint; None leaves a field as it is."""

    url: str | None = None
    description: str | None = None
    types: Sequence[str] | None = None
    accounts: Sequence[str] | None = None
    ordered: bool | None = None


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret that is shown once, and until when the one before it signs as well."""

    value: str = field(repr=False)
    former_until: datetime | None = None


def secret_place(secret_id: UUID) -> str:
    """What a sealed secret is bound to."""
    return json.dumps(["endpoint_secrets", "secret", str(secret_id)])


class Endpoints:
    """Reads and changes endpoints."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def listing(self) -> list[Endpoint]:
        """Every endpoint, the oldest first."""
        return [Endpoint(**row) for row in await self._db.fetch(sql.listing, None)]

    async def one(self, endpoint_id: UUID) -> Endpoint:
        """One endpoint. Raises `NotFound`."""
        row = await self._db.fetchrow(sql.listing, endpoint_id)
        if row is None:
            raise _unknown()
        return Endpoint(**row)

    async def add(self, fields: EndpointFields, created_by: UUID) -> tuple[UUID, NewSecret]:
        """Add an endpoint; its id and its secret. Raises `Conflict` where there are too many."""
        endpoint_id = uuid4()
        secret_id, secret, sealed = self._new_secret()
        async with self._db.transaction() as connected:
            await connected.execute(sql.in_turn)
            added = await connected.fetchval(
                sql.add,
                endpoint_id,
                fields.url,
                fields.description or "",
                list(fields.types or ()),
                list(fields.accounts or ()),
                fields.ordered is not False,
                created_by,
                secret_id,
                sealed,
                MAX_ENDPOINTS,
            )
        if added is None:
            raise Conflict(f"There are {MAX_ENDPOINTS} endpoints already. Delete one first.", "too_many")
        return endpoint_id, NewSecret(secret)

    async def change(self, endpoint_id: UUID, fields: EndpointFields) -> None:
        """Change what is given. Raises `NotFound`."""
        changed = await self._db.fetchval(
            sql.change,
            endpoint_id,
            fields.url,
            fields.description,
            None if fields.types is None else list(fields.types),
            None if fields.accounts is None else list(fields.accounts),
            fields.ordered,
        )
        if changed is None:
            await self.one(endpoint_id)

    async def enable(self, connected: Connection, endpoint_id: UUID) -> None:
        """Send to an endpoint again, what waits from the beginning."""
        await connected.execute(sql.enable, endpoint_id)

    async def disable(self, connected: Connection, endpoint_id: UUID, reason: DisabledReason) -> bool:
        """Send nothing more to an endpoint, and announce that to the others; whether it was active."""
        if await connected.fetchval(sql.disable, endpoint_id, reason) is None:
            return False
        await connected.execute(sql.announce_disabled, endpoint_id)
        return True

    async def remove(self, endpoint_id: UUID) -> str:
        """Delete an endpoint with all that was to be sent there; its URL. Raises `NotFound`."""
        url: str | None = await self._db.fetchval(sql.remove, endpoint_id)
        if url is None:
            await self.one(endpoint_id)
        return url or ""

    async def rotate_secret(self, endpoint_id: UUID) -> NewSecret:
        """Sign with a new secret, and for a day with the one of now as well. Raises `NotFound`."""
        secret_id, secret, sealed = self._new_secret()
        async with self._db.transaction() as connected:
            row = await connected.fetchrow(sql.rotate, endpoint_id, ROTATION_OVERLAP)
            if row is None:
                raise _unknown()
            await connected.execute(sql.add_secret, secret_id, endpoint_id, sealed)
        return NewSecret(secret, row["former_until"])

    async def overfull(self) -> list[UUID]:
        """Active endpoints for which more waits than is kept."""
        return [row["id"] for row in await self._db.fetch(sql.overfull, MAX_BACKLOG)]

    async def sweep_secrets(self) -> None:
        """Forget secrets that no longer sign."""
        await self._db.execute(sql.sweep_secrets)

    def _new_secret(self) -> tuple[UUID, str, bytes]:
        secret_id = uuid4()
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        return secret_id, secret, self._vault.seal_note(secret_place(secret_id), secret)


def _unknown() -> NotFound:
    return NotFound("There is no endpoint with this id. `GET /api/endpoints` lists them.")


def known_fields(values: dict[str, Any]) -> EndpointFields:
    """The fields among some values."""
    return EndpointFields(**{name: values[name] for name in EndpointFields.__slots__ if name in values})

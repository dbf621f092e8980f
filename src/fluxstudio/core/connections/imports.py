"""Connections that come from elsewhere: which are here already, and what they are tagged with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fluxstudio.core.audit import audit_origin
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/connections/imports.sql")


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """Whose connection to which account, by which app, is imported; `person` is who they are there."""

    user_id: UUID
    provider: str
    client_id: str
    account_id: str
    person: str | None


class ImportedConnections:
    """Finds and attaches connections for an import."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def present(self, target: ImportTarget) -> UUID | None:
        """The user's live connection to the account, or None."""
        connection: UUID | None = await self._db.fetchval(
            sql.connected, target.user_id, target.provider, target.client_id, target.account_id
        )
        return connection

    async def attach(self, target: ImportTarget) -> UUID | None:
        """Connect the user to a grant that works already; None where there is none."""
        connection: UUID | None = await self._db.fetchval(
            sql.attach,
            target.user_id,
            target.provider,
            target.client_id,
            target.account_id,
            target.person,
            *audit_origin(),
        )
        return connection

    async def tag(self, target: ImportTarget, connection_id: UUID, tags: Mapping[str, str]) -> None:
        """Keep the tags of a connection with its settings."""
        if tags:
            await self._db.execute(sql.tag, target.user_id, connection_id, target.provider, dict(tags))

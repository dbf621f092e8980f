"""The connections that rules are bound to: which rules use one, and what becomes of those when it ends.

The database binds a rule to connections (`bind_automation`). That it pauses is never kept: it does for as
long as one of its connections has ended, and goes on when that is back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/automations/rules.sql")


@dataclass(frozen=True, slots=True)
class BoundConnection:
    """A connection that a rule uses. `status` is connected, reauthorize or disconnected, `since` from when.

    `account` is the name of the account, `account_id` the provider's id of it.
    """

    id: UUID
    provider: str
    account: str
    account_id: str
    status: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DependentRule:
    """A rule and the connections it uses."""

    id: UUID
    name: str
    enabled: bool
    connections: frozenset[UUID]


def as_bound(row: Mapping[str, Any] | None) -> BoundConnection | None:
    """A connection as the database describes it."""
    if row is None:
        return None
    since = row["since"]
    return BoundConnection(
        UUID(row["id"]),
        row["provider"],
        row["account"],
        row["account_id"],
        row["status"],
        None if since is None else datetime.fromisoformat(since),
    )


def with_connections(
    definition: Mapping[str, Any], trigger: UUID | None, action: UUID | None
) -> dict[str, Any]:
    """A definition that names the connections its rule is bound to."""
    bound = dict(definition)
    for part, connection in (("when", trigger), ("do", action)):
        side = bound.get(part)
        if connection is not None and isinstance(side, Mapping) and "connection" not in side:
            bound[part] = {**side, "connection": str(connection)}
    return bound


async def dependents(db: Database, user_id: UUID, connections: Sequence[UUID]) -> list[DependentRule]:
    """The rules of a user that use one of these connections, the oldest first."""
    async with db.as_user(user_id, read_only=True) as connected:
        rows = await connected.fetch(sql.using, list(connections))
    return [
        DependentRule(row["id"], row["name"], row["enabled"], frozenset(row["connections"])) for row in rows
    ]


async def bound_connection(db: Database, user_id: UUID, connection: UUID) -> BoundConnection | None:
    """A connection of a user's as a rule shows it, None for one that is not theirs."""
    async with db.as_user(user_id, read_only=True) as connected:
        return as_bound(await connected.fetchval(sql.bound, connection))

"""What rules hear: why nothing could be asked to send events, and when one came last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/automations/rules.sql")


class EventSource(NamedTuple):
    """Where events of a rule come from: the provider, their type, the provider's id of the account."""

    provider: str
    event_type: str
    account_id: str


class LastEvent(NamedTuple):
    """When the latest event came from a source, and the latest that was proven by the app's own secret."""

    at: datetime
    by_app_at: datetime | None


async def note_problem(
    db: Database, user_id: UUID, automation: UUID, problem: Mapping[str, Any] | None
) -> None:
    """Keep why nobody could be asked to send a rule its events, or that this is over."""
    async with db.as_user(user_id) as connected:
        await connected.execute(sql.listening_problem, automation, problem)


async def last_heard(
    db: Database, user_id: UUID, sources: Sequence[EventSource]
) -> dict[EventSource, LastEvent]:
    """What came last from each source, as far as the user may see it and it is not long ago."""
    if not sources:
        return {}
    async with db.as_user(user_id, read_only=True) as connected:
        rows = await connected.fetch(sql.last_heard, *map(list, zip(*sources, strict=True)))
    return {sources[row["place"] - 1]: LastEvent(row["at"], row["by_app_at"]) for row in rows}

"""What events are about, and which connected accounts may see it, as providers last said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fluxstudio.core.visibility.conversations import AskableGrant
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.sdk import Resource

sql = Queries.load("fluxstudio.sql", "queries/visibility/resources.sql")

# How long it counts that an account may see something, and that it may not. Row security ignores what is
# older than a quarter of an hour.
VISIBLE_FRESH_FOR, HIDDEN_FRESH_FOR = timedelta(minutes=5), timedelta(minutes=10)
FRESHNESS = (VISIBLE_FRESH_FOR, HIDDEN_FRESH_FOR)
# Accounts without a rule that are asked for one event.
MOST_UNASKED = 20
LOOKED_BACK, MOST_LOOKED_AT = timedelta(days=7), 5000


@dataclass(frozen=True, slots=True)
class VisibilityQuestion:
    """Whether a resource's events concern a grant's account: with `is_fresh`, `visible` is the answer.

    `wanted` says that somebody with this grant has an automation about this very resource.
    """

    provider: str
    grant: AskableGrant
    resource: Resource
    asked_at: datetime
    is_fresh: bool
    visible: bool
    wanted: bool


@dataclass(frozen=True, slots=True)
class UnconcernedEvents:
    """Events about one thing that concern nobody; `name` is None where they name none."""

    provider: str
    name: str | None
    events: int
    last_at: datetime
    connected: bool


class ResourceAccess:
    """Reads and keeps who may see what. Times are the database's."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def note(self, resources: Iterable[tuple[str, Resource]]) -> None:
        """Keep what events are about, each with its provider, under the name it has now."""
        rows = [(provider, resource.id, resource.name) for provider, resource in resources]
        if rows:
            await self._db.execute(sql.note, *map(list, zip(*rows, strict=True)))

    async def forget(self, provider: str, resources: Sequence[str]) -> None:
        """Ask again who may see these: nothing that is known of them holds any more."""
        await self._db.execute(sql.forget, [provider] * len(resources), list(resources))

    async def question(self, grant_id: UUID, provider: str, resource: str) -> VisibilityQuestion | None:
        """What is known of a grant and a resource; None where either is gone, or the grant does not work."""
        row = await self._db.fetchrow(sql.grant, grant_id, provider, resource, *FRESHNESS)
        if row is None:
            return None
        named = Resource(resource, row["name"])
        return VisibilityQuestion(
            provider,
            AskableGrant.of(row),
            named,
            row["asked_at"],
            row["fresh"],
            row["visible"],
            row["wanted"],
        )

    async def keep(self, question: VisibilityQuestion, *, visible: bool) -> None:
        """Keep an answer, unless who may see the resource has changed since it was asked."""
        await self._db.execute(
            sql.keep,
            question.provider,
            question.grant.account.id,
            question.resource.id,
            visible,
            question.asked_at,
        )

    async def users(self, grant_id: UUID) -> list[UUID]:
        """The users with an active connection by a grant."""
        return [row["user_id"] for row in await self._db.fetch(sql.users, grant_id)]

    async def unchecked(self, user_id: UUID, limit: int) -> list[tuple[UUID, str, str]]:
        """Grants of a user with their provider, and resources to ask about, the most useful first."""
        rows = await self._db.fetch(sql.unchecked, user_id, *FRESHNESS, limit)
        return [(row["grant_id"], row["provider"], row["resource"]) for row in rows]

    async def unconcerned(self, providers: Sequence[str], trials: Sequence[str]) -> list[UnconcernedEvents]:
        """Of the latest events of providers those that concern nobody, but for trials of webhooks."""
        rows = await self._db.fetch(
            sql.unconcerned, list(providers), LOOKED_BACK, MOST_LOOKED_AT, list(trials)
        )
        return [UnconcernedEvents(**row) for row in rows]

    async def sweep(self) -> None:
        """Delete what no event was about for as long as events are kept."""
        await self._db.execute(sql.sweep)


async def to_ask(
    connected: Connection, provider: str, resource: str, event_type: str, account_id: str | None
) -> list[UUID]:
    """Grants whose accounts have to be asked whether they may see what an event is about."""
    rows = await connected.fetch(
        sql.to_ask,
        *(provider, resource, f"{provider}.{event_type}", account_id, *FRESHNESS, MOST_UNASKED),
    )
    return [row["id"] for row in rows]

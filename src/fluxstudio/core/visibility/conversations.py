"""Who is in which private conversation, as providers last said; only of people who have connected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from fluxstudio.core.connections.grants import account_from
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.sdk import Account, Membership

sql = Queries.load("fluxstudio.sql", "queries/visibility/conversations.sql")

# How long it counts that somebody is in a conversation, and that one is open to everybody.
MEMBERSHIP_FRESH_FOR, PUBLIC_FRESH_FOR = timedelta(minutes=5), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ConversationAccess:
    """What is known of a person and a conversation. Without `checked` it has to be asked for."""

    admitted: bool
    checked: bool
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AskableGrant:
    """A grant by which a provider can be asked about an account's conversations."""

    id: UUID
    account: Account
    scopes: frozenset[str]

    @classmethod
    def of(cls, row: asyncpg.Record) -> AskableGrant:
        """A grant from a row that holds it."""
        return cls(row["id"], account_from(row["account_id"], row["account"]), frozenset(row["scopes"]))


@dataclass(frozen=True, slots=True)
class UncheckedPerson:
    """Somebody at a provider whose private conversations were not asked for lately."""

    provider: str
    person: str
    grant: AskableGrant
    asked_at: datetime


class Memberships:
    """Reads and keeps who is in what. Times are the database's."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def access(
        self, provider: str, account_id: str, conversation: str, person: str | None
    ) -> ConversationAccess:
        """What is known of one person, None for somebody unknown, and one conversation."""
        row = await self._db.fetchrow(
            sql.standing, provider, account_id, conversation, person, MEMBERSHIP_FRESH_FOR, PUBLIC_FRESH_FOR
        )
        assert row is not None
        admitted = row["public"] or row["member"]
        return ConversationAccess(admitted, row["checked"] or admitted, row["asked_at"])

    async def private(
        self, provider: str, account_id: str, person: str
    ) -> tuple[Collection[str] | None, datetime]:
        """The private conversations of a person, None where they have to be asked for; and when this was."""
        row = await self._db.fetchrow(sql.private, provider, account_id, person, MEMBERSHIP_FRESH_FOR)
        assert row is not None
        return (frozenset(row["conversations"]) if row["checked"] else None), row["asked_at"]

    async def keep_members(
        self, provider: str, account_id: str, conversation: str, membership: Membership, asked_at: datetime
    ) -> None:
        """Keep who is in a conversation, unless it has changed since that was asked."""
        people = [] if membership.public else sorted(membership.people)
        await self._db.execute(
            sql.keep_members, provider, account_id, conversation, membership.public, people, asked_at
        )

    async def keep_public(
        self, provider: str, account_id: str, conversations: Collection[str], asked_at: datetime
    ) -> None:
        """Keep that these conversations are open to everybody, but for those that have changed since."""
        await self._db.execute(sql.keep_public, provider, account_id, sorted(conversations), asked_at)

    async def keep_private(
        self, provider: str, account_id: str, person: str, conversations: Collection[str], asked_at: datetime
    ) -> None:
        """Keep the private conversations of a person, but for those that have changed since."""
        await self._db.execute(
            sql.keep_private, provider, account_id, person, sorted(conversations), asked_at
        )

    async def forget(self, provider: str, account_id: str, conversation: str) -> None:
        """Ask anew who is in a conversation: nothing that is known of it holds any more."""
        await self._db.execute(sql.forget, provider, account_id, conversation)

    async def askable_grant(self, provider: str, account_id: str) -> AskableGrant | None:
        """A grant to ask about an account by, None where there is none that works."""
        row = await self._db.fetchrow(sql.grant_of, provider, account_id)
        return None if row is None else AskableGrant.of(row)

    async def unchecked(self, user_id: UUID, providers: Sequence[str]) -> list[UncheckedPerson]:
        """Who a user is at these providers, where their private conversations have to be asked for."""
        rows = await self._db.fetch(sql.unchecked, user_id, list(providers), MEMBERSHIP_FRESH_FOR)
        return [
            UncheckedPerson(row["provider"], row["person"], AskableGrant.of(row), row["asked_at"])
            for row in rows
        ]

    async def settle(self, audiences: Mapping[UUID, str]) -> None:
        """Keep whom events concern."""
        await self._db.execute(sql.settle, list(audiences), list(audiences.values()))

    async def undetermined(self, limit: int) -> list[dict[str, Any]]:
        """Events of which nobody has determined yet whom they concern, the latest first."""
        return [dict(row) for row in await self._db.fetch(sql.undetermined, limit)]

    async def sweep(self) -> None:
        """Delete what has not been asked for within a day."""
        await self._db.execute(sql.sweep)

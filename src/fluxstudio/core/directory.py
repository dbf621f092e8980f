"""What the ids of people and channels stand for, as providers last said; what is unknown becomes wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.sdk import DirectoryEntry

sql = Queries.load("fluxstudio.sql", "queries/directory.sql")

# For one page. What comes beyond that stays without a name.
MAX_NAMES_AT_ONCE = 500
LONGEST_ID, LONGEST_NAME = 64, 200


class NameKey(NamedTuple):
    """An id of a person or a channel, and the account it is one of."""

    provider: str
    account_id: str
    id: str


class NameDirectory:
    """Reads and keeps names."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, user_id: UUID | None, keys: Iterable[NameKey]) -> Mapping[NameKey, str]:
        """The names that a user may see, of everything but private conversations where `user_id` is None.

        The others are looked up later.
        """
        ordered_keys = sorted({key for key in keys if 0 < len(key.id) <= LONGEST_ID})[:MAX_NAMES_AT_ONCE]
        if not ordered_keys:
            return {}
        columns = [list(column) for column in zip(*ordered_keys, strict=True)]
        if user_id is None:
            rows = await self._db.fetch(sql.of_ids, *columns, False)
        else:
            async with self._db.as_user(user_id, read_only=True) as connected:
                rows = await connected.fetch(sql.of_ids, *columns, True)
        names = {NameKey(row["provider"], row["account_id"], row["id"]): str(row["name"]) for row in rows}
        if len(names) < len(ordered_keys):
            missing = [key for key in ordered_keys if key not in names]
            await self._db.execute(sql.want, *(list(column) for column in zip(*missing, strict=True)))
        return names

    async def unresolved(self, limit: int) -> list[NameKey]:
        """What is to be looked up, the longest wanted first."""
        rows = await self._db.fetch(sql.wanted, limit)
        return [NameKey(row["provider"], row["account_id"], row["id"]) for row in rows]

    async def keep(self, key: NameKey, named: DirectoryEntry | None) -> None:
        """Keep what an id stands for, None where the provider knows none or does not say."""
        name = named.name[:LONGEST_NAME] if named is not None and named.name else None
        await self._db.execute(sql.keep, *key, name, named is not None and named.private)

    async def sweep(self) -> None:
        """Delete what nobody has wanted for a month, and what belongs to accounts that are gone."""
        await self._db.execute(sql.sweep)

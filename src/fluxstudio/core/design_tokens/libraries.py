"""Variables that came to a sync otherwise than by the provider's API, and the codes the plugin posts with."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from fluxstudio.core.design_tokens.syncs import TokenSync
from fluxstudio.errors import TooLarge
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/design_tokens/libraries.sql")

CODE_LIFETIME = timedelta(minutes=15)
MAX_LIBRARY_CHARACTERS = 32 * 1024 * 1024

LibraryOrigin = Literal["files", "folder", "plugin"]


@dataclass(frozen=True, slots=True)
class StoredLibrary:
    """What was read last: the library as the provider wrote it, where it came from, and when."""

    library: Mapping[str, Any]
    origin: LibraryOrigin
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ImportCode:
    """A code that lets the plugin post once, shown to a person."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CodeHolder:
    """The sync that a code is for, and whose it is."""

    sync_id: UUID
    user_id: UUID


class TokenLibraries:
    """Reads and stores libraries."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def stored(self, sync: TokenSync) -> StoredLibrary | None:
        """What was read last, or None."""
        async with self._db.as_user(sync.user_id) as connection:
            row = await connection.fetchrow(sql.stored, sync.id)
        if row is None:
            return None
        return StoredLibrary(json.loads(row["library"]), row["origin"], row["received_at"])

    async def keep(self, sync: TokenSync, library: Mapping[str, Any], origin: LibraryOrigin) -> None:
        """Store a library; one that was uploaded becomes what the sync reads. Raises `TooLarge`."""
        text = _text(library)
        async with self._db.as_user(sync.user_id) as connection:
            await connection.execute(sql.keep, sync.id, text, origin)
            if origin != "folder":
                await connection.execute(sql.read_uploads, sync.id)

    async def issue(self, sync: TokenSync) -> ImportCode:
        """A new code, which ends the one before."""
        code = secrets.token_urlsafe(24)
        expires_at = await self._db.fetchval(sql.issue, sync.id, sync.user_id, sha256(code), CODE_LIFETIME)
        return ImportCode(code, expires_at)

    async def holder(self, code: str) -> CodeHolder | None:
        """What a code is for, or None where it was used or has expired."""
        row = await self._db.fetchrow(sql.holder, sha256(code))
        return None if row is None else CodeHolder(row["sync_id"], row["user_id"])

    async def redeem(self, code: str, library: Mapping[str, Any]) -> UUID | None:
        """Store what the plugin posted and use the code up; the sync, or None where another was first."""
        stored: UUID | None = await self._db.fetchval(sql.redeem, sha256(code), _text(library), "plugin")
        return stored

    async def sweep(self) -> None:
        """Delete codes that have expired."""
        await self._db.execute(sql.sweep)


def _text(library: Mapping[str, Any]) -> str:
    text = json.dumps(library)
    if len(text) > MAX_LIBRARY_CHARACTERS:
        raise TooLarge("These are more variables than a sync can hold. Sync fewer collections.")
    return text

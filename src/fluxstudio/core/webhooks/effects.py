"""What events do to what is stored: answers of providers outdated, access ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from fluxstudio.kit.postgres.database import Connection
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/webhooks/effects.sql")


async def outdate_answers(
    connected: Connection,
    provider: str,
    account_id: str,
    operations: Collection[str],
    owner_id: UUID | None,
) -> int:
    """Outdate the cached answers of operations (`provider.name`) for an account; how many there were.

    With `owner_id` only where that user has connected the account.
    """
    tag = await connected.execute(sql.outdate, provider, account_id, sorted(operations), owner_id)
    return int(tag.rpartition(" ")[2])


async def end_access(
    connected: Connection, provider: str, account_id: str, problem: Mapping[str, str], ended_at: datetime
) -> bool:
    """Have an account connected again, for the reason `problem`, `{code, message}`; whether it had access.

    Access that was given after `ended_at` is another one, and stays.
    """
    tag = await connected.execute(sql.end_access, provider, account_id, problem, ended_at)
    return tag != "UPDATE 0"

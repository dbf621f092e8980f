"""Deleting a person: every row that is theirs alone, in one transaction."""

from __future__ import annotations

from uuid import UUID

from fluxstudio.core.identity.users import last_admin_kept
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/identity/erasure.sql")


async def erase_rows(db: Database, user_id: UUID) -> int:
    """Delete a user and whatever is theirs alone; how many events that were.

    Lines of the audit log stay without what tells whom they were about. Their connections have to be ended
    before. Raises `LastAdmin`.
    """
    with last_admin_kept():
        async with db.transaction() as connected:
            events: int = await connected.fetchval(sql.events, user_id)
            await connected.execute(sql.cached, user_id)
            await connected.execute(sql.announced, user_id)
            await connected.execute(sql.audit_about, user_id)
            await connected.execute(sql.own_audit, user_id)
            await connected.execute(sql.invitations, user_id)
            grants = await connected.fetchval(sql.grants, user_id)
            await connected.execute(sql.user, user_id)
            await connected.execute(sql.unused_grants, grants or [])
    return events

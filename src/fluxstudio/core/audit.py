"""What was done, by whom, to what: kept, and never with a secret in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fluxstudio.kit.postgres.database import Database

INSERT = """
INSERT INTO audit_log (user_id, action, provider, subject, outcome, address, details)
VALUES ($1, $2, $3, $4, $5, $6::inet, $7)
"""


class Audit:
    """Writes the audit log."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(
        self,
        action: str,
        provider: str | None = None,
        subject: object = None,
        *,
        user_id: UUID | None = None,
        outcome: str = "done",
        address: str | None = None,
        **details: Any,
    ) -> None:
        """Add one line. `outcome` is `done`, `refused` or `failed`; `details` must hold nothing secret."""
        await self._db.execute(
            INSERT,
            user_id,
            action,
            provider,
            None if subject is None else str(subject),
            outcome,
            address,
            details,
        )

"""Room in the database for events of earlier weeks."""

from __future__ import annotations

from datetime import datetime, timedelta

from fluxstudio.kit.postgres.database import Database


async def make_week_of(db: Database, moment: datetime) -> None:
    """Make the partitions of the week of a moment, unless they are there."""
    monday = (moment - timedelta(days=moment.weekday())).date()
    bounds = [
        await db.fetchval("SELECT first_event_id($1)", monday + timedelta(days=days)) for days in (0, 7)
    ]
    for parent in ("integration_webhooks", "deliveries"):
        await db.execute(
            f"CREATE TABLE IF NOT EXISTS {parent}_{monday:%Y%m%d} PARTITION OF {parent} "
            f"FOR VALUES FROM ('{bounds[0]}') TO ('{bounds[1]}')"
        )

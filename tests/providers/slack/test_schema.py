from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import asyncpg

SCHEMA = files("fluxstudio.providers.slack").joinpath("schema.sql").read_text()


async def test_kept_channels_are_a_view_of_the_name_the_product_promises(database: dict[str, Any]) -> None:
    connection = await asyncpg.connect(**database)
    try:
        await connection.execute(SCHEMA)
        columns = await connection.fetch(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'slack_channels_cache' ORDER BY ordinal_position"
        )
        options = await connection.fetchval(
            "SELECT reloptions FROM pg_class WHERE relname = 'slack_channels_cache'"
        )
    finally:
        await connection.close()
    assert [row["column_name"] for row in columns] == ["grant_id", "channels", "cached_at", "expires_at"]
    assert options == ["security_invoker=true"]


async def test_the_view_shows_lists_of_channels_and_nothing_else(database: dict[str, Any]) -> None:
    fetched = datetime(2026, 11, 22, tzinfo=UTC)
    connection = await asyncpg.connect(**database)
    try:
        # Only what the view reads: a table of the same shape stands in for the product's.
        await connection.execute(
            "CREATE SCHEMA alone; SET search_path = alone; "
            "CREATE TABLE provider_cache (grant_id uuid, operation text, key bytea, body jsonb, etag text, "
            "fetched_at timestamptz, fresh_until timestamptz, connection_id uuid); "
            "CREATE PROCEDURE make_ask_view(view_name text, body text, comments jsonb) LANGUAGE sql AS ''"
        )
        await connection.execute(SCHEMA)
        for operation, body in (("slack.channels", '[{"id": "C0DESIGN01"}]'), ("slack.history", "{}")):
            await connection.execute(
                "INSERT INTO provider_cache VALUES (gen_random_uuid(), $1, '', $2, NULL, $3, $4)",
                operation,
                body,
                fetched,
                fetched + timedelta(hours=1),
            )
        rows = await connection.fetch("SELECT * FROM slack_channels_cache")
    finally:
        await connection.close()
    assert [row["channels"] for row in rows] == ['[{"id": "C0DESIGN01"}]']
    assert rows[0]["expires_at"] - rows[0]["cached_at"] == timedelta(hours=1)

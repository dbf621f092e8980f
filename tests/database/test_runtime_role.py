"""Serving and working need no more than to read and write rows: migrations are somebody else's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fluxstudio.core.migrations import grant_database_rights, migrate_database
from fluxstudio.core.registry import Registry, discover
from fluxstudio.core.retention import Sweeper
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing
from fluxstudio.kit.postgres.errors import MigrationError
from fluxstudio.settings import ProviderSettings, Retention
from tests.support.commands import fluxstudio
from tests.support.debian import PASSWORD, debian
from tests.support.receiving import send, stored_events
from tests.support.running import started
from tests.support.webhooks import slack_event

Target = dict[str, Any]

BEFORE = f"CREATE ROLE fluxstudio_runtime NOLOGIN; CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'"
MEMBER = "GRANT fluxstudio_runtime, fluxstudio_user, fluxstudio_ask, fluxstudio_ask_all TO app"
OLD_WEEK = """
CREATE TABLE integration_webhooks_20200106 PARTITION OF integration_webhooks
FOR VALUES FROM ('016f7760-0000-0000-0000-000000000000') TO ('016f9b6d-0000-0000-0000-000000000000')
"""
DAY = timedelta(days=1)


def registry() -> Registry:
    return Registry(discover(), lambda provider: ProviderSettings())


@pytest.fixture
async def owner() -> AsyncIterator[Target]:
    """A migrated database of a server that has the role, and nothing else."""
    with debian() as server:
        await server.make_owner()
        superuser = await asyncpg.connect(**server.superuser)
        await superuser.execute(BEFORE)
        await superuser.execute("CREATE DATABASE shop OWNER fluxstudio")
        target = {**server.connect_kwargs, "database": "shop"}
        await migrate_database(target, registry())
        with pytest.raises(MigrationError, match="GRANT fluxstudio_runtime TO app"):
            await migrate_database({**target, "user": "app"}, registry())
        await superuser.execute(MEMBER)
        await superuser.close()
        yield target


async def test_rows_are_all_that_a_running_product_touches(owner: Target, tmp_path: Path) -> None:
    app = {**owner, "user": "app"}
    by_owner = await asyncpg.connect(**owner)
    await by_owner.execute(OLD_WEEK)
    async with started(app, tmp_path) as start:
        running = await start()
        services, client = running.services, await running.client()
        await running.connect(client, "slack")
        assert (await send(client, "slack", slack_event())).status_code == 200
        [event] = await stored_events(running)
        await Processing(services, triggers.start_runs).event(event["id"])
        page = await client.get("/api/webhooks/events")
        assert [entry["status"] for entry in page.json()["events"]] == ["handled"]
        asked = await client.post("/api/mcp/query", json={"query": "How many connections are there?"})
        assert asked.status_code == 200, asked.text
        await Sweeper(services.db, Retention(DAY, DAY, DAY, DAY, DAY), lambda *_: {}).events()
        assert await by_owner.fetchval("SELECT to_regclass('integration_webhooks_20200106')") is None
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await services.db.execute("CREATE TABLE more (id int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await services.db.execute("ALTER TABLE users DROP COLUMN name")

    await by_owner.execute("REVOKE INSERT ON jobs FROM fluxstudio_runtime")
    examined = await fluxstudio("doctor --json", app, tmp_path)
    [finding] = [entry for entry in json.loads(examined.out)["findings"] if entry["name"] == "Rights"]
    assert finding["state"] == "bad"
    assert "GRANT INSERT ON jobs" in finding["what"] + finding["mend"]
    with pytest.raises(MigrationError, match="GRANT INSERT ON jobs"):
        await migrate_database(app, registry())
    assert await grant_database_rights(owner) == 1
    assert await migrate_database(app, registry()) == []
    await by_owner.execute("DELETE FROM schema_migrations WHERE name = 'announce.sql'")
    with pytest.raises(MigrationError, match=r"lacks fluxstudio/announce\.sql"):
        await migrate_database(app, registry())
    await by_owner.close()

"""A backup is restored elsewhere: connections work there, and nothing acts until somebody says so."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from fluxstudio.core import installation
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from tests.support.clinic import Clinic
from tests.support.commands import fluxstudio
from tests.support.process import KEYS
from tests.support.running import Running, Start, started
from tests.support.webhooks import slack_event

Target = dict[str, Any]
REPOSITORIES = "/api/integrations/github/repositories"
HANDLED = "SELECT count(*) FROM integration_webhooks WHERE status = 'handled'"


@pytest.fixture
async def empty(postgres: EmbeddedPostgres) -> AsyncIterator[Target]:
    """An empty database on the same server."""
    connection = await asyncpg.connect(postgres.superuser_dsn)
    owner, name = postgres.connect_kwargs["user"], f"restored_{os.getpid()}"
    await connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}" TEMPLATE template0')
    yield {**postgres.connect_kwargs, "database": name}
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


async def production(start: Start) -> Running:
    running = await start(encryption_keys=SecretStr(KEYS))
    running.simulators["github"].world.data["app"]["kind"] = "github_app"
    await running.connect(await running.client(), "github")
    return running


async def test_a_restored_copy_serves_and_acts_for_nobody_until_it_is_told_to(
    start: Start, database: Target, empty: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "SECONDS_BETWEEN_COPY_CHECKS", 0.05)
    original = await production(start)
    folder = tmp_path / "backup"
    made = await fluxstudio(f"backup {folder}", database, tmp_path / "one", ENCRYPTION_KEYS=KEYS)
    assert (made.code, made.out) == (0, ""), made.errors
    assert "Its tokens can be read with test of ENCRYPTION_KEYS" in made.errors
    assert {path.name for path in folder.iterdir()} == {"database.dump", "manifest.json"}
    assert folder.stat().st_mode & 0o077 == 0
    restored = await fluxstudio(f"restore {folder}", empty, tmp_path / "two", ENCRYPTION_KEYS=KEYS)
    assert restored.code == 0, restored.errors
    assert "run `fluxstudio resume` here" in restored.errors
    again = await fluxstudio(f"restore {folder}", empty, tmp_path / "two", ENCRYPTION_KEYS=KEYS)
    assert (again.code, "into an empty one" in again.errors) == (2, True)

    async with started(empty, tmp_path / "copy") as start_copy:
        copy = await start_copy(
            encryption_keys=SecretStr(KEYS), simulators=original.simulators, maintenance=True
        )
        ada = await copy.client()
        ready = (await ada.get("/ready")).json()
        assert ready["status"] == "ready"
        assert "fluxstudio resume" in ready["checks"]["copy"]
        # What connects people works, with the token that the original has.
        assert (await ada.get(REPOSITORIES)).status_code == 200
        # Nothing is renewed, ended, handled, or acknowledged.
        refreshes = len(original.seen("github", "POST .*access_token$"))
        await copy.services.db.execute(
            "UPDATE oauth_tokens SET expires_at = now() - $1::interval", timedelta(minutes=1)
        )
        refused = await ada.get(f"{REPOSITORIES}?page=2")
        assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
        assert "fluxstudio resume" in refused.json()["error"]
        assert (await ada.delete("/api/integrations/github")).status_code == 503
        body, headers = slack_event()
        hook = await ada.post(
            "/api/integrations/slack/webhook", content=body, headers={**headers, "authorization": ""}
        )
        assert hook.status_code == 503
        assert len(original.seen("github", "POST .*access_token$")) == refreshes
        assert not await copy.services.db.fetchval("SELECT count(*) FROM recurring_work")

        resumed = await fluxstudio("resume", empty, tmp_path / "two", ENCRYPTION_KEYS=KEYS)
        assert resumed.code == 0, resumed.errors
        assert "No longer a copy (it is another database on that server)." in resumed.errors
        async with asyncio.timeout(60):
            while copy.services.installation.quiet:
                await asyncio.sleep(0.02)
        assert (await ada.get(f"{REPOSITORIES}?page=2")).status_code == 200
        assert len(original.seen("github", "POST .*access_token$")) == refreshes + 1
        twice = await fluxstudio("resume", empty, tmp_path / "two", ENCRYPTION_KEYS=KEYS)
        assert "This isn't a quiet copy" in twice.errors


async def test_a_damaged_backup_is_refused_and_keys_lie_in_one_only_when_asked_for(
    start: Start, database: Target, empty: Target, tmp_path: Path
) -> None:
    await production(start)
    folder = tmp_path / "with-keys"
    made = await fluxstudio(f"backup {folder} --with-keys", database, tmp_path / "one", ENCRYPTION_KEYS=KEYS)
    assert made.code == 0, made.errors
    assert (folder / "encryption.keys").read_text() == KEYS
    assert json.loads((folder / "manifest.json").read_text())["keys"] == ["test"]
    there = await fluxstudio(f"backup {folder}", database, tmp_path / "one", ENCRYPTION_KEYS=KEYS)
    assert (there.code, "is there already" in there.errors) == (2, True)
    with (folder / "database.dump").open("ab") as dump:
        dump.write(b"x")
    damaged = await fluxstudio(f"restore {folder}", empty, tmp_path / "two")
    assert (damaged.code, "its checksum differs" in damaged.errors) == (2, True)


async def test_rights_that_a_restore_lost_are_missed_and_given_back(
    start: Start, database: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clinic = Clinic(tmp_path / "home", database, monkeypatch)
    running = await start()
    admin = await running.client("boss", role="admin")
    connection = await asyncpg.connect(**database)
    for statement in (
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM fluxstudio_user",
        "DROP POLICY own ON connections",
        "ALTER VIEW ask.connections OWNER TO CURRENT_USER",
        "ALTER TABLE automations DISABLE ROW LEVEL SECURITY",
    ):
        await connection.execute(statement)
    ready = await admin.get("/ready")
    assert (ready.status_code, "doctor" in ready.json()["checks"]["rights"]) == (503, True)
    refused = await fluxstudio("serve", database, tmp_path / "other")
    assert refused.code == os.EX_DATAERR
    assert "fluxstudio migrate --restore-rights" in refused.errors
    assert "Traceback" not in refused.errors
    examined = await clinic.examine()
    assert "--restore-rights" in examined["Lost rights"].mend
    # The mend that is named.
    mended = await fluxstudio("migrate --restore-rights", database, tmp_path / "other")
    assert mended.code == 0, mended.errors
    assert "ran CREATE POLICY own ON connections" in mended.errors
    assert (await admin.get("/ready")).status_code == 200
    assert "Lost rights" not in await clinic.examine()
    await connection.close()

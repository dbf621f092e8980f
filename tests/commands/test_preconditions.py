"""What the database has to be like is seen at the start by its effect, and said with the mend."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fluxstudio.kit.postgres.connection import connect
from fluxstudio.kit.postgres.errors import DatabaseReadOnly
from fluxstudio.kit.postgres.preconditions import check_session
from tests.support.commands import fluxstudio
from tests.support.debian import debian
from tests.support.pgbouncer import pgbouncer
from tests.support.running import Start, started

Target = dict[str, Any]


async def test_a_pooler_that_lends_sessions_is_refused_and_the_mode_that_is_named_works(
    database: Target, tmp_path: Path
) -> None:
    async with pgbouncer(database, "transaction") as pooled:
        refused = await fluxstudio("serve", pooled, tmp_path)
        assert (refused.code, refused.out) == (os.EX_DATAERR, ""), refused.errors
        assert "set pool_mode = session for this database there" in refused.errors
        assert "Traceback" not in refused.errors
        doctor = await fluxstudio("doctor", pooled, tmp_path)
        assert doctor.code == 2
        assert "pool_mode = session" in doctor.out
        assert "A check itself failed" not in doctor.out
    async with pgbouncer(database, "session") as pooled, started(pooled, tmp_path) as start:
        running = await start(maintenance=True)
        ada = await running.client()
        await running.connect(ada, "github")
        assert (await ada.get("/api/integrations/github/user")).status_code == 200
        assert (await ada.get("/ready")).status_code == 200


async def test_a_database_that_is_set_to_read_only_is_told_from_one_that_is_away(
    database: Target, tmp_path: Path, start: Start
) -> None:
    name = database["database"]
    running = await start()
    ada = await running.client()
    assert (await ada.get("/api/integrations")).status_code == 200
    connection = await asyncpg.connect(**database)
    await connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    # Sessions that are open by now go on writing, as after a switch-over they would not.
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    refused = await fluxstudio("serve", database, tmp_path / "other")
    assert refused.code == os.EX_UNAVAILABLE
    assert "The database takes no changes: default_transaction_read_only" in refused.errors
    assert "Traceback" not in refused.errors
    doctor = await fluxstudio("doctor", database, tmp_path / "other")
    assert "RESET default_transaction_read_only" in doctor.out
    mei = await running.client("mei")
    while (answer := await mei.get("/api/integrations")).status_code == 200:
        pass
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    # The mend that is named.
    await connection.execute(
        f"BEGIN READ WRITE; ALTER DATABASE {name} RESET default_transaction_read_only; COMMIT"
    )
    await connection.close()
    assert (await mei.get("/api/integrations")).status_code == 200


async def test_a_standby_is_refused_and_taken_once_it_is_promoted(tmp_path: Path) -> None:
    with debian() as server:
        await server.make_owner()
        server.restart_as_standby()
        target = server.connect_kwargs
        refused = await fluxstudio("serve", target, tmp_path)
        assert refused.code == os.EX_UNAVAILABLE
        assert "The database is a standby, which takes no changes." in refused.errors
        server.promote()
        connection = await connect(target)
        await check_session(connection, target)
        await connection.close()


async def test_reading_alone_stays_possible_where_nothing_else_is_asked(database: Target) -> None:
    settings = {"default_transaction_read_only": "on"}
    connection = await connect({**database, "server_settings": settings})
    with pytest.raises(DatabaseReadOnly, match="takes no changes"):
        await check_session(connection, database)
    await connection.close()

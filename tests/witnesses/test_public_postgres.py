"""The public PostgreSQL server of the Model Context Protocol, hosted for a role that only reads."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import asyncpg

from tests.conftest import TestServer
from tests.support.hosting import call, servers
from tests.support.running import Start
from tests.witnesses.node import PROGRAM
from tools.witnesses import FOLDER


async def test_the_public_postgres_server_reads_by_a_role_that_cannot_write(
    start: Start, postgres: TestServer, database: dict[str, Any]
) -> None:  # R47
    # Its own "read only" ends with a COMMIT; the role's rights do not.
    owner, reader = await asyncpg.connect(**database), f"reader_of_{database['database']}"
    administrator = await asyncpg.connect(postgres.superuser_dsn)
    await administrator.execute(f"CREATE ROLE {reader} LOGIN PASSWORD 'not-a-real-password'")
    try:
        await owner.execute("CREATE TABLE shown AS SELECT 1 AS one")
        await owner.execute(f"GRANT SELECT ON shown TO {reader}")
        place = urlencode({"host": database["host"], "port": database["port"]})
        address = f"postgresql://{reader}:not-a-real-password@localhost/{database['database']}?{place}"
        script = FOLDER / "node_modules" / "@modelcontextprotocol" / "server-postgres" / "dist" / "index.js"
        running = await start(
            mcp_servers=servers(data={"command": str(PROGRAM), "args": [str(script), address]})
        )
        admin = await running.client("root", role="admin")
        answer = await call(admin, "data", "query", sql="SELECT one FROM shown")
        assert json.loads(answer.json()["content"][0]["text"]) == [{"one": 1}], answer.text
        await call(admin, "data", "query", sql="COMMIT; INSERT INTO shown VALUES (2)")
        assert await owner.fetchval("SELECT count(*) FROM shown") == 1
        await running.services.hosted_servers.close()
        await owner.execute("DROP TABLE shown")
    finally:
        await owner.close()
        await administrator.execute(f"DROP OWNED BY {reader}")
        await administrator.execute(f"DROP ROLE {reader}")
        await administrator.close()

"""What a new session has to ask of its server before it is of use."""

from __future__ import annotations

import asyncpg
import pytest

from fluxstudio.kit.postgres.connection import connect
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres


async def test_a_new_session_asks_about_no_type_of_the_system(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    async def ask(_: object, types: object, timeout: float | None) -> None:
        asked.append(types)

    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", ask)
    connection = await connect({**server.connect_kwargs, "database": "postgres"})
    try:
        assert await connection.fetchval("SELECT $1::bytea[]", [b"\x00a", b""]) == [b"\x00a", b""]
    finally:
        await connection.close()
    assert asked == []

"""Of several servers in an address, the one that answers and takes changes is used, within seconds."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fluxstudio.kit.postgres import hanging, hosts
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.kit.postgres.errors import DatabaseReadOnly, DatabaseUnavailable
from fluxstudio.kit.postgres.hosts import connect_arguments, hosts_of, open_connection, sessions_of
from tests.support.debian import DebianServer, debian

IS_OTHER = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'only_there')"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "CONNECT_SECONDS_EACH", 1.0)
    monkeypatch.setattr(hanging, "SUSPICIOUS_SECONDS", 0.2)
    monkeypatch.setattr(hanging, "LOOK_SECONDS", 0.1)


@pytest.fixture
async def other(server: EmbeddedPostgres) -> AsyncIterator[DebianServer]:
    """A second server that lets the user of the first one in."""
    with debian() as another:
        await another.make_owner(str(server.connect_kwargs["user"]))
        await another.make_owner("only_there")
        yield another


def together(server: EmbeddedPostgres, *first: tuple[str, int]) -> dict[str, Any]:
    """A target with these hosts before the embedded server."""
    own = server.connect_kwargs
    names, ports = zip(*first, (str(own["host"]), int(own["port"])), strict=True)
    return {**own, "database": "postgres", "host": list(names), "port": list(ports)}


@asynccontextmanager
async def hung() -> AsyncIterator[tuple[int, list[int]]]:
    """A port whose connections are taken and left without an answer; how many there were."""
    connections: list[int] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1], connections


async def test_a_first_host_that_says_nothing_is_passed_over_once(server: EmbeddedPostgres) -> None:
    async with hung() as (port, connections):
        target = together(server, ("127.0.0.1", port))
        for _ in range(3):
            connection = await open_connection(target)
            assert not await connection.fetchval(IS_OTHER)
            await connection.close()
        # asyncpg asks for TLS first, and again without.
        assert len(connections) <= 2


async def test_a_standby_is_passed_over_and_all_standbys_are_said_to_be(
    server: EmbeddedPostgres, other: DebianServer
) -> None:
    other.restart_as_standby()
    place = (str(other.superuser["host"]), 5432)
    connection = await open_connection(together(server, place))
    assert not await connection.fetchval(IS_OTHER)
    await connection.close()
    standbys = {**together(server), "host": [place[0]] * 2, "port": [5432] * 2}
    with pytest.raises(DatabaseReadOnly, match="takes no changes"):
        await Database(standbys).open()


async def test_a_server_that_hangs_under_a_statement_is_left_for_the_other(
    server: EmbeddedPostgres, other: DebianServer
) -> None:
    place = str(other.superuser["host"])
    async with Database(together(server, (place, 5432)), max_size=3) as db:
        assert await db.fetchval(IS_OTHER)
        under_way = asyncio.create_task(db.fetchval("SELECT pg_sleep(0.3)"))
        # A statement that takes its time is no reason to leave.
        await under_way
        under_way = asyncio.create_task(db.fetchval("SELECT pg_sleep(600)"))
        await asyncio.sleep(0)
        other.signal_all(signal.SIGSTOP)
        try:
            with pytest.raises(DatabaseUnavailable, match="lost"):
                async with asyncio.timeout(60):
                    await under_way
            assert not await db.fetchval(IS_OTHER)
        finally:
            other.signal_all(signal.SIGCONT)


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgresql://a:b@one/flux", [{}]),
        ("postgresql://a:b@one:1,two/flux", [{"host": "one", "port": 1}, {"host": "two", "port": 5432}]),
        ("postgresql://a@[::1]:7,two:8/f", [{"host": "::1", "port": 7}, {"host": "two", "port": 8}]),
        (
            "postgresql:///flux?host=/run/a,two&port=6000",
            [{"host": "/run/a", "port": 6000}, {"host": "two", "port": 6000}],
        ),
        ("postgresql://a:b@one,two:many/flux", [{}]),
    ],
)
def test_hosts_are_read_as_libpq_reads_them(dsn: str, expected: list[dict[str, Any]]) -> None:
    assert hosts_of(dsn) == expected


async def test_sessions_have_a_name_and_what_only_libpq_reads_harms_nobody(server: EmbeddedPostgres) -> None:
    of_libpq = f"{server.dsn}&connect_timeout=3&keepalives_idle=5"
    assert "keepalives" not in connect_arguments(of_libpq)["dsn"]
    async with Database(sessions_of(of_libpq, "fluxstudio")) as db:
        assert await db.fetchval("SHOW application_name") == "fluxstudio"
    async with Database(sessions_of(f"{server.dsn}&application_name=mine", "fluxstudio")) as db:
        assert await db.fetchval("SHOW application_name") == "mine"


async def test_asyncpg_shows_the_socket_that_keepalive_is_set_on(server: EmbeddedPostgres) -> None:
    """`hosts.py` reads `_transport`, which asyncpg keeps to itself: whoever upgrades it is told here."""
    connection = await open_connection(server.connect_kwargs)
    assert connection._transport.get_extra_info("socket") is not None
    await connection.close()

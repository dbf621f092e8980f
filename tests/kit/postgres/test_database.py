"""What the program relies on when it talks to the database."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from fluxstudio.kit.postgres.database import Database, DatabaseUnavailable
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres

ANN, BOB = UUID(int=1), UUID(int=2)
NOTES = """
CREATE TABLE notes (owner uuid NOT NULL, text text NOT NULL UNIQUE);
INSERT INTO notes VALUES ('{ann}', 'of Ann'), ('{bob}', 'of Bob');
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (owner = current_setting('shop.user_id')::uuid);
GRANT SELECT, INSERT ON notes TO {role};
"""


@pytest.fixture(scope="session")
async def guest(server: EmbeddedPostgres) -> str:
    """A restricted role that the program may switch to, made by the program's own role."""
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("CREATE ROLE shop_guest NOLOGIN; GRANT shop_guest TO shop")
    await connection.close()
    return "shop_guest"


@pytest.fixture
async def database(dsn: str, guest: str) -> AsyncIterator[Database]:
    async with Database(dsn, max_size=2, user_role=guest, user_setting="shop.user_id") as database:
        await database.execute(NOTES.format(ann=ANN, bob=BOB, role=guest))
        yield database


@pytest.fixture
async def one(dsn: str, guest: str, database: Database) -> AsyncIterator[Database]:
    """The same database through a single connection."""
    async with Database(
        dsn, max_size=1, acquire_timeout=0.5, user_role=guest, user_setting="shop.user_id"
    ) as one:
        yield one


async def spied_on(database: Database) -> list[str]:
    """What is sent over the single connection of `database` from now on, one entry for each round trip."""
    sent: list[str] = []
    async with database.connection() as connection:
        connection.add_query_logger(lambda record: sent.append(record.query))
    return sent


async def test_a_user_sees_and_writes_their_own_rows_only(database: Database) -> None:
    async with database.as_user(ANN) as connection:
        assert [row["text"] for row in await connection.fetch("SELECT text FROM notes")] == ["of Ann"]
        await connection.execute("INSERT INTO notes VALUES ($1, 'new')", ANN)
    async with database.as_user(BOB) as connection:
        assert [row["text"] for row in await connection.fetch("SELECT text FROM notes")] == ["of Bob"]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("INSERT INTO notes VALUES ($1, 'for Ann')", ANN)
    assert await database.fetchval("SELECT count(*) FROM notes") == 3


async def test_acting_as_a_user_costs_one_round_trip_to_open_and_one_to_close(one: Database) -> None:
    sent = await spied_on(one)
    async with one.as_user(ANN) as connection:
        await connection.fetch("SELECT text FROM notes")
    await asyncio.sleep(0)
    assert len(sent) == 3
    assert sent[0].startswith("BEGIN;SET LOCAL ROLE shop_guest;")
    assert sent[2] == "COMMIT;"


async def test_giving_a_connection_back_costs_no_round_trip(one: Database) -> None:
    sent = await spied_on(one)
    for _ in range(3):
        await one.fetchval("SELECT 1")
    await asyncio.sleep(0)
    assert sent == ["SELECT 1"] * 3


async def test_nothing_of_a_user_stays_with_the_connection(one: Database) -> None:
    who = "SELECT current_user || coalesce(current_setting('shop.user_id', true), '')"
    async with one.as_user(ANN) as connection:
        assert await connection.fetchval(who) == f"shop_guest{ANN}"
    assert await one.fetchval(who) == "shop"
    with pytest.raises(ZeroDivisionError):
        async with one.as_user(BOB):
            _ = 1 / 0
    assert await one.fetchval(who) == "shop"


async def test_what_fails_as_a_user_is_rolled_back(database: Database) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.as_user(ANN) as connection:
            await connection.execute("INSERT INTO notes VALUES ($1, 'second')", ANN)
            await connection.execute("INSERT INTO notes VALUES ($1, 'second')", ANN)
    assert await database.fetchval("SELECT count(*) FROM notes") == 2


async def test_a_part_of_a_users_transaction_can_be_undone_alone(database: Database) -> None:
    async with database.as_user(ANN) as connection:
        with pytest.raises(asyncpg.UniqueViolationError):
            async with connection.transaction():
                await connection.execute("INSERT INTO notes VALUES ($1, 'of Ann')", ANN)
        await connection.execute("INSERT INTO notes VALUES ($1, 'kept')", ANN)
    assert await database.fetchval("SELECT count(*) FROM notes WHERE text = 'kept'") == 1


async def test_a_user_may_be_limited_to_reading_and_to_a_time(database: Database) -> None:
    async with database.as_user(ANN, read_only=True, statement_timeout=0.5) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            async with connection.transaction():
                await connection.execute("INSERT INTO notes VALUES ($1, 'no')", ANN)
        with pytest.raises(asyncpg.QueryCanceledError):
            async with connection.transaction():
                await connection.execute("SELECT pg_sleep(5)")


async def test_a_role_that_does_not_exist_leaves_the_connection_usable(one: Database) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError):
        async with one.as_user(ANN, role="nobody_here"):
            pass
    assert await one.fetchval("SELECT current_user") == "shop"


async def test_only_a_uuid_names_a_user_and_only_words_name_roles_and_settings(database: Database) -> None:
    user: Any = "'; RESET ROLE; --"
    with pytest.raises(TypeError):
        async with database.as_user(user):
            pass
    with pytest.raises(ValueError, match="name"):
        async with database.as_user(ANN, role='x"; RESET ROLE; --'):
            pass
    with pytest.raises(ValueError, match="name"):
        Database("postgresql:///", user_setting="user_id = 1; --")


async def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO notes VALUES ($1, 'half')", ANN)
            _ = 1 / 0
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO notes VALUES ($1, 'whole')", ANN)
    rows = await database.fetch("SELECT text FROM notes WHERE text IN ('half', 'whole')")
    assert [row["text"] for row in rows] == ["whole"]


async def test_json_goes_in_and_comes_out_as_python_values(database: Database) -> None:
    value = {"name": "Zoë", "tags": [1, 2.5, None, True], "nested": {"deep": []}}
    row = await database.fetchrow("SELECT $1::jsonb AS b, $1::json AS j, $1::jsonb -> 'tags' AS tags", value)
    assert row is not None
    assert (row["b"], row["j"], row["tags"]) == (value, value, value["tags"])


async def test_now_is_the_databases_time(database: Database) -> None:
    now = await database.now()
    assert now.tzinfo is not None
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


async def test_errors_that_are_not_about_reaching_the_database_pass_unchanged(database: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with database.transaction():
            Path("/no/such/file").read_text()
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute("INSERT INTO notes VALUES ($1, 'of Ann')", ANN)


async def test_a_pool_in_full_use_says_so_in_time(one: Database) -> None:
    async with one.connection():
        with pytest.raises(DatabaseUnavailable, match="All 1 connections"):
            await one.fetchval("SELECT 1")
    assert await one.fetchval("SELECT 1") == 1


async def test_a_connection_goes_on_to_whoever_waits_for_it(one: Database) -> None:
    assert await asyncio.gather(*(one.fetchval("SELECT 1") for _ in range(50))) == [1] * 50


async def test_a_connection_that_nobody_wants_goes_back_to_the_pool(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxstudio.kit.postgres.database.AT_HAND_SECONDS", 0.01)
    await asyncio.gather(*(database.execute("SELECT pg_sleep(0.3)") for _ in range(2)))
    assert database.connections() == (0, 2, 2)
    while database.pool.get_idle_size() < 2:
        await asyncio.sleep(0.01)


async def test_a_statement_broken_off_leaves_a_connection_that_works(one: Database) -> None:
    for _ in range(3):
        broken_off = asyncio.create_task(one.execute("SELECT pg_sleep(30)"))
        await asyncio.sleep(0.02)
        broken_off.cancel()
        await asyncio.gather(broken_off, return_exceptions=True)
        assert await one.fetchval("SELECT 1") == 1


async def test_what_a_block_leaves_open_is_rolled_back(one: Database) -> None:
    async with one.connection() as connection:
        await connection.execute("BEGIN; CREATE TABLE left_open (n integer)")
    assert await one.fetchval("SELECT to_regclass('left_open')") is None


async def test_a_statement_without_an_answer_in_time_is_given_up(dsn: str) -> None:
    async with Database(dsn, max_size=1, command_timeout=0.5) as database:
        with pytest.raises(DatabaseUnavailable, match="in time"):
            await database.execute("SELECT pg_sleep(30)")
        assert await database.fetchval("SELECT 1") == 1


async def test_a_connection_cut_by_the_server_fails_at_once_and_is_replaced(
    database: Database, server: EmbeddedPostgres
) -> None:
    superuser = await asyncpg.connect(server.superuser_dsn)
    with pytest.raises(DatabaseUnavailable):
        async with database.transaction() as connection:
            await superuser.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
            with pytest.raises(DatabaseUnavailable):
                await connection.execute("INSERT INTO notes VALUES ($1, 'lost')", ANN)
            await connection.execute("SELECT 1")
    await superuser.close()
    assert await database.fetchval("SELECT count(*) FROM notes") == 2


async def test_no_error_about_the_connection_shows_the_password(dsn: str) -> None:
    password = "hunter2-not-real"
    garbled = f"postgresql://shop:{password}#odd@/shop"
    wrong = dsn.replace(dsn.split(":")[2].split("@")[0], password)
    nowhere = f"postgresql://shop:{password}@127.0.0.1:1/shop"
    for address in (garbled, wrong, nowhere):
        with pytest.raises(DatabaseUnavailable) as caught:
            await Database(address).open()
        shown = f"{caught.value}{caught.value.__cause__!r}"
        assert password not in shown
        assert "shop" not in str(caught.value)


async def test_a_server_without_room_is_unavailable(home: Path) -> None:
    settings = {"max_connections": "5", "superuser_reserved_connections": "1", "reserved_connections": "0"}
    async with EmbeddedPostgres(home, settings=settings) as small, Database(small.dsn) as database:
        async with asyncio.TaskGroup() as tasks:
            full = tasks.create_task(fill(database))
        assert full.result() == "no room"
        assert await database.fetchval("SELECT 1") == 1


async def fill(database: Database) -> str:
    async with database.connection(), database.connection(), database.connection(), database.connection():
        try:
            await database.fetchval("SELECT 1")
        except DatabaseUnavailable as error:
            return "no room" if "no room" in error.message else error.message
    return "room for all"


BROKEN = [BrokenPipeError(32, "Broken pipe"), ConnectionResetError(104, "reset"), OSError(113, "No route")]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda error: type(error).__name__)
async def test_a_connection_that_breaks_while_it_goes_back_concerns_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch, broken: OSError
) -> None:
    """An expired connection is closed on its way back, and says goodbye over a socket that may be gone."""
    goodbye = asyncpg.Connection.close

    async def close(self: asyncpg.Connection[Any], **_: object) -> None:
        await goodbye(self)
        raise broken

    async with database.connection() as connection:
        await database.pool.expire_connections()
        monkeypatch.setattr(asyncpg.Connection, "close", close)
    await database._put_back(database.pool)
    monkeypatch.undo()
    async with database.connection(), database.connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1


@pytest.mark.parametrize("broken", BROKEN, ids=lambda error: type(error).__name__)
async def test_whatever_the_system_says_of_a_lost_connection_is_the_database_unavailable(
    database: Database, monkeypatch: pytest.MonkeyPatch, broken: OSError
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise broken

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "_execute", fails)
        with pytest.raises(DatabaseUnavailable):
            await database.fetchval("SELECT 1")
    async with database.transaction() as connection:
        statement = await connection.prepare("SELECT 1")
        with pytest.raises(DatabaseUnavailable):
            async with database.connection():
                raise BROKEN[0]
        assert await statement.fetchval() == 1


async def test_a_restarted_server_is_reached_again_by_the_same_pool(home: Path) -> None:
    async with EmbeddedPostgres(home) as server, Database(server.dsn, max_size=4) as database:
        heard: list[str] = []
        again = asyncio.Event()
        await database.listen("news", heard.append, on_reconnect=again.set)
        await asyncio.gather(*(database.fetchval("SELECT pg_sleep(0.3)") for _ in range(4)))

        with pytest.raises(DatabaseUnavailable):
            async with database.transaction() as connection:
                await server.restart()
                await connection.execute("SELECT 1")
        answers = await asyncio.gather(*(database.fetchval("SELECT 1") for _ in range(4)))
        assert answers == [1] * 4

        os.kill(server.pid or 0, signal.SIGKILL)
        with pytest.raises(DatabaseUnavailable):
            for _ in range(2):
                await database.fetchval("SELECT pg_sleep(0.1)")
        async with asyncio.timeout(60):
            while not await answers_again(database):
                await asyncio.sleep(0.05)
            again.clear()
            while "after" not in heard:
                await database.execute("NOTIFY news, 'after'")
                await asyncio.sleep(0.05)


async def answers_again(database: Database) -> bool:
    try:
        return bool(await database.fetchval("SELECT true"))
    except DatabaseUnavailable:
        return False


async def test_notifications_arrive_until_the_subscription_ends(database: Database) -> None:
    arrived: asyncio.Queue[str] = asyncio.Queue()
    first = await database.listen("news", arrived.put_nowait)
    second = await database.listen("other", lambda payload: arrived.put_nowait(f"other {payload}"))
    await database.execute("SELECT pg_notify('news', $1)", "Zoë")
    assert await asyncio.wait_for(arrived.get(), 60) == "Zoë"

    first.close()
    await database.execute("NOTIFY news, 'unheard'; NOTIFY other, 'heard'")
    assert await asyncio.wait_for(arrived.get(), 60) == "other heard"
    second.close()


async def test_a_callback_that_fails_does_not_keep_others_from_the_news(database: Database) -> None:
    arrived: asyncio.Queue[str] = asyncio.Queue()

    def stumble(_: str) -> None:
        raise RuntimeError("on purpose")

    await database.listen("news", stumble)
    await database.listen("news", arrived.put_nowait)
    for word in ("one", "two"):
        await database.execute("SELECT pg_notify('news', $1)", word)
        assert await asyncio.wait_for(arrived.get(), 60) == word


async def test_a_listener_whose_connection_is_cut_comes_back_and_says_so(
    database: Database, server: EmbeddedPostgres
) -> None:
    arrived: asyncio.Queue[str] = asyncio.Queue()
    again = asyncio.Event()
    channel = f"news_{uuid4().hex[:6]}"
    await database.listen(channel, arrived.put_nowait, on_reconnect=again.set)

    superuser = await asyncpg.connect(server.superuser_dsn)
    cut = await superuser.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query ~ ('LISTEN .*' || $1)",
        channel,
    )
    await superuser.close()
    assert cut == 1
    await asyncio.wait_for(again.wait(), 60)
    await database.execute("SELECT pg_notify($1, 'after')", channel)
    assert await asyncio.wait_for(arrived.get(), 60) == "after"


async def test_a_closed_database_is_unavailable_and_can_be_opened_again(dsn: str) -> None:
    database = Database(dsn)
    with pytest.raises(DatabaseUnavailable):
        await database.fetchval("SELECT 1")
    for _ in range(2):
        async with database:
            assert await database.fetchval("SELECT 1") == 1
    with pytest.raises(DatabaseUnavailable):
        await database.fetchval("SELECT 1")

"""What a user of the private server relies on."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from fluxstudio.kit.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError
from fluxstudio.kit.postgres.server import cluster
from tests.kit.postgres.homes import Run, ask, mode, processes_of, until_gone
from tests.support.debian import PROGRAMS


async def test_what_was_written_is_there_after_a_restart_that_makes_nothing_anew(
    new_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with EmbeddedPostgres(new_home) as server:
        await ask(server, "CREATE TABLE notes AS SELECT 'kept' AS text")

    monkeypatch.setattr(cluster, "make_data", lambda *_: pytest.fail("the data is made anew"))
    async with EmbeddedPostgres(new_home) as server:
        assert await ask(server, "SELECT text FROM notes") == "kept"


async def test_only_the_right_password_over_a_private_socket_gets_in(server: EmbeddedPostgres) -> None:
    kwargs = server.connect_kwargs
    assert await ask(server, "SHOW listen_addresses") == ""
    assert mode(Path(kwargs["host"])) == 0o700
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(**{**kwargs, "password": "not-the-password"})


async def test_passwords_are_for_their_owner_alone_and_differ(server: EmbeddedPostgres) -> None:
    files = list(server.log_folder.parent.glob("*.password"))
    assert {path.name for path in files} == {"superuser.password", "shop.password"}
    assert {mode(path) for path in files} == {0o600}
    assert len({path.read_text() for path in files}) == 2


async def test_the_programs_role_owns_its_database_but_is_no_superuser(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.dsn)
    role = await connection.fetchrow(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    owner = await connection.fetchval(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    )
    await connection.close()
    assert tuple(role or ()) == ("shop", False, False, True)
    assert owner == "shop"


async def test_the_superuser_is_there_for_diagnosis(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.superuser_dsn)
    assert await connection.fetchval("SHOW is_superuser") == "on"
    await connection.close()


async def test_the_server_never_runs_as_root_and_sees_nothing_of_our_environment(
    server: EmbeddedPostgres,
) -> None:
    process = Path(f"/proc/{server.pid}")
    assert process.stat().st_uid != 0
    environment = (process / "environ").read_text().rstrip("\0").split("\0")
    assert {variable.partition("=")[0] for variable in environment} <= {"PATH", "LC_ALL", "PWD"}


async def test_settings_of_the_caller_win_and_durability_stays_untraded(home: Path) -> None:
    async with EmbeddedPostgres(home, settings={"work_mem": "7MB", "max_connections": "20"}) as server:
        assert await ask(server, "SHOW work_mem") == "7MB"
        assert await ask(server, "SHOW max_connections") == "20"
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await ask(server, f"SHOW {setting}") == "on"


async def test_a_setting_that_does_not_work_is_named_in_the_error(home: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"shared_buffers.*plenty"):
        await EmbeddedPostgres(home, settings={"shared_buffers": "plenty"}).start()
    assert await until_gone(home)


async def test_four_processes_starting_at_once_share_one_server(new_home: Path, run: Run) -> None:
    others = await asyncio.gather(*(run("use_home.py", new_home) for _ in range(4)))
    texts = [await other.says() for other in others]
    assert {words["role"] for words in texts} == {"fluxstudio"}
    assert len({words["server"] for words in texts}) == 1

    for other in others[:3]:
        assert await other.leave() == 0
        assert texts[0]["server"] in processes_of(new_home)
    assert await others[3].leave() == 0
    assert await until_gone(new_home)


async def test_a_server_whose_owner_was_killed_is_taken_over(home: Path, run: Run) -> None:
    owner = await run("use_home.py", home)
    orphan = (await owner.says())["server"]
    os.kill(owner.pid, signal.SIGKILL)
    await owner.process.wait()

    async with EmbeddedPostgres(home) as server:
        assert server.pid == orphan
        assert await ask(server, "SELECT 1") == 1
    assert await until_gone(home)


async def test_a_home_moved_to_a_longer_path_holds_what_it_held(home: Path) -> None:
    async with EmbeddedPostgres(home) as server:
        await ask(server, "CREATE TABLE notes AS SELECT 'kept' AS text")
    moved = home.rename(home.parent / ("moved-" * 20))
    async with EmbeddedPostgres(moved) as server:
        assert await ask(server, "SELECT text FROM notes") == "kept"


async def test_ctrl_c_in_one_process_leaves_the_server_to_the_others(home: Path, run: Run) -> None:
    starter = await run("use_home.py", home)
    await starter.says()
    async with EmbeddedPostgres(home) as server:
        started = server.pid
        os.killpg(starter.pid, signal.SIGINT)
        await starter.leave()
        assert server.pid == started
        assert await ask(server, "SELECT 1") == 1
    assert await until_gone(home)


async def test_a_server_that_dies_in_use_is_back_within_seconds(home: Path) -> None:
    async with EmbeddedPostgres(home) as server:
        await ask(server, "CREATE TABLE notes AS SELECT 'kept' AS text")
        killed = server.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        async with asyncio.timeout(60):
            while server.pid in (None, killed):
                await asyncio.sleep(0.02)
            await server.start()
        await server.restart()
        assert await ask(server, "SELECT text FROM notes") == "kept"


async def test_a_stale_process_number_that_is_somebody_elses_now_harms_nobody(home: Path) -> None:
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    stranger = await asyncio.create_subprocess_exec("sleep", "60", user=pid_file.parent.stat().st_uid)
    pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n1\n5432\n\n\n\nready\n")
    try:
        async with EmbeddedPostgres(home) as server:
            assert server.pid != stranger.pid
            assert await ask(server, "SELECT 1") == 1
        assert stranger.returncode is None
    finally:
        stranger.kill()
        await stranger.wait()


async def test_a_first_start_that_was_cut_short_is_no_hindrance(new_home: Path) -> None:
    unfinished = new_home / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("1")
    (new_home / "postgres" / "superuser.password").write_text("")
    for folder in (new_home, unfinished.parent):
        folder.chmod(0o711)

    async with EmbeddedPostgres(new_home) as server:
        assert await ask(server, "SELECT 1") == 1
    assert not unfinished.exists()


async def test_a_start_given_up_leaves_no_server(new_home: Path) -> None:
    start = asyncio.create_task(EmbeddedPostgres(new_home).start())
    await asyncio.sleep(0.1)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert await until_gone(new_home)


async def test_an_operators_own_programs_run_the_server_and_no_others_read_its_data(new_home: Path) -> None:
    programs = (PROGRAMS[0] / "initdb").resolve().parent
    async with EmbeddedPostgres(new_home, programs=programs) as server:
        assert str(await ask(server, "SHOW server_version")).startswith("15.")
        assert await ask(server, "SELECT upper('ä') < 'ß' AND 'Z' < 'a'")
        assert Path(f"/proc/{server.pid}/exe").readlink().parent == programs
    assert EmbeddedPostgres(new_home, programs=programs).made
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 15.*DATABASE_PROGRAMS"):
        await EmbeddedPostgres(new_home).start()


async def test_a_folder_without_postgresql_is_refused_with_one_that_would_do(new_home: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"no initdb and no postgres in .*/usr/lib/postgresql"):
        await EmbeddedPostgres(new_home, programs=new_home.parent).start()
    assert not new_home.exists()

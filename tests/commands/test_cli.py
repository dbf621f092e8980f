"""The commands as people and scripts run them: real processes, their output and their exit status."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2
import psutil
import pytest

from fluxstudio import __version__
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from tests.support.browsing import Browser
from tests.support.cli import Outcome, run, run_in, variables_for
from tests.support.running import Running

JWT = r"[\w-]+\.[\w-]+\.[\w-]+"


async def begun(*arguments: str, **variables: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fluxstudio", *arguments),
        cwd=variables["FLUXSTUDIO_HOME"],
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def assert_readable(outcome: Outcome, *sentences: str, code: int = os.EX_CONFIG) -> None:
    """The command gave up with this exit status, and in words for the person who ran it."""
    assert outcome.status == code, outcome
    assert outcome.out == ""
    assert outcome.err.startswith("FluxStudio cannot start")
    assert "Traceback" not in outcome.err
    for sentence in sentences:
        assert sentence in outcome.err, outcome.err


async def test_a_token_is_all_that_is_printed_and_it_opens_the_api(
    product: Running, database: dict[str, Any], tmp_path: Path
) -> None:
    plain = await run("token", "--user", "mei@example.com", **variables_for(tmp_path, database))
    admin = await run("token", "--user", "mei@example.com", "--admin", **variables_for(tmp_path, database))
    for outcome, role in ((plain, "member"), (admin, "admin")):
        assert (outcome.status, outcome.err) == (0, "")
        assert re.fullmatch(JWT + "\n", outcome.out)
        client = await product.client(None)
        answer = await client.get("/api/session", headers={"authorization": f"Bearer {outcome.out.strip()}"})
        assert answer.json() == {
            "userId": "mei@example.com",
            "email": "mei@example.com",
            "name": None,
            "role": role,
        }


async def test_a_token_speaks_for_the_account_that_has_the_address(product: Running, tmp_path: Path) -> None:
    ada = await Browser.new(product)
    await ada.sign_up("ada@example.com")
    where = product.services.db._target
    assert isinstance(where, Mapping)
    outcome = await run("token", "--user", "Ada@Example.com", **variables_for(tmp_path, where))
    client = await product.client(None)
    answer = await client.get("/api/session", headers={"authorization": f"Bearer {outcome.out.strip()}"})
    subject = await product.services.db.fetchval("SELECT subject FROM users")
    assert (answer.json()["userId"], answer.json()["name"]) == (subject, "Ada")


async def test_the_database_is_made_once_and_then_up_to_date(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(postgres.superuser_dsn)
    owner = postgres.connect_kwargs["user"]
    await connection.execute(f"CREATE DATABASE not_migrated OWNER {owner} TEMPLATE template0")
    await connection.close()
    target = {**postgres.connect_kwargs, "database": "not_migrated"}
    first, second = [await run("migrate", **variables_for(tmp_path, target)) for _ in range(2)]
    assert (first.status, first.out, second.status, second.out) == (0, "", 0, "")
    assert first.err.startswith("applied fluxstudio/0001_")
    assert second.err == "The database is up to date.\n"


@pytest.mark.parametrize("command", ["serve", "simulate"])
async def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        option = ("--port", port) if command == "simulate" else ()
        outcome = await run(command, *option, **variables_for(tmp_path, PORT=port))
    assert_readable(outcome, code=os.EX_OSERR)
    assert outcome.err == (
        f"FluxStudio cannot start: Port {port} of 127.0.0.1 is taken. "
        "Stop what uses it, or choose another with PORT.\n"
    )


async def test_production_without_secrets_is_told_everything_that_is_missing(
    tmp_path: Path,
) -> None:  # R22 R55
    variables = variables_for(tmp_path, ENV="production")
    for name in ("JWT_SECRET", "ENCRYPTION_KEYS"):
        variables.pop(name)
    outcome = await run("serve", **variables)
    assert_readable(outcome, "  * ENCRYPTION_KEYS", "JWT_SECRET", "  * PUBLIC_URL")
    assert all(line.startswith("  * ") for line in outcome.err.splitlines()[1:])
    assert not (tmp_path / "encryption.keys").exists()


@pytest.mark.parametrize(
    ("setting", "text", "code"),
    [
        ({"PORT": "many", "ENV": "staging"}, ("PORT", "ENV"), os.EX_CONFIG),
        (
            {"ENCRYPTION_KEYS": "k1:c2hvcnQ=", "JWT_PUBLIC_KEY": "nonsense"},
            ("ENCRYPTION_KEYS", "JWT_PUBLIC_KEY"),
            os.EX_CONFIG,
        ),
        ({"DATABASE_URL": "postgresql://a:not-a-real-password@127.0.0.1:many/x"}, ("address",), os.EX_CONFIG),
        (
            {"DATABASE_URL": "postgresql://a:not-a-real-password@127.0.0.1:1/x"},
            ("cannot be reached",),
            os.EX_UNAVAILABLE,
        ),
    ],
    ids=["unreadable", "unusable", "no address", "unreachable"],
)
async def test_settings_that_cannot_be_used_are_told_from_a_database_that_is_away(
    tmp_path: Path, setting: dict[str, str], text: tuple[str, ...], code: int
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    outcome = await run("serve", **{**variables_for(tmp_path, PORT=port), **setting})
    assert_readable(outcome, *text, code=code)
    assert "not-a-real-password" not in outcome.err
    assert "c2hvcnQ" not in outcome.err


@pytest.mark.parametrize(
    ("file", "setting", "mend"),
    [("encryption.keys", "ENCRYPTION_KEYS", "backup"), ("jwt.secret", "JWT_SECRET", "Remove it")],
)
async def test_a_damaged_secret_is_not_taken_for_one(
    tmp_path: Path, database: dict[str, Any], file: str, setting: str, mend: str
) -> None:
    """An empty secret would let anybody sign tokens."""
    (tmp_path / file).write_text("")
    variables = variables_for(tmp_path, database)
    variables.pop(setting)
    command = ("serve",) if setting == "ENCRYPTION_KEYS" else ("token", "--user", "a@example.com")
    assert_readable(await run(*command, **variables), f"{file} is damaged", mend)


async def test_a_secret_of_this_installation_is_made_once_for_its_owner_only(
    tmp_path: Path, database: dict[str, Any]
) -> None:
    variables = variables_for(tmp_path, database)
    variables.pop("JWT_SECRET")
    outcomes = await asyncio.gather(*(run("token", "--user", "a@example.com", **variables) for _ in range(2)))
    assert [outcome.status for outcome in outcomes] == [0, 0]
    file = tmp_path / "jwt.secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text()) >= 43
    assert sorted(entry.name for entry in tmp_path.glob("*.secret")) == ["jwt.secret"]


@asynccontextmanager
async def simulating(home: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int, dict[str, str]]]:
    """`fluxstudio simulate`: the process, its port and the settings that it says."""
    process = await begun("simulate", "--port", "0", **variables_for(home))
    assert process.stderr is not None
    results: dict[str, str] = {}
    try:
        async with asyncio.timeout(60):
            while "SLACK_WEB_URL" not in results:
                line = (await process.stderr.readline()).decode()
                assert line, results
                name, _, value = line.partition("=")
                results[name] = value.strip()
        port = urlsplit(results["SLACK_WEB_URL"]).port
        assert port is not None
        yield process, port, results
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_simulators_answer_on_the_loopback_and_to_its_names_only(tmp_path: Path) -> None:
    async with simulating(tmp_path) as (process, port, settings), httpx2.AsyncClient() as client:
        assert {"FIGMA_CLIENT_ID", "GITHUB_CLIENT_SECRET", "SLACK_WEB_URL"} <= set(settings)
        for name in ("FIGMA_API_URL", "GITHUB_API_URL", "SLACK_WEB_URL"):
            assert (await client.get(settings[name])).status_code < 500, name
        assert (await client.get(f"{settings['FIGMA_API_URL']}/v1/me")).status_code in {401, 403}
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", "localhost", f"[::1]:{port}"):
            answer = await client.get(settings["FIGMA_API_URL"], headers={"host": host})
            assert answer.status_code != 421, host
        for host in (
            "evil.example",
            f"evil.example:{port}",
            f"127.0.0.1.evil.example:{port}",
            "127.0.0.2",
            "",
        ):
            answer = await client.get(settings["FIGMA_API_URL"], headers={"host": host})
            assert answer.status_code == 421, host
        listening = [
            entry for entry in psutil.Process(process.pid).net_connections() if entry.status == "LISTEN"
        ]
        assert {(entry.laddr.ip, entry.laddr.port) for entry in listening} == {("127.0.0.1", port)}
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await process.wait() == 0


async def test_the_version_is_printed_alone_and_settings_are_checked_before_a_start(
    tmp_path: Path,
) -> None:
    version = await run("--version", **variables_for(tmp_path))
    assert (version.status, version.out, version.err) == (0, f"fluxstudio {__version__}\n", "")
    good = await run("check", **variables_for(tmp_path))
    assert (good.status, good.out) == (0, "")
    assert_readable(await run("check", **variables_for(tmp_path, PUBLIC_URL="nowhere")), "PUBLIC_URL")
    assert list(tmp_path.iterdir()) == []


async def test_the_help_lists_the_commands(tmp_path: Path) -> None:
    outcome = await run("--help", **variables_for(tmp_path))
    assert outcome.status == 0
    for command in ("serve", "demo", "migrate", "simulate", "token"):
        assert command in outcome.out


@pytest.mark.parametrize(
    "words",
    [
        ("token", "--user", "ada@example.com"),
        ("keys", "list"),
        ("keys", "new"),
        ("replay",),
    ],
    ids=" ".join,
)
async def test_a_mistaken_data_folder_is_named_and_gets_no_second_database(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    variables = variables_for(tmp_path) | {"ENCRYPTION_KEYS": ""}
    outcome = await run(*words, **variables)
    assert_readable(outcome, f"There is no database in {tmp_path}", "FLUXSTUDIO_HOME", "make run")
    assert list(tmp_path.iterdir()) == []


async def test_a_database_without_tables_says_to_migrate(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    target = {**postgres.connect_kwargs, "database": "fluxstudio"}
    outcome = await run("token", "--user", "ada@example.com", **variables_for(tmp_path, target))
    assert_readable(outcome, "not up to date", "fluxstudio migrate", code=os.EX_DATAERR)


@pytest.mark.parametrize("words", ["serve", "migrate"])
async def test_a_data_folder_that_is_a_file_is_named(words: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        variables = variables_for(tmp_path) | {"FLUXSTUDIO_HOME": str(tmp_path / place)}
        outcome = await run_in(tmp_path, words, **variables)
        assert_readable(outcome, "FLUXSTUDIO_HOME", str(tmp_path / "file"), "may write in")

"""The doctor looks at the database, the providers, their clocks and what people have connected."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from fluxstudio.flows.doctor import AREAS, Context, examine, reached
from fluxstudio.flows.doctor import database as looked_at
from fluxstudio.flows.doctor.finding import CLOCK, CONNECTIONS
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.kit.sealing import Keyset
from tests.support.clinic import APP, Clinic, Diagnosis
from tests.support.running import Running, Start

Target = dict[str, Any]
# On a busy machine, longer than the product waits for its own answer.
PATIENCE_SECONDS = 60


async def change(target: Target, *statements: str) -> None:
    """Do something to a database behind the product's back."""
    connection = await asyncpg.connect(**target)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def nowhere() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def mute() -> Iterator[str]:
    """The address of somebody who takes calls and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@asynccontextmanager
async def host(*headers: str) -> AsyncIterator[str]:
    """The address of a host that answers everything with 404 and these headers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        lines = ["HTTP/1.1 404 Not Found", "Content-Length: 0", "Connection: close", *headers]
        writer.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def at(url: str) -> dict[str, str]:
    """Settings of an app at a provider that is all at one address."""
    return {**APP, "LINEAR_WEB_URL": url, "LINEAR_API_URL": url}


async def test_the_database_is_named_with_its_version(clinic: Clinic) -> None:
    findings = await clinic.examine()
    assert findings["Version"].what.startswith("PostgreSQL ")
    for name in ("Version", "Migrations", "Rights", "Restricted role", "Row security"):
        assert findings[name].state == "good", findings[name]


async def test_a_server_that_is_too_old_is_bad(clinic: Clinic) -> None:
    clinic.monkeypatch.setattr(looked_at, "OLDEST_POSTGRES", 99)
    findings = (await clinic.examine())["Version"]
    assert (findings.state, "PostgreSQL 99 or newer" in findings.mend) == ("bad", True)


async def test_without_a_database_everything_else_is_still_looked_at(clinic: Clinic) -> None:
    dsn = f"postgresql://ada:planted@127.0.0.1:{nowhere()}/flux"
    clinic.monkeypatch.setattr(Database, "open", _not_opened)
    clinic.target = {"dsn": dsn}
    findings = await clinic.examine(database_url=dsn)
    assert findings["Reachable"].state == "bad"
    assert findings["Reachable"].mend.endswith("Its address is in DATABASE_URL.")
    for area in (CONNECTIONS, CLOCK):
        (text,) = [finding for finding in findings.findings if finding.area == area]
        assert (text.state, text.name) == ("warning", "Database needed")
    assert {finding.area for finding in findings.findings} == set(AREAS)
    assert "planted" not in str(findings)


async def _not_opened(db: Database) -> None:
    """Leave it to the first question to find that nobody answers."""
    db._pool = asyncpg.create_pool(**db._target, min_size=0, timeout=2)  # type: ignore[arg-type]
    await db._pool


async def test_a_superuser_is_more_than_is_needed(clinic: Clinic, postgres: EmbeddedPostgres) -> None:
    base, _, query = postgres.superuser_dsn.partition("?")
    clinic.target = {"dsn": f"{base.rpartition('/')[0]}/{clinic.target['database']}?{query}"}
    findings = (await clinic.examine())["Rights"]
    assert (findings.state, "superuser" in findings.what) == ("warning", True)
    assert "CREATE ROLE fluxstudio LOGIN CREATEROLE" in findings.mend


async def test_a_role_that_may_not_act_for_people_is_bad(clinic: Clinic, postgres: EmbeddedPostgres) -> None:
    owner = dict(clinic.target)
    await change(
        {"dsn": postgres.superuser_dsn},
        "DROP ROLE IF EXISTS outsider",
        "CREATE ROLE outsider LOGIN PASSWORD 'not-a-real-password'",
    )
    clinic.target = {**owner, "user": "outsider", "password": "not-a-real-password"}
    assert "correct DATABASE_URL" in str((await clinic.examine()).not_good)
    await change(owner, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO outsider")
    try:
        findings = await clinic.examine()
    finally:
        await change(owner, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM outsider")
    assert findings["Restricted role"].state == "bad"
    assert "GRANT fluxstudio_user TO outsider;" in findings["Restricted role"].mend
    assert "GRANT fluxstudio_runtime TO outsider" in findings["Rights"].what


@pytest.mark.parametrize(
    ("harm", "command"),
    [
        (
            "ALTER TABLE connections DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE connections ENABLE ROW LEVEL SECURITY;",
        ),
        (
            "CREATE VIEW everybody AS SELECT id FROM users; GRANT SELECT ON everybody TO fluxstudio_user",
            "ALTER VIEW everybody SET (security_invoker = true);",
        ),
        (
            "CREATE POLICY open ON sessions TO fluxstudio_user USING (true)",
            "compare its policies with the migrations",
        ),
    ],
)
async def test_a_table_that_shows_people_the_rows_of_others_is_bad(
    clinic: Clinic, harm: str, command: str
) -> None:
    await change(dict(clinic.target), harm)
    findings = (await clinic.examine())["Row security"]
    assert (findings.state, command in findings.mend) == ("bad", True), findings


async def test_migrations_that_wait_were_changed_or_are_ahead_are_told_apart(clinic: Clinic) -> None:
    latest = "(SELECT max(name) FROM schema_migrations WHERE source = 'fluxstudio' AND name ~ '^[0-9]')"
    await change(dict(clinic.target), f"DELETE FROM schema_migrations WHERE name = {latest}")
    waiting = (await clinic.examine())["Migrations"]
    assert (waiting.state, "fluxstudio migrate" in waiting.mend) == ("warning", True)

    await change(dict(clinic.target), f"UPDATE schema_migrations SET sha256 = 'x' WHERE name = {latest}")
    changed = (await clinic.examine())["Migrations"]
    assert (changed.state, "has been changed" in changed.what) == ("bad", True)

    newer_file = "('fluxstudio', '9999_new.sql', '', 9999)"
    ahead = f"INSERT INTO schema_migrations (source, name, sha256, oldest_program) VALUES {newer_file}"
    await change(dict(clinic.target), ahead)
    newer = (await clinic.examine())["Migrations"]
    assert (newer.state, "too old for" in newer.what) == ("bad", True)


async def test_before_the_first_migration_it_says_what_the_role_needs_for_it(
    clinic: Clinic, postgres: EmbeddedPostgres
) -> None:
    bare = f"bare_{clinic.target['database']}"
    await change(
        {"dsn": postgres.superuser_dsn},
        f"DROP ROLE IF EXISTS {bare}",
        f"CREATE ROLE {bare} LOGIN PASSWORD 'not-a-real-password'",
    )
    await change({"dsn": postgres.superuser_dsn}, f"CREATE DATABASE {bare} OWNER {bare} TEMPLATE template0")
    clinic.target = {**clinic.target, "user": bare, "password": "not-a-real-password", "database": bare}
    findings = await clinic.examine()
    assert findings["Migrations"].state == "warning"
    assert findings["Restricted role"].state == "bad"
    assert findings["Restricted role"].mend.endswith(f"GRANT fluxstudio_user TO {bare} WITH ADMIN OPTION;")
    assert "Row security" not in findings


@pytest.mark.parametrize(("ahead", "state"), [(20, "good"), (-20, "good"), (45, "bad"), (-45, "bad")])
async def test_a_clock_that_is_off_the_databases_is_named_with_which_way(
    clinic: Clinic, ahead: int, state: str
) -> None:
    off = SimpleNamespace(time=lambda: time.time() + ahead)
    clinic.monkeypatch.setattr(looked_at, "time", off)
    findings = (await clinic.examine())["Database clock"]
    assert findings.state == state
    if state == "bad":
        assert f"45 s {'ahead of' if ahead > 0 else 'behind'} that of the database" in findings.what
        assert "timedatectl set-ntp true" in findings.mend


@pytest.mark.parametrize(
    ("headers", "state"),
    [
        (lambda: [f"Date: {formatdate(time.time(), usegmt=True)}"], "good"),
        (lambda: [f"Date: {formatdate(time.time() + 90, usegmt=True)}"], "bad"),
        (lambda: [f"Date: {formatdate(time.time() - 90, usegmt=True)}"], "bad"),
        (lambda: [f"Date: {formatdate(time.time() - 90, usegmt=True)}", "Age: 90"], "good"),
    ],
    ids=["right", "ahead", "behind", "from a cache"],
)
async def test_a_providers_date_tells_whether_clocks_agree(clinic: Clinic, headers: Any, state: str) -> None:
    async with host(*headers()) as url:
        assert (await clinic.examine(at(url)))["Linear clock"].state == state


async def test_any_answer_of_a_provider_counts_even_one_without_a_date(clinic: Clinic) -> None:
    async with host() as url:
        findings = await clinic.examine(at(url))
    assert (findings["Linear reachable"].state, findings["Linear"].state) == ("good", "good")
    assert "in place of linear.example and api.linear.example" in findings["Linear reachable"].what
    assert "Linear clock" not in findings


async def test_a_provider_that_cannot_be_reached_or_says_nothing_is_bad_within_seconds(
    clinic: Clinic,
) -> None:
    clinic.monkeypatch.setattr("fluxstudio.flows.doctor.providers.PROVIDER_TIMEOUT_SECONDS", 0.3)
    with mute() as url:
        silent = (await clinic.examine(at(url)))["Linear reachable"]
    gone = (await clinic.examine(at(f"http://127.0.0.1:{nowhere()}")))["Linear reachable"]
    assert (silent.state, silent.what) == ("bad", "127.0.0.1 did not answer within 0.3 s.")
    assert (gone.state, gone.what) == ("bad", "127.0.0.1 cannot be reached.")
    assert gone.mend.endswith("or correct LINEAR_WEB_URL and LINEAR_API_URL.")


async def test_a_provider_that_is_not_set_up_is_never_called(clinic: Clinic) -> None:
    seen = await clinic.examine({"LINEAR_API_URL": f"http://127.0.0.1:{nowhere()}"})
    assert "Linear reachable" not in seen
    assert seen["Linear"].state == "warning"
    assert seen["Linear"].mend.endswith("then set LINEAR_CLIENT_ID and LINEAR_CLIENT_SECRET.")


@pytest.mark.parametrize("half", APP)
async def test_half_an_app_is_bad(clinic: Clinic, half: str) -> None:
    (other,) = set(APP) - {half}
    findings = (await clinic.examine({half: APP[half]}))["Linear"]
    assert (findings.state, f"Set {other}" in findings.mend) == ("bad", True)


async def test_a_placeholder_and_a_missing_webhook_secret_are_named(clinic: Clinic) -> None:
    async with host() as url:
        findings = await clinic.examine({**at(url), "LINEAR_CLIENT_SECRET": "your-client-secret"})
        weak = await clinic.examine({"LINEAR_WEBHOOK_SECRET": "k4"})
    assert findings["LINEAR_CLIENT_SECRET"].state == "bad"
    assert findings["LINEAR_WEBHOOK_SECRET"].what.endswith("every webhook of Linear is refused.")
    assert weak["LINEAR_WEBHOOK_SECRET"].state == "warning"


@pytest.fixture
async def connected(start: Start) -> Running:
    """The product with one connected account."""
    running = await start(packages=("tests.dropin",))
    await running.connect(await running.client(), "linear")
    return running


async def found_in(running: Running) -> Diagnosis:
    """What the doctor finds in a running product."""
    services = running.services
    return Diagnosis(
        await examine(
            Context(
                settings=services.settings, registry=services.registry, http=services.http, db=services.db
            )
        )
    )


async def test_accounts_that_wait_for_their_people_are_counted(connected: Running) -> None:
    assert (await found_in(connected))["Accounts"].what.startswith("1 account is connected")
    await connected.services.db.execute("UPDATE oauth_tokens SET status = 'reauthorize'")
    lost = (await found_in(connected))["Linear to reconnect"]
    assert (lost.state, "1 account" in lost.what, "Reconnect" in lost.mend) == ("warning", True, True)
    await connected.services.db.execute(
        "UPDATE oauth_tokens SET status = 'active', problem = '{}', client_id = 'another-app'"
    )
    result = await found_in(connected)
    assert result["Linear renewal"].state == result["Linear app"].state == "warning"


async def test_tokens_whose_key_is_missing_are_counted_with_the_name_of_the_key(
    connected: Running, clinic: Clinic
) -> None:
    (clinic.home.parent / "encryption.keys").rename(clinic.home.parent / "lost.keys")
    findings = await clinic.examine(encryption_keys=Keyset.new("other").text())
    missing = [finding for finding in findings.findings if finding.area == CONNECTIONS]
    missing = [finding for finding in missing if finding.name != "Administrators"]
    assert [finding.state for finding in missing] == ["bad"]
    assert "“k1”" in missing[0].what
    assert missing[0].mend.startswith("Put it back")


async def test_a_public_address_is_followed_to_see_that_it_leads_here(clinic: Clinic, start: Start) -> None:
    clinic.monkeypatch.setattr(reached, "REACHED_TIMEOUT_SECONDS", PATIENCE_SECONDS)
    running = await start()
    name = "PUBLIC_URL by HTTP"
    assert name not in await clinic.examine()
    good = (await clinic.examine(public_url=running.base))[name]
    assert (good.state, good.what) == ("good", f"{running.base} leads to this installation.")
    elsewhere = running.simulators["github"].url("web")
    place = "/".join(elsewhere.split("/")[:3])
    astray = (await clinic.examine(public_url=place))[name]
    assert (astray.state, "leads elsewhere" in astray.what) == ("bad", True)
    away = (await clinic.examine(public_url=f"http://127.0.0.1:{nowhere()}"))[name]
    assert (away.state, "cannot be reached" in away.what) == ("warning", True)


async def test_a_proxy_that_is_not_believed_is_told_with_what_to_set(clinic: Clinic, start: Start) -> None:
    clinic.monkeypatch.setattr(reached, "REACHED_TIMEOUT_SECONDS", PATIENCE_SECONDS)
    keys = SecretStr(Keyset.new("k1").text())
    running = await start(env="production", public_url="https://flux.example", encryption_keys=keys)
    # As its proxy passes requests on, without being believed that people came by HTTPS.
    address = f"http://127.0.0.1:{running.services.settings.port}"
    findings = (await clinic.examine(public_url=address))["PUBLIC_URL by HTTP"]
    assert (findings.state, "TRUSTED_PROXIES" in findings.mend) == ("bad", True)

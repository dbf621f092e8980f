"""Tokens where they are kept: useless to whoever copies, changes or moves them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from fluxstudio.core.tokens.vault import Vault
from fluxstudio.kit.postgres.embedded import bin_folder
from fluxstudio.kit.sealing import Keyset
from tests.support.planted import Planted, leaked, secrets_of, shapes
from tests.support.running import SECRET, WITH_LINEAR, Running, Start


@pytest.fixture
async def running(own_running: Running) -> Running:
    """A product of each test's own: here they look at its database from outside."""
    return own_running


ISSUES = "/api/integrations/linear/issues/ENG"
SWAP = "UPDATE oauth_tokens a SET {} FROM oauth_tokens b WHERE a.id <> b.id"


def dump_of(database: dict[str, Any]) -> bytes:
    """What `pg_dump` writes of a whole database."""
    command = [bin_folder() / "pg_dump", "--dbname", database["database"], "--no-owner"]
    environment = {
        "PGHOST": database["host"],
        "PGPORT": str(database["port"]),
        "PGUSER": database["user"],
        "PGPASSWORD": database["password"],
    }
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout


@pytest.mark.parametrize("column", ["cause", "steps"])
async def test_a_token_in_a_dump_would_be_found(
    running: Running, database: dict[str, Any], column: str
) -> None:
    """What the next test relies on: the search finds each shape in which a secret could stand in a dump."""
    actor = await running.actor()
    secret = "not-a-real-token-0123456789"
    for shape in shapes(secret):
        await running.services.db.execute("DELETE FROM connect_attempts")
        value: object = shape.decode() if column == "cause" else [{"note": shape.decode()}]
        await running.services.db.execute(
            f"INSERT INTO connect_attempts (id, user_id, provider, {column}) VALUES ($1, $1, '', $2)",
            actor.user_id,
            value,
        )
        assert leaked(dump_of(database), {secret}) == {secret}, shape


async def test_a_dump_of_the_database_holds_no_token(
    start: Start, database: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # R15
    planted = Planted.by(monkeypatch)
    running = await start(packages=WITH_LINEAR)
    ada = await running.client()
    names = [entry.provider.id for entry in running.services.registry]
    for provider in names:
        await running.connect(ada, provider)
        assert (await ada.post(f"/api/integrations/{provider}/refresh")).status_code == 200
        planted.note_begun(await running.begin(ada, provider))
    assert (await ada.get(ISSUES)).status_code == 200
    session = await ada.post("/api/session")
    await running.services.accounts.sign_up("mei@example.com", "not-a-real-password", "Mei")

    mine = {*ada.cookies.values(), "not-a-real-password", SECRET, running.token(), *secrets_of(running)}
    secrets = planted.tokens | planted.passing | mine
    assert len(planted.tokens) >= 2 * len(names)
    assert len(planted.passing) >= 2 * len(names)
    assert session.status_code == 200
    dump = dump_of(database)
    assert b"COPY public.oauth_tokens" in dump
    assert leaked(dump, secrets) == set()

    [keys] = [file for file in tmp_path.rglob("*") if file.name == "encryption.keys"]
    stored = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file != keys]
    assert leaked(b"\n".join(stored), secrets) == set()


async def two_grants(start: Start) -> tuple[Running, Any, Any]:
    running = await start(packages=("tests.dropin",))
    ada, mei = await running.client("ada"), await running.client("mei")
    await running.connect(ada, "linear", choice="lin_ada")
    await running.connect(mei, "linear", choice="lin_mei")
    return running, ada, mei


@pytest.mark.parametrize(
    "change",
    [
        "access_token = b.access_token",
        "data_key = b.data_key",
        "access_token = b.access_token, refresh_token = b.refresh_token, data_key = b.data_key",
        "access_token = a.refresh_token",
        "account_id = a.account_id || '!'",
        "client_id = 'another'",
        "access_token = set_byte(a.access_token, 30, get_byte(a.access_token, 30) # 1)",
        "access_token = 'not sealed at all'",
    ],
    ids=["token", "data key", "whole row", "column", "account", "client", "bit", "plain"],
)
async def test_a_moved_or_changed_token_is_never_used(start: Start, change: str) -> None:  # R13
    """Whoever can write to the database still cannot make one account's token serve another's."""
    running, ada, mei = await two_grants(start)
    before = len(running.seen("linear", "."))
    await running.services.db.execute(SWAP.format(change))
    for person in (ada, mei):
        answer = await person.get(ISSUES)
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE"), answer.text
        assert "Reconnect" in answer.json()["error"]
    assert len(running.seen("linear", ".")) == before


async def test_a_moved_refresh_token_is_never_sent_and_blocks_nobody(start: Start) -> None:  # R13
    running, ada, mei = await two_grants(start)
    await running.services.db.execute(SWAP.format("refresh_token = b.refresh_token"))
    before = len(running.seen("linear", "."))
    for person in (ada, mei, ada):
        answer = await person.post("/api/integrations/linear/refresh")
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE"), answer.text
        assert "Reconnect" in answer.json()["error"]
    assert len(running.seen("linear", ".")) == before
    assert (await ada.get(ISSUES)).status_code == 200


async def test_connecting_again_mends_a_changed_token_and_disconnecting_ends_it(start: Start) -> None:
    running, ada, mei = await two_grants(start)
    await running.services.db.execute("UPDATE oauth_tokens SET access_token = 'changed'")
    await running.connect(ada, "linear", choice="lin_ada")
    assert (await ada.get(ISSUES)).status_code == 200
    ended = await mei.delete("/api/integrations/linear")
    assert (ended.status_code, ended.json()["revoked"]) == (200, False)
    assert "did not confirm" in ended.json()["message"]
    stored = await running.services.db.fetchval("SELECT access_token FROM oauth_tokens WHERE NOT is_active")
    assert stored is None


async def test_a_verifier_moved_to_another_request_is_never_sent(start: Start) -> None:  # R13
    running = await start(packages=("tests.dropin",))
    ada, mei = await running.client("ada"), await running.client("mei")
    backs = [await running.decide(await running.begin(person, "linear")) for person in (ada, mei)]
    await running.services.db.execute(
        "UPDATE oauth_state_tokens a SET verifier = b.verifier FROM oauth_state_tokens b"
        " WHERE a.state_hash <> b.state_hash"
    )
    answer = await ada.get(backs[0])
    assert "status=error&code=UNAVAILABLE" in answer.headers["location"]
    assert not running.seen("linear", "/oauth/token")


async def test_sealed_columns_hold_boxes_under_named_keys(start: Start) -> None:  # R12
    running, _, _ = await two_grants(start)
    rows = await running.services.db.fetch(
        "SELECT id, data_key, access_token, refresh_token FROM oauth_tokens"
    )
    for row in rows:
        assert bytes(row["data_key"]).startswith(b"\x01\x02k1")
        assert {bytes(row[name])[:3] for name in ("access_token", "refresh_token")} == {b"\x01\x09d"}


async def rotated(running: Running, keys: Keyset) -> None:
    """Go on with other key-encryption keys, as after a restart."""
    running.services.vault._keyset = keys


async def test_a_rotation_needs_no_reconnect(start: Start) -> None:  # R16
    running, ada, mei = await two_grants(start)
    old, new = running.services.vault._keyset, Keyset.new("k2")
    await rotated(running, Keyset("k2", {**new.keys, **old.keys}))
    assert (await ada.get(ISSUES)).status_code == 200
    assert (await ada.post("/api/integrations/linear/refresh")).status_code == 200
    assert (await mei.get(ISSUES)).status_code == 200


async def test_a_key_removed_too_early_is_named_and_loses_nothing(start: Start) -> None:  # R16
    running, ada, _ = await two_grants(start)
    old, new = running.services.vault._keyset, Keyset.new("k2")
    await rotated(running, new)
    for ask in (ada.get(ISSUES), ada.post("/api/integrations/linear/refresh")):
        answer = await ask
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE"), answer.text
        assert "“k1”" in answer.json()["error"]
        assert "has to add it again" in answer.json()["error"]
    await rotated(running, Keyset("k2", {**new.keys, **old.keys}))
    assert (await ada.get(ISSUES)).status_code == 200


def test_a_vault_shows_none_of_its_keys() -> None:  # R17
    keyset = Keyset.new()
    shown = repr(Vault(keyset)) + repr(keyset)
    assert leaked(shown, {key.hex() for key in keyset.keys.values()}) == set()

"""`fluxstudio keys`, as an operator runs it while the product is in use."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fluxstudio.core.tokens.vault import TokenOwner
from fluxstudio.kit.sealing import Keyset
from tests.support.commands import Done, begun, fluxstudio
from tests.support.crowd import crowd
from tests.support.process import KEYS
from tests.support.running import Running, Start, started

Target = dict[str, Any]
ISSUES = "/api/integrations/linear/issues/ENG"
SEALED_BY = "SELECT sealed_by, count(*) FROM oauth_tokens WHERE is_active GROUP BY 1 ORDER BY 1"


@pytest.fixture
async def linear(start: Start, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The product with the drop-in provider, and its keys in the data folder."""
    monkeypatch.setattr("fluxstudio.app.SECONDS_BETWEEN_TURNS", 0.1)
    return await start(packages=("tests.dropin",))


async def sealed_by(running: Running) -> dict[str, int]:
    """How many grants each key seals."""
    return {row[0]: row[1] for row in await running.services.db.fetch(SEALED_BY)}


async def test_keys_change_under_a_running_product_that_is_never_restarted(
    linear: Running, database: Target, tmp_path: Path
) -> None:  # R16 F16
    ada, mei = await linear.client("ada"), await linear.client("mei")
    await linear.connect(ada, "linear", choice="lin_ada")

    made = await fluxstudio("keys new", database, tmp_path)
    assert (made.code, made.out) == (0, "")
    assert "Added “k2” to" in made.errors
    await linear.connect(mei, "linear", choice="lin_mei")
    assert await sealed_by(linear) == {"k1": 2}

    rotated = await fluxstudio("keys rotate", database, tmp_path)
    assert (rotated.code, rotated.errors.splitlines()[-1]) == (
        0,
        "Now encrypting with “k2”. Re-encrypted 2 data keys.",
    )
    assert await sealed_by(linear) == {"k2": 2}
    assert linear.services.vault.seals_with == "k2"
    for person in (ada, mei):
        assert (await person.post(ISSUES, json={"title": "Round the corners"})).status_code == 201

    retired = await fluxstudio("keys retire k1", database, tmp_path)
    assert retired.code == 0, retired.errors
    assert re.match(r"k2:[\w-]{43}=\n$", (tmp_path / "encryption.keys").read_text())
    assert (await ada.post("/api/integrations/linear/refresh")).status_code == 200
    assert (await ada.post(ISSUES, json={"title": "Round the corners"})).status_code == 201


async def test_a_rotation_that_was_killed_goes_on_where_it_stopped(
    linear: Running, database: Target, tmp_path: Path
) -> None:  # R16 F16
    owners = await crowd(linear.services.db, linear.services.vault, 1200)
    assert (await fluxstudio("keys new", database, tmp_path)).code == 0

    sweep = await begun("keys rotate --at-a-time 5", database, tmp_path)
    async with asyncio.timeout(60):
        while len(await sealed_by(linear)) < 2:
            await asyncio.sleep(0.005)
    sweep.send_signal(signal.SIGKILL)
    _, text = await sweep.communicate()
    assert re.search(r"of 1,200 data keys are sealed with “k2”", text.decode())
    halfway = (await sealed_by(linear))["k2"]
    assert 0 < halfway < 1200

    done = await fluxstudio("keys rotate", database, tmp_path)
    assert f"Re-encrypted {1200 - halfway:,} data keys." in done.errors
    assert await sealed_by(linear) == {"k2": 1200}
    assert await readable(linear, owners) == 1200


async def readable(running: Running, owners: list[TokenOwner]) -> int:
    """How many of the accounts' tokens open."""
    rows = await running.services.db.fetch("SELECT id, data_key, access_token FROM oauth_tokens")
    boxes = {row["id"]: (row["data_key"], row["access_token"]) for row in rows}
    vault = running.services.vault
    tokens = [vault.open_token(owner, "access_token", *boxes[owner.grant_id]) for owner in owners]
    return tokens.count("not-a-real-token")


async def test_a_configured_key_is_added_everywhere_before_it_seals(
    database: Target, tmp_path: Path
) -> None:  # R16
    """The order with ENCRYPTION_KEYS: add, restart, rotate, retire, delete."""

    async def keys(words: str, configured: str) -> Done:
        return await fluxstudio(f"keys {words}", database, tmp_path, ENCRYPTION_KEYS=configured)

    async with started(database, tmp_path) as start:
        running = await start(packages=("tests.dropin",), encryption_keys=SecretStr(KEYS))
        await running.connect(await running.client(), "linear")
        made = await keys("new", KEYS)
        assert (made.code, made.out.count("\n"), made.out.count("k1:")) == (0, 1, 1)
    both = f"{KEYS},{made.out.strip()}"
    early = await keys("rotate", KEYS)
    assert (early.code, "“k1” is not in ENCRYPTION_KEYS here" in early.errors) == (1, True)
    async with started(database, tmp_path) as start:
        running = await start(packages=("tests.dropin",), encryption_keys=SecretStr(both))
        rotated = await keys("rotate", both)
        assert rotated.code == 0, rotated.errors
        retired = await keys("retire test", both)
        assert "Delete the entry that begins with `test:` from ENCRYPTION_KEYS" in retired.errors
        assert await sealed_by(running) == {"k1": 1}
        listed = await keys("list", made.out.strip())
        assert re.search(r"^k1 +seals +1 +0 .*\ntest +retired ", listed.out, re.MULTILINE)


async def test_a_server_without_a_key_in_use_says_so_instead_of_starting(
    linear: Running, database: Target, tmp_path: Path
) -> None:  # R16
    await linear.connect(await linear.client(), "linear")
    other = Keyset.new("k2").text()
    done = await fluxstudio("serve", database, tmp_path, ENCRYPTION_KEYS=other)
    assert (done.code, done.out) == (os.EX_CONFIG, "")
    assert done.errors.startswith(
        "FluxStudio cannot start:\n"
        "  * This database is sealed with the key “k1”, which ENCRYPTION_KEYS lacks."
    )
    assert done.errors.count("\n") == 2
    assert other[3:] not in done.errors


async def test_the_list_says_what_each_key_is_for_and_never_shows_one(
    linear: Running, database: Target, tmp_path: Path
) -> None:  # R17
    await linear.connect(await linear.client(), "linear")
    made = await fluxstudio("keys new", database, tmp_path)
    listed = await fluxstudio("keys list", database, tmp_path)
    lines = [line.split("  ")[0] for line in listed.out.splitlines()]
    assert lines == ["KEY", "k1", "k2"]
    assert re.search(r"^k1 +seals +1 +0 +1 of 1 ", listed.out, re.MULTILINE)
    assert re.search(r"^k2 +ready to rotate to +0 +0 ", listed.out, re.MULTILINE)
    entries = (tmp_path / "encryption.keys").read_text().strip().split(",")
    for entry in entries:
        assert entry.partition(":")[2][:8] not in listed.out + listed.errors + made.errors


async def test_the_first_key_of_production_needs_nothing_else(tmp_path: Path) -> None:
    nowhere = {"user": "nobody", "password": "", "database": "none", "host": str(tmp_path)}
    made = await fluxstudio(
        "keys new", nowhere, tmp_path, ENV="production", PUBLIC_URL="https://flux.example"
    )
    assert (made.code, len(Keyset.parse(made.out).keys)) == (0, 1)
    assert not (tmp_path / "encryption.keys").exists()


async def test_a_key_that_is_unknown_is_answered_with_those_that_are(
    linear: Running, database: Target, tmp_path: Path
) -> None:
    done = await fluxstudio("keys rotate k9", database, tmp_path)
    assert (done.code, done.errors) == (1, "There is no key “k9”. Known keys: k1.\n")

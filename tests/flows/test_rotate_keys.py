"""Changing keys: nothing is lost, nobody notices, and the database refuses what would lose something."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from fluxstudio.core.connections.connections import StoredConnectionSettings
from fluxstudio.core.secrets import key_source
from fluxstudio.core.tokens.keys import KeyInUse
from fluxstudio.core.tokens.vault import Vault
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.core.webhooks.subscriptions import place
from fluxstudio.flows import rotate_keys as flow
from fluxstudio.flows.rotate_keys import KeyRefused, key_care, new_key, retire, rotate
from fluxstudio.kit.sealing import Keyset
from fluxstudio.settings import Settings, SettingsError
from tests.support.crowd import crowd
from tests.support.keys import care_of
from tests.support.process import dsn_of
from tests.support.running import Running, Start, started

ISSUES = "/api/integrations/linear/issues/ENG"
SEALED_BY = "SELECT sealed_by, count(*) FROM oauth_tokens WHERE is_active GROUP BY 1 ORDER BY 1"
LINEAR = ("tests.dropin",)


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluxstudio.app.SECONDS_BETWEEN_TURNS", 0.05)
    monkeypatch.setattr(flow, "SECONDS_FOR_OTHERS", 1.0)


@pytest.fixture
async def linear(start: Start) -> Running:
    """The product with the drop-in provider, and its keys in the data folder."""
    return await start(packages=LINEAR)


async def sealed_by(running: Running) -> dict[str, int]:
    """How many grants each key seals."""
    return {row[0]: row[1] for row in await running.services.db.fetch(SEALED_BY)}


async def test_a_rotation_seals_no_token_anew_and_asks_no_provider(linear: Running) -> None:  # R16
    await linear.connect(await linear.client(), "linear")
    columns = "SELECT access_token, refresh_token, version, epoch FROM oauth_tokens"
    before, asked = await linear.services.db.fetch(columns), len(linear.seen("linear", "."))
    care = care_of(linear)
    await new_key(care)
    assert (await rotate(care)).rewrapped == 1
    assert await sealed_by(linear) == {"k2": 1}
    assert await linear.services.db.fetch(columns) == before
    assert len(linear.seen("linear", ".")) == asked


async def test_a_refresh_under_way_never_brings_an_old_key_back(linear: Running) -> None:  # R16 F16
    ada = await linear.client()
    connection = await linear.connect(ada, "linear")
    row = await linear.grant_of(connection)
    grants = linear.services.grants
    as_it_was = await grants.read(row["id"])
    assert as_it_was is not None
    epoch = await grants.lease(as_it_was, "somebody", 60)
    assert epoch is not None
    answer = (
        await linear.services.registry["linear"]
        .client(linear.services.http)
        .refresh(as_it_was.refresh_token_in_plain(linear.services.vault) or "", seconds=5)
    )
    care = care_of(linear)
    await new_key(care)
    await rotate(care)
    await retire(care, "k1")
    assert await grants.save_refreshed(as_it_was, epoch, answer)
    assert await sealed_by(linear) == {"k2": 1}
    assert (await ada.post(ISSUES, json={"title": "Round the corners"})).status_code == 201


async def test_two_rotations_at_once_do_the_work_once(linear: Running) -> None:  # R16
    await crowd(linear.services.db, linear.services.vault, 400)
    await new_key(care_of(linear))
    done = await asyncio.gather(*(rotate(care_of(linear), at_a_time=7) for _ in range(2)))
    assert sum(entry.rewrapped for entry in done) == 400
    assert await sealed_by(linear) == {"k2": 400}


async def test_connects_that_come_during_a_rotation_are_swept_too(linear: Running) -> None:  # F16
    """Sealed with the old key a moment before its process heard of the new one."""
    care = care_of(linear)
    await crowd(linear.services.db, linear.services.vault, 20)
    await new_key(care)
    late: list[asyncio.Task[Any]] = []

    def tell(text: str) -> None:
        if not late:
            late.append(asyncio.create_task(more()))

    async def more() -> None:
        ada = await linear.client()
        await linear.connect(ada, "linear")

    await rotate(care, tell=tell, at_a_time=5)
    await asyncio.gather(*late)
    await rotate(care)
    assert await sealed_by(linear) == {"k2": 21}


async def test_nothing_rotates_before_every_process_can_read_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:  # R16
    text = Keyset.new("k1").text()
    linear = await start(packages=LINEAR, encryption_keys=SecretStr(text))
    await linear.connect(await linear.client(), "linear")
    ours = care_of(linear)
    made = await new_key(ours)
    both = linear.services.settings.model_copy(update={"encryption_keys": SecretStr(f"{text},{made.entry}")})
    with pytest.raises(KeyRefused, match=r"do not have the key “k2” yet: .*:\d+\. Add its entry"):
        await rotate(care_of(linear, key_source(both)))
    assert await sealed_by(linear) == {"k1": 1}
    assert linear.services.vault.seals_with == "k1"
    with pytest.raises(KeyRefused, match="“k2” is not in ENCRYPTION_KEYS here"):
        await rotate(ours)


async def test_a_key_in_use_is_not_retired(linear: Running, tmp_path: Path) -> None:  # R16
    ada = await linear.client()
    await linear.connect(ada, "linear")
    care = care_of(linear)
    await new_key(care)
    stored = (tmp_path / "encryption.keys").read_text()
    with pytest.raises(KeyRefused, match="“k1” is the key that seals"):
        await retire(care, "k1")
    await linear.services.db.execute("UPDATE encryption_keys SET sealing_since = now() WHERE id = 'k2'")
    async with asyncio.timeout(60):
        while linear.services.vault.seals_with != "k2":
            await asyncio.sleep(0.02)
    await linear.services.keys.keep_up()
    with pytest.raises(KeyRefused, match=r"data keys of 1 accounts. Run `fluxstudio keys rotate` first"):
        await retire(care, "k1")
    assert (tmp_path / "encryption.keys").read_text() == stored
    assert (await ada.post(ISSUES, json={"title": "Round the corners"})).status_code == 201
    refused = "SELECT count(*) FROM audit_log WHERE action = 'key-retire' AND outcome = 'refused'"
    assert await linear.services.db.fetchval(refused) == 2


async def test_a_connect_under_way_keeps_its_key_until_it_has_ended(linear: Running) -> None:  # R16
    ada = await linear.client()
    back = await linear.decide(await linear.begin(ada, "linear"))
    care = care_of(linear)
    await new_key(care)
    await rotate(care)
    with pytest.raises(KeyRefused, match=r"1 connects under way. They end within 15 minutes"):
        await retire(care, "k1")
    assert "status=success" in (await ada.get(back)).headers["location"]
    assert (await retire(care, "k1")).erased


async def test_a_connect_that_nobody_finished_keeps_no_key(linear: Running) -> None:  # R16
    await linear.begin(await linear.client(), "linear")
    await linear.services.db.execute(
        "UPDATE oauth_state_tokens SET created_at = now() - interval '1 hour',"
        " expires_at = now() - interval '50 minutes'"
    )
    care = care_of(linear)
    await new_key(care)
    await rotate(care)
    assert (await retire(care, "k1")).key_id == "k1"


async def test_the_database_itself_keeps_a_key_in_use(linear: Running) -> None:  # R16
    await linear.connect(await linear.client(), "linear")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await linear.services.db.execute("DELETE FROM encryption_keys WHERE id = 'k1'")


async def test_the_database_takes_nothing_sealed_with_a_retired_key(linear: Running) -> None:  # R16
    care = care_of(linear)
    await new_key(care)
    await rotate(care)
    await retire(care, "k1")
    linear.services.vault.seal_with("k1")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await crowd(linear.services.db, linear.services.vault, 1)


async def test_what_was_tampered_with_is_counted_and_holds_nothing_up(linear: Running) -> None:  # R16
    [broken, *_] = await crowd(linear.services.db, linear.services.vault, 30)
    await linear.services.db.execute(
        "UPDATE oauth_tokens SET data_key = set_byte(data_key, 40, get_byte(data_key, 40) # 1) WHERE id = $1",
        broken.grant_id,
    )
    care = care_of(linear)
    await new_key(care)
    done = await rotate(care, at_a_time=4)
    assert (done.rewrapped, done.unreadable) == (29, 1)
    assert (await retire(care, "k1", give_up=True)).given_up == 1
    assert await sealed_by(linear) == {None: 1, "k2": 29}


async def test_after_a_key_was_lost_its_people_connect_again_and_all_is_well(
    start: Start, database: dict[str, Any], tmp_path: Path
) -> None:  # R16
    async with started(database, tmp_path) as before:
        earlier = await before(packages=LINEAR)
        await earlier.connect(await earlier.client(), "linear")
    (tmp_path / "encryption.keys").unlink()
    with pytest.raises(SettingsError, match=r"is not the one .* `fluxstudio keys retire k1 --give-up`"):
        await start(packages=LINEAR)

    target = SecretStr(dsn_of(database))
    settings = Settings(_env_file=None, database_url=target, fluxstudio_home=tmp_path)  # type: ignore[call-arg]
    async with key_care(settings) as care:
        with pytest.raises(KeyRefused, match="“k1” is the key that seals"):
            await retire(care, "k1")
        done = await retire(care, "k1", give_up=True)
    assert (done.given_up, done.succeeded, done.erased) == (1, True, False)

    linear = await start(packages=LINEAR)
    ada = await linear.client()
    answer = await ada.get(ISSUES)
    assert (answer.status_code, answer.json()["code"]) == (409, "REAUTHORIZATION_REQUIRED")
    await linear.connect(ada, "linear")
    assert (await ada.get(ISSUES)).status_code == 200


@pytest.mark.parametrize("lost", [True, False], ids=["missing", "another"])
async def test_a_process_without_a_key_in_use_does_not_start(
    start: Start, database: dict[str, Any], tmp_path: Path, lost: bool
) -> None:  # R16
    """It would fail calls and seal what others cannot read."""
    async with started(database, tmp_path) as before:
        earlier = await before(packages=LINEAR)
        await earlier.connect(await earlier.client(), "linear")
    keys = SecretStr(Keyset.new("k2" if lost else "k1").text())
    text = "This database is sealed with the key “k1”, which ENCRYPTION_KEYS lacks" if lost else "not the one"
    with pytest.raises(SettingsError, match=text) as refused:
        await start(packages=LINEAR, encryption_keys=keys)
    assert len(refused.value.problems) == 1
    connection = await asyncpg.connect(**database)
    assert [row[0] for row in await connection.fetch("SELECT id FROM encryption_keys")] == ["k1"]
    await connection.close()


async def test_a_machine_with_keys_of_its_own_cannot_join_another(
    start: Start, database: dict[str, Any], tmp_path: Path
) -> None:  # R16
    """Two machines, one database, and each with a key file made by itself: nothing is sealed yet."""
    await start(packages=LINEAR)
    async with started(database, tmp_path / "elsewhere") as elsewhere:
        with pytest.raises(SettingsError, match=r"“k1” in .*elsewhere.* is not the one"):
            await elsewhere(packages=LINEAR)


async def test_a_key_file_made_anew_before_anything_was_sealed_is_taken(
    start: Start, database: dict[str, Any], tmp_path: Path
) -> None:
    async with started(database, tmp_path) as before:
        await before(packages=LINEAR)
    (tmp_path / "encryption.keys").unlink()
    linear = await start(packages=LINEAR)
    await linear.connect(await linear.client(), "linear")
    assert await sealed_by(linear) == {"k1": 1}


async def test_a_key_file_damaged_while_running_stops_nobody(linear: Running, tmp_path: Path) -> None:
    ada = await linear.client()
    (tmp_path / "encryption.keys").write_text("k1:damaged")
    await linear.services.keys.keep_up()
    await linear.connect(ada, "linear")
    assert (await ada.post(ISSUES, json={"title": "Round the corners"})).status_code == 201


async def test_every_change_of_keys_is_in_the_audit_log(linear: Running) -> None:  # R54
    care = care_of(linear)
    await new_key(care)
    await rotate(care)
    await retire(care, "k1")
    rows = await linear.services.db.fetch(
        "SELECT action, subject, outcome, details ->> 'stage' AS stage FROM audit_log ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("key-new", "k2", "done", None),
        ("key-rotate", "k2", "done", "begun"),
        ("key-rotate", "k2", "done", "ended"),
        ("key-retire", "k1", "done", None),
    ]


async def test_webhook_secrets_are_sealed_anew_and_still_prove_events(start: Start) -> None:  # R16
    running = await start()
    services = running.services
    connection = await running.connect(await running.client(), "github")
    memory = StoredConnectionSettings(services.db, services.vault, "github", UUID(connection), {})
    await memory.keep_webhook("7", "not-a-real-webhook-secret", {}, signs=True)
    care = care_of(running)
    await new_key(care)
    with pytest.raises(KeyRefused, match="is the key that seals"):
        await retire(care, "k1")
    assert (await rotate(care)).rewrapped == 2
    assert await services.db.fetchval("SELECT sealed_by FROM webhook_subscriptions") == "k2"
    assert (await retire(care, "k1")).key_id == "k1"
    subscriptions.drop(services.db, "github", "7")
    subscription = await subscriptions.of(services.db, care.vault, "github", "7")
    assert subscription is not None
    assert subscription.secret == "not-a-real-webhook-secret"


async def test_a_key_that_seals_a_webhook_secret_is_not_retired(start: Start) -> None:  # R16
    running = await start()
    services = running.services
    connection = await running.connect(await running.client(), "github")
    memory = StoredConnectionSettings(services.db, services.vault, "github", UUID(connection), {})
    await memory.keep_webhook("7", "not-a-real-webhook-secret", {}, signs=True)
    care = care_of(running)
    await new_key(care)
    await rotate(care)
    sealed = Vault(Keyset("k1", key_source(services.settings).read().keys)).seal_note(
        place("github", "7"), "old"
    )
    await services.db.execute("UPDATE webhook_subscriptions SET secret = $1", sealed)
    with pytest.raises(KeyRefused, match="secrets of 1 webhooks"):
        await retire(care, "k1")
    async with care.keys.alone() as alone:
        with pytest.raises(KeyInUse):
            await care.keys.retire(alone, "k1")
    assert (await retire(care, "k1", give_up=True)).given_up == 0
    assert await services.db.fetchval("SELECT count(*) FROM webhook_subscriptions") == 0

"""Webhooks we registered: what proves their events, and who may have them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from fluxstudio.core.connections.connections import StoredConnectionSettings
from fluxstudio.core.tokens.vault import VaultError
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.kit.signatures import sha256
from tests.support.running import Running

DETAILS = {"endpoint": "https://flux.example/hook"}
SECRET = "not-a-real-webhook-secret"


async def memory_of(
    running: Running, user: str = "ada", provider: str = "github"
) -> StoredConnectionSettings:
    connection = await running.connect(await running.client(user), provider)
    services = running.services
    return StoredConnectionSettings(services.db, services.vault, provider, UUID(connection), {})


async def subscription_of(
    running: Running, webhook_id: str, provider: str = "github"
) -> subscriptions.Subscription:
    services = running.services
    subscription = await subscriptions.of(services.db, services.vault, provider, webhook_id)
    assert subscription is not None
    return subscription


async def test_a_secret_that_signs_is_kept_sealed_and_a_passcode_as_its_digest(running: Running) -> None:
    memory = await memory_of(running)
    await memory.keep_webhook("7", SECRET, DETAILS, signs=True)
    await memory.keep_webhook("8", SECRET, DETAILS)
    signed, passed = await subscription_of(running, "7"), await subscription_of(running, "8")
    assert (signed.secret, signed.passcode_hash) == (SECRET, None)
    assert (passed.secret, passed.passcode_hash) == (None, sha256(SECRET))
    assert signed.account_id == (await running.grant_of(str(memory.connection_id)))["account_id"]
    assert (signed.connection_id, signed.details) == (memory.connection_id, DETAILS)
    assert SECRET not in repr(signed)
    sealed = await running.services.db.fetchval(
        "SELECT secret FROM webhook_subscriptions WHERE webhook_id = '7'"
    )
    assert SECRET.encode() not in sealed


async def test_a_secret_opens_for_its_own_webhook_only(running: Running) -> None:  # R13
    memory = await memory_of(running)
    await memory.keep_webhook("7", SECRET, DETAILS, signs=True)
    await memory.keep_webhook("8", "another", DETAILS, signs=True)
    await running.services.db.execute(
        "UPDATE webhook_subscriptions a SET secret = b.secret FROM webhook_subscriptions b"
        " WHERE a.webhook_id = '8' AND b.webhook_id = '7'"
    )
    with pytest.raises(VaultError):
        await subscription_of(running, "8")


async def test_a_change_here_is_seen_at_once(running: Running) -> None:
    memory, services = await memory_of(running), running.services
    assert await subscriptions.of(services.db, services.vault, "github", "7") is None
    await memory.keep_webhook("7", SECRET, DETAILS, signs=True)
    assert (await subscription_of(running, "7")).secret == SECRET
    await memory.keep_webhook("7", "another", DETAILS, signs=True)
    assert (await subscription_of(running, "7")).secret == "another"
    await memory.forget_webhook("7")
    assert await subscriptions.of(services.db, services.vault, "github", "7") is None


async def test_a_webhook_asked_for_again_costs_no_query(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await memory_of(running)).keep_webhook("7", SECRET, DETAILS, signs=True)
    first = await subscription_of(running, "7")
    await running.services.db.execute("DELETE FROM webhook_subscriptions")
    assert await subscription_of(running, "7") is first
    monkeypatch.setattr(subscriptions, "SUBSCRIPTION_CACHE_SECONDS", 0.0)
    services = running.services
    assert await subscriptions.of(services.db, services.vault, "github", "7") is None


async def test_an_ended_connection_has_no_webhooks(running: Running) -> None:
    ada, services = await running.client(), running.services
    memory = await memory_of(running)
    await memory.keep_webhook("7", SECRET, DETAILS, signs=True)
    await ada.delete("/api/integrations/github")
    assert await subscriptions.of(services.db, services.vault, "github", "7") is None
    assert await subscriptions.all_due(services.db, ["github"], timedelta(0)) == []


async def test_nobody_takes_over_the_webhook_of_somebody_else(running: Running) -> None:
    ada, mei = await memory_of(running, "ada"), await memory_of(running, "mei")
    await ada.keep_webhook("7", SECRET, DETAILS, signs=True)
    await mei.keep_webhook("7", "mine now", DETAILS, signs=True)
    await mei.forget_webhook("7")
    assert (await subscription_of(running, "7")).secret == SECRET


async def test_a_webhook_that_is_due_goes_to_one_caller_and_then_rests(running: Running) -> None:
    memory, db = await memory_of(running), running.services.db
    await memory.keep_webhook("7", SECRET, DETAILS, signs=True)
    await memory.keep_webhook("8", SECRET, DETAILS, signs=True)
    rest = timedelta(minutes=10)
    [first] = await subscriptions.all_due(db, ["github"], rest, most=1)
    [second] = await subscriptions.all_due(db, ["github"], rest)
    assert {first.webhook_id, second.webhook_id} == {"7", "8"}
    assert first.secret is None
    assert await subscriptions.all_due(db, ["github"], rest) == []
    assert len(await subscriptions.all_due(db, ["github"], timedelta(0))) == 2
    assert await subscriptions.all_due(db, ["figma"], timedelta(0)) == []


async def test_people_see_what_is_missing_and_never_the_secret(running: Running) -> None:
    memory, db = await memory_of(running), running.services.db
    await memory.keep_webhook("7", SECRET, DETAILS, signs=True)
    await subscriptions.save_missed_deliveries(db, await subscription_of(running, "7"), {"missing": 2})
    assert (await subscription_of(running, "7")).missed_deliveries == {"missing": 2}
    async with db.as_user((await running.actor()).user_id) as person:
        assert await person.fetchval("SELECT gap FROM webhook_subscriptions") == {"missing": 2}
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await person.fetchval("SELECT secret FROM webhook_subscriptions")

"""Processes of the version before run beside this one: each knows what the other has kept and begun."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from fluxstudio.core.webhooks.events import key_of, new_id
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.automations.runs.executor import run_one
from fluxstudio.flows.webhooks.deduplication import KeyMaker
from fluxstudio.flows.webhooks.ingest import WebhookIngest
from fluxstudio.flows.webhooks.process import Processing
from fluxstudio.kit.json import encode
from fluxstudio.providers.github.webhooks.webhook import WEBHOOK
from tests.support.automating import Automating
from tests.support.running import Running
from tests.support.sources import deliver, hook_of, issue, people, rule, runs_of, signed
from tests.support.webhooks import github_event


@pytest.fixture
async def running(own_running: Running) -> Running:
    """A product of each test's own: here they change its tables."""
    return own_running


BEGUN_BEFORE = (
    "INSERT INTO automation_runs (automation_id, version, event_id) VALUES ($1, 1, $2) RETURNING id"
)
BEGUN_BY_HAPPENING = (
    "INSERT INTO automation_runs (automation_id, version, event_id, happening) VALUES ($1, 1, $2, $3) "
    "ON CONFLICT DO NOTHING"
)
ISSUE = {
    "action": "opened",
    "issue": {"number": 7, "title": "Heron", "updated_at": "2026-11-29T10:00:00Z"},
    "repository": {"id": 80012, "owner": {"id": 58301, "type": "User"}},
    "sender": {"id": 58301, "login": "ada-park", "type": "User"},
}
MESSAGE = {
    "type": "event_callback",
    "event": {"type": "message", "channel_type": "channel", "text": "Ready."},
}
RULE = {
    "when": {"event": "slack.message"},
    "do": {"operation": "slack.message", "arguments": {"channel": "C0DESIGN01", "text": "Seen."}},
}


def as_before(running: Running, provider: str, delivery: str, **further: Any) -> dict[str, Any]:
    """An event as the version before hands it to the database."""
    return {
        "id": str(new_id(running.services.clock.now())),
        "key": key_of(provider, delivery, None),
        "second_key": None,
        "provider": provider,
        "delivery_key": delivery,
        "event_type": "issues",
        "account_id": None,
        "subscription": None,
        "order_key": None,
        "payload": ISSUE,
        **further,
    }


async def kept_before(running: Running, event: dict[str, Any]) -> list[UUID]:
    new: list[UUID] = await running.services.db.fetchval(
        "SELECT keep_events($1, 'event', 20)", msgspec.to_builtins([event])
    )
    return new


async def kept_now(running: Running, delivery: str) -> bool:
    body, headers = github_event("issues", ISSUE, delivery=delivery)
    return not (await WebhookIngest(running.services).ingest("github", "webhook", headers, body)).duplicate


@pytest.fixture
async def automating(running: Running) -> Automating:
    """Somebody is connected, so that a version before may have been running."""
    made = await Automating.begin(running, "ada", "slack")
    await running.services.db.execute(
        "UPDATE event_revision SET two_versions_until = now() + interval '1 day'"
    )
    return made


@pytest.mark.parametrize("first", ["before", "now"])
async def test_a_delivery_that_one_version_has_kept_is_known_to_the_other(
    running: Running, automating: Automating, first: str
) -> None:
    delivery = str(uuid4())
    event = as_before(running, "github", delivery)
    if first == "before":
        assert await kept_before(running, event) == [UUID(event["id"])]
        assert not await kept_now(running, delivery)
    else:
        assert await kept_now(running, delivery)
        assert await kept_before(running, event) == []
    assert await running.services.db.fetchval("SELECT count(*) FROM integration_webhooks") == 1
    assert await kept_now(running, str(uuid4())) is (first == "before")


async def test_webhooks_of_others_do_not_make_a_delivery_known(
    running: Running, automating: Automating
) -> None:
    delivery = str(uuid4())
    assert await kept_before(running, as_before(running, "github", delivery, subscription="71"))
    assert await kept_now(running, delivery)


async def test_nothing_is_written_down_for_a_version_that_cannot_be_there(running: Running) -> None:
    assert await kept_now(running, str(uuid4()))
    assert await running.services.db.fetchval("SELECT count(*) FROM former_webhook_keys") == 0


async def test_a_run_that_the_version_before_began_finds_its_event(
    running: Running, automating: Automating
) -> None:
    db = running.services.db
    rule = await automating.make(RULE)
    account = (await running.grant_of(automating.connections["slack"]))["account_id"]
    event = as_before(running, "slack", "Ev1", event_type="message", account_id=account, payload=MESSAGE)
    [event_id] = await kept_before(running, event)
    run = await db.fetchval(BEGUN_BEFORE, UUID(rule), event_id)
    user = await db.fetchval("SELECT user_id FROM automations")
    visible = "SELECT count(*) FROM integration_webhooks WHERE id = $1"
    async with db.as_user(user) as connected:
        assert await connected.fetchval(visible, event_id) == 1
    await run_one(running.services, run)
    assert await db.fetchval("SELECT status FROM automation_runs WHERE id = $1", run) == "done"
    assert await db.fetchval("SELECT audience FROM integration_webhooks WHERE id = $1", event_id) == ""
    other = await running.actor("mei")
    async with db.as_user(other.user_id) as connected:
        assert await connected.fetchval(visible, event_id) == 0


async def test_a_run_for_a_private_conversation_that_its_user_is_not_in_comes_to_nothing(  # R62
    running: Running, automating: Automating
) -> None:
    db = running.services.db
    rule = await automating.make(RULE)
    account = (await running.grant_of(automating.connections["slack"]))["account_id"]
    inner = {**MESSAGE["event"], "channel_type": "group", "channel": "G0UNKNOWN1"}  # type: ignore[dict-item]
    event = as_before(
        running,
        "slack",
        "Ev2",
        event_type="message",
        account_id=account,
        payload={**MESSAGE, "event": inner},
    )
    [event_id] = await kept_before(running, event)
    run = await db.fetchval(BEGUN_BEFORE, UUID(rule), event_id)
    await run_one(running.services, run)
    ended = await db.fetchrow("SELECT status, problem FROM automation_runs WHERE id = $1", run)
    assert ended is not None
    assert (ended["status"], ended["problem"]["code"]) == ("skipped", "EVENT_GONE")


@pytest.mark.parametrize("first", ["before", "now"])
async def test_one_happening_told_by_two_webhooks_to_two_versions_runs_a_rule_once(  # R64
    running: Running, first: str
) -> None:
    """The version before handles what one webhook brings, this one what another does."""
    ada = (await people(running, "ada"))["ada"]
    made, delivery, db = UUID(await rule(ada)), str(uuid4()), running.services.db
    secrets = {hook: await hook_of(running, "ada", hook) for hook in ("71", "72")}
    account = await db.fetchval("SELECT account_id FROM oauth_tokens WHERE provider = 'github'")
    payload = issue()
    happening = KeyMaker("github", WEBHOOK, "71").of_delivery(
        {"x-github-delivery": delivery, "x-github-event": "issues"}, payload, encode(payload)
    )

    async def before() -> None:
        event = as_before(
            running,
            "github",
            delivery,
            key=happening.key,
            subscription="71",
            account_id=account,
            payload=payload,
            happening=happening.happening,
        )
        [event_id] = await kept_before(running, event)
        await db.execute(BEGUN_BY_HAPPENING, made, event_id, UUID(happening.happening))

    async def now() -> None:
        await deliver(running, signed("issues", payload, "72", secrets["72"], delivery=delivery))
        last = await db.fetchval("SELECT id FROM integration_webhooks WHERE subscription = '72'")
        await Processing(running.services, triggers.start_runs).event(last)

    for step in (before, now) if first == "before" else (now, before):
        await step()
    assert await runs_of(ada, str(made)) == 1
    assert await db.fetchval("SELECT count(*) FROM integration_webhooks") == 2

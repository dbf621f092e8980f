"""What one user's own secret proves counts for that user alone; all else needs the app's secret."""

from __future__ import annotations

from uuid import UUID, uuid4

import msgspec
import pytest

from fluxstudio.core.webhooks.events import key_of, new_id
from fluxstudio.errors import RateLimited
from fluxstudio.flows.visibility.conversations import determine_older
from fluxstudio.flows.webhooks.ingest import WebhookIngest
from tests.support.running import Running, Start
from tests.support.sources import (
    POST,
    deliver,
    handle_everything,
    hook_of,
    issue,
    people,
    rule,
    runs_of,
    seen,
    signed,
)
from tests.support.webhooks import Request, figma_event, github_event


async def test_an_event_proven_by_ones_own_secret_is_for_nobody_else(running: Running) -> None:  # R63
    clients = await people(running, "ada", "mei")
    rules = {name: await rule(client) for name, client in clients.items()}
    secret = await hook_of(running, "ada", "71")
    await deliver(running, signed("issues", issue(), "71", secret))
    await handle_everything(running)
    assert [len(await seen(clients[name])) for name in ("ada", "mei")] == [1, 0]
    assert [await runs_of(clients[name], rules[name]) for name in ("ada", "mei")] == [1, 0]


async def test_an_event_proven_by_the_apps_secret_is_for_everybody_of_its_account(  # R63
    running: Running,
) -> None:
    clients = await people(running, "ada", "mei")
    rules = {name: await rule(client) for name, client in clients.items()}
    [grant] = await running.services.db.fetch("SELECT account_id FROM oauth_tokens WHERE provider = 'github'")
    owner = {"owner": {"id": int(grant["account_id"]), "type": "User"}}
    payload = issue()
    await deliver(
        running, github_event("issues", {**payload, "repository": {**payload["repository"], **owner}})
    )
    await handle_everything(running)
    assert [len(await seen(clients[name])) for name in ("ada", "mei")] == [1, 1]
    assert [await runs_of(clients[name], rules[name]) for name in ("ada", "mei")] == [1, 1]


async def test_nobodys_access_ends_by_what_a_users_own_secret_proves(running: Running) -> None:  # R63
    await people(running, "ada", "mei")
    account = await running.services.db.fetchval(
        "SELECT account_id FROM oauth_tokens WHERE provider = 'github'"
    )
    secret = await hook_of(running, "mei", "72")
    ending = {"action": "revoked", "sender": {"id": int(account), "type": "User"}}
    await deliver(running, signed("github_app_authorization", ending, "72", secret))
    await handle_everything(running)
    status = "SELECT status FROM oauth_tokens WHERE provider = 'github'"
    assert await running.services.db.fetchval(status) == "active"
    await deliver(running, github_event("github_app_authorization", ending))
    await handle_everything(running)
    assert await running.services.db.fetchval(status) == "reauthorize"


async def test_two_peoples_webhooks_both_bring_an_event_that_has_one_delivery_id(  # R64
    running: Running,
) -> None:
    clients = await people(running, "ada", "mei")
    delivery = str(uuid4())
    for name, hook in (("ada", "71"), ("mei", "72")):
        secret = await hook_of(running, name, hook)
        request = signed("issues", issue(), hook, secret, delivery=delivery)
        for _ in range(2):
            await deliver(running, request)
    for client in clients.values():
        assert [event["eventId"] for event in await seen(client)] == [delivery]


async def test_a_captured_delivery_counts_once_whatever_id_or_hook_it_comes_under(  # R64
    running: Running,
) -> None:
    [ada] = (await people(running, "ada")).values()
    automation = await rule(ada)
    secret = await hook_of(running, "ada", "71")
    body, headers = signed("issues", issue(), "71", secret)
    await deliver(running, (body, headers))
    for number in range(20):
        await deliver(running, (body, headers | {"x-github-delivery": str(uuid4())}))
        await deliver(running, (body, headers | {"x-github-hook-id": str(number)}), status=401)
    await handle_everything(running)
    assert len(await seen(ada)) == 1
    assert await runs_of(ada, automation) == 1


@pytest.mark.parametrize("name", ["push", "issue_comment", "pull_request", "repository", "ping"])
async def test_a_body_is_not_taken_for_another_type_than_its_own(running: Running, name: str) -> None:  # R64
    body, headers = github_event("issues", issue())
    await deliver(running, (body, headers | {"x-github-event": name}), status=400)
    await deliver(running, (body, headers))


async def test_one_happening_told_by_two_webhooks_starts_a_rule_once(running: Running) -> None:  # R64
    [ada] = (await people(running, "ada")).values()
    automation, delivery = await rule(ada), str(uuid4())
    for hook, further in (("71", {}), ("72", {"organization": {"id": 4, "login": "harbour-pine"}})):
        secret = await hook_of(running, "ada", hook)
        await deliver(running, signed("issues", {**issue(), **further}, hook, secret, delivery=delivery))
    await handle_everything(running)
    assert len(await seen(ada)) == 2
    assert await runs_of(ada, automation) == 1


async def test_a_comment_told_by_a_teams_and_a_files_webhook_starts_a_rule_once(  # R64
    running: Running,
) -> None:
    ada = await running.client("ada")
    await running.connect(ada, "figma")
    await running.connect(ada, "slack")
    definition = {"when": {"event": "figma.FILE_COMMENT"}, "do": POST}
    made = await ada.post("/api/automations", json={"name": "A rule", "definition": definition})
    for hook in ("91", "92"):
        passcode = await hook_of(running, "ada", hook, "figma")
        await deliver(
            running, figma_event(webhook_id=hook, passcode=passcode, file_key="tide", comment_id="7"), "figma"
        )
    await handle_everything(running)
    assert await runs_of(ada, made.json()["id"]) == 1


async def test_events_of_one_source_hold_up_none_of_another(running: Running) -> None:  # R63
    await people(running, "ada", "mei")
    mine, others = await hook_of(running, "mei", "72"), await hook_of(running, "ada", "71")
    await deliver(running, signed("issues", issue(), "72", mine))
    await deliver(running, signed("issues", {**issue(), "n": 2}, "71", others))
    keys = await running.services.db.fetch("SELECT order_key FROM integration_webhooks ORDER BY id")
    assert len({row["order_key"] for row in keys}) == 2


async def test_what_an_earlier_release_kept_is_known_again(running: Running) -> None:  # R31
    [ada] = (await people(running, "ada")).values()
    secret, delivery = await hook_of(running, "ada", "71"), str(uuid4())
    request = signed("issues", issue(), "71", secret, delivery=delivery)
    await deliver(running, request)
    # As it was kept before a key named the webhook and the body.
    db = running.services.db
    await db.execute(
        "UPDATE webhook_keys SET key = $1, second_key = NULL", UUID(key_of("github", delivery, None))
    )
    await deliver(running, request)
    assert len(await seen(ada)) == 1


async def test_an_event_of_the_release_before_counts_for_the_owner_of_its_webhook(running: Running) -> None:
    clients = await people(running, "ada", "mei")
    await hook_of(running, "ada", "71")
    account = await running.services.db.fetchval(
        "SELECT account_id FROM oauth_tokens WHERE provider = 'github'"
    )
    former = {
        "id": str(new_id(running.services.clock.now())),
        "key": uuid4().hex,
        "second_key": None,
        "provider": "github",
        "delivery_key": "d",
        "event_type": "issues",
        "account_id": account,
        "subscription": "71",
        "order_key": None,
        "payload": issue(),
    }
    await running.services.db.fetchval("SELECT keep_events($1, 'event', 20)", msgspec.to_builtins([former]))
    # Whom of the account it concerns that release did not say, so nobody sees it before that is determined.
    assert await determine_older(running.services) == 1
    assert [len(await seen(clients[name])) for name in ("ada", "mei")] == [1, 0]


async def test_a_users_own_webhooks_have_a_limit_and_the_apps_events_are_kept(  # R61
    start: Start,
) -> None:
    running = await start(events_per_account_per_day=3)
    [ada] = (await people(running, "ada")).values()
    secret = await hook_of(running, "ada", "71")
    reception = WebhookIngest(running.services)

    async def receive(request: Request) -> None:
        body, headers = request
        await reception.ingest("github", "webhook", headers, body)

    for number in range(3):
        await receive(signed("issues", issue(number), "71", secret))
    await reception.usage.flush()
    with pytest.raises(RateLimited):
        await receive(signed("issues", issue(9), "71", secret))
    await receive(github_event("issues", issue(10)))
    [entry] = (await ada.get("/api/webhooks/usage")).json()["usage"]
    assert (entry["events"], entry["eventsLimit"], entry["exceeded"]) == (3, 3, True)
    assert len(await seen(ada)) == 4

"""The manifest registers an app that can do what we ask of it, and hears what we listen for."""

from __future__ import annotations

import json
from typing import Any

from fluxstudio.core.registry import discover
from fluxstudio.providers.slack import slack as provider
from fluxstudio.sdk import Installation
from tests.support.running import Running
from tests.support.webhooks import slack

PLACE = Installation(
    public_url="https://flux.example",
    redirect_uri="https://elsewhere.example/back",
    webhook_url="https://flux.example/hook",
)


def manifest() -> dict[str, Any]:
    assert provider.app.manifest is not None
    result: dict[str, Any] = json.loads(provider.app.manifest(PLACE))
    return result


def test_it_asks_for_the_permissions_that_the_provider_declares() -> None:
    declared = [scope.name for scope in provider.oauth.described_scopes()]
    assert manifest()["oauth_config"]["scopes"] == {"bot": declared}
    assert set(provider.oauth.asked_scopes()) <= set(declared)


def test_it_leads_back_to_the_addresses_of_the_installation() -> None:
    assert manifest()["oauth_config"]["redirect_urls"] == [PLACE.redirect_uri]
    assert manifest()["settings"]["event_subscriptions"]["request_url"] == PLACE.webhook_url


async def test_it_sends_clicks_to_an_address_that_takes_them(running: Running) -> None:
    address = manifest()["settings"]["interactivity"]["request_url"]
    assert manifest()["settings"]["interactivity"]["is_enabled"]
    form = b"payload=%7B%22type%22%3A%22block_actions%22%2C%22team%22%3A%7B%22id%22%3A%22T1%22%7D%7D"
    body, headers = slack(form)
    client = await running.client(None)
    answer = await client.post(address.removeprefix(PLACE.public_url), content=body, headers=headers)
    assert answer.status_code == 200, answer.text


def test_it_subscribes_only_to_events_that_are_understood_here() -> None:
    assert provider.webhooks is not None
    events = manifest()["settings"]["event_subscriptions"]["bot_events"]
    assert events
    assert {event.partition(".")[0] for event in events} <= set(provider.webhooks.events)


def test_providers_say_where_their_apps_are_registered() -> None:
    assert all(entry.app.console and entry.app.console.startswith("https://") for entry, _ in discover())

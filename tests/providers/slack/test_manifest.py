"""The manifest registers an app that can do what we ask of it, and hears what we listen for."""

from __future__ import annotations

import json
from typing import Any

from fluxstudio.core.registry import discover
from fluxstudio.providers.slack import slack
from fluxstudio.sdk import Installation

PLACE = Installation(
    public_url="https://flux.example",
    redirect_uri="https://elsewhere.example/back",
    webhook_url="https://flux.example/hook",
)


def manifest() -> dict[str, Any]:
    assert slack.manifest is not None
    found: dict[str, Any] = json.loads(slack.manifest(PLACE))
    return found


def test_it_asks_for_the_permissions_that_the_provider_declares() -> None:
    declared = [scope.name for scope in slack.oauth.described_scopes()]
    assert manifest()["oauth_config"]["scopes"] == {"bot": declared}
    assert set(slack.oauth.asked_scopes()) <= set(declared)


def test_it_leads_back_to_the_addresses_of_the_installation() -> None:
    assert manifest()["oauth_config"]["redirect_urls"] == [PLACE.redirect_uri]
    assert manifest()["settings"]["event_subscriptions"]["request_url"] == PLACE.webhook_url


def test_it_subscribes_only_to_events_that_are_understood_here() -> None:
    assert slack.webhook is not None
    events = manifest()["settings"]["event_subscriptions"]["bot_events"]
    assert events
    assert {event.partition(".")[0] for event in events} <= set(slack.webhook.events)


def test_providers_say_where_their_apps_are_registered() -> None:
    assert all(provider.console and provider.console.startswith("https://") for provider, _ in discover())

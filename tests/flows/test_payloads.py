"""What is stored of an event opens nothing, and however large it is, a list of events does not read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest

from fluxstudio.core.events import Events, new_id
from fluxstudio.core.registry import discover
from fluxstudio.flows.revision import revise
from fluxstudio.kit.json import without_fields
from tests.flows.test_receive import send
from tests.support.deliveries import deliveries
from tests.support.running import WITH_LINEAR, Running
from tests.support.webhooks import github_event, slack

EVENTS = "/api/webhooks/events"
CLICK: dict[str, Any] = {
    "type": "block_actions",
    "team": {"id": "T0HARBOUR1"},
    "user": {"id": "U0MEI00001", "name": "mei"},
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    "response_url": "https://hooks.slack.com/actions/T0/1/secret",
    "response_urls": [{"response_url": "https://hooks.slack.com/app/T0/2/secret"}],
    "interactivity": {"interactivity_pointer": "13345224609.738474920.pointer"},
    "function_data": {"bot_access_token": "not-a-real-token"},
    "token": "not-a-real-verification-token",
}
OPENS = ("13345224609", "hooks.slack.com", "not-a-real", "pointer")
OLD = """
INSERT INTO integration_webhooks (id, provider, delivery_key, event_type, account_id, payload)
VALUES ($1, 'slack', $2, 'block_actions', 'T0HARBOUR1', $3)
"""


def names_in(value: Any) -> set[str]:
    """The names of all fields, at any depth."""
    if isinstance(value, Mapping):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("provider", ["figma", "github", "slack"])
def test_no_request_known_of_a_provider_leaves_what_opens_something(provider: str) -> None:
    [(webhook, package)] = [
        (entry.webhook, package) for entry, package in discover(WITH_LINEAR) if entry.id == provider
    ]
    assert webhook is not None
    for delivery in deliveries(package):
        kept = without_fields(delivery.read(webhook), webhook.opens_something)
        assert not names_in(kept) & webhook.opens_something


async def test_what_opens_something_is_stored_nowhere(running: Running) -> None:
    form = b"payload=" + quote(msgspec.json.encode(CLICK).decode()).encode()
    client = await running.client(None)
    for _ in range(2):
        assert (await send(client, "slack", slack(form), "interactive")).status_code == 200
    [row] = await running.services.db.fetch("SELECT to_jsonb(e)::text AS row FROM integration_webhooks e")
    assert [text for text in OPENS if text in row["row"]] == []
    assert "U0MEI00001" in row["row"]


async def test_what_earlier_releases_stored_is_gone_through(running: Running) -> None:
    db, event = running.services.db, new_id(running.services.clock.now() - 3600)
    await db.execute(OLD, event, CLICK["trigger_id"], CLICK)
    assert await revise(running.services) == 1
    [row] = await db.fetch("SELECT to_jsonb(e)::text AS row FROM integration_webhooks e")
    assert [text for text in OPENS if text in row["row"]] == []
    assert await revise(running.services) == 0


def large(number: int, megabytes: float) -> Any:
    padding = "x" * round(megabytes * 1024 * 1024)
    return github_event(
        "push", {"ref": "refs/heads/main", "n": number, "sender": {"login": "ada"}, "x": padding}
    )


async def test_lists_read_no_large_payload(running: Running) -> None:  # R61
    client, admin = await running.client(None), await running.client("root", role="admin")
    for number in range(3):
        assert (await send(client, "github", large(number, 2))).status_code == 200
    page = await Events(running.services.db).page(None, limit=10)
    assert [event.payload for event in page] == [None] * 3
    shown = (await admin.get(EVENTS)).json()["events"]
    assert all("ada" in event["text"] for event in shown), [event["text"] for event in shown]


async def test_a_large_payload_is_shown_in_part_and_sent_whole(running: Running) -> None:  # R61
    client, admin = await running.client(None), await running.client("root", role="admin")
    assert (await send(client, "github", large(1, 2))).status_code == 200
    [event] = (await admin.get(EVENTS)).json()["events"]
    detail = (await admin.get(f"{EVENTS}/{event['id']}")).json()
    assert (detail["payload"], detail["truncated"]) == (None, True)
    whole = await admin.get(detail["payloadUrl"])
    assert len(whole.json()["x"]) == 2 * 1024 * 1024
    one = await Events(running.services.db).one(None, UUID(event["id"]))
    assert one is not None
    assert len(one[0].excerpt or "") == 60_000
    mei = await running.client("mei")
    assert (await mei.get(detail["payloadUrl"])).status_code == 404

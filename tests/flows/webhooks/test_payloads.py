"""What is stored of an event opens nothing, and however large it is, a list of events does not read it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
import pytest

from fluxstudio.core.registry import discover
from fluxstudio.core.webhooks.events import Events, new_id
from fluxstudio.flows.webhooks.revision import revise
from fluxstudio.kit.json import without_fields
from tests.support.deliveries import deliveries
from tests.support.receiving import send
from tests.support.running import WITH_LINEAR, Running
from tests.support.sources import deliver, handle_everything, rule, runs_of
from tests.support.webhooks import SHARED_SECRET, github_event, names_in, slack

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


@pytest.mark.parametrize("provider", ["figma", "github", "slack"])
def test_no_request_known_of_a_provider_leaves_what_opens_something(provider: str) -> None:
    [(webhook, package)] = [
        (entry.webhooks, package) for entry, package in discover(WITH_LINEAR) if entry.id == provider
    ]
    assert webhook is not None
    for delivery in deliveries(package):
        stored = without_fields(delivery.read(webhook), webhook.opens_something)
        assert not names_in(stored) & webhook.opens_something


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


# Half a character, NUL, numbers beyond every type, a byte order mark: what strict readers refuse.
STRANGE = (
    b'\xef\xbb\xbf{"action":"opened","issue":{"number":77,"title":"cut \\ud83d here\\u0000","user":null,'
    b'"body":null,"big":123456789012345678901234567890,"huge":1e999,"tiny":1e-999},"repository":{"id":1,'
    b'"full_name":"ada-park/sketchbook","private":true,"owner":{"id":58301,"type":"User"}},'
    b'"sender":{"id":58301,"login":"ada-park"}}'
)


@pytest.mark.parametrize("as_form", [False, True])
async def test_whatever_is_json_to_its_sender_is_kept_shown_and_starts_rules(
    running: Running, as_form: bool
) -> None:
    ada = await running.client("ada")
    await running.connect(ada, "github", choice="ada-park")
    await running.connect(ada, "slack")
    automation = await rule(ada)
    body = urlencode({"payload": STRANGE}).encode() if as_form else STRANGE
    _, headers = github_event("issues", {})
    proof = hmac.new(SHARED_SECRET.encode(), body, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded" if as_form else "application/json"
    signed = {**headers, "x-hub-signature-256": f"sha256={proof}", "content-type": kind}
    await deliver(running, (body, signed))
    await handle_everything(running)
    [event] = (await ada.get("/api/webhooks/events", params={"provider": "github"})).json()["events"]
    assert event["text"].startswith("ada-park opened issue #77")
    detail = (await ada.get(f"/api/webhooks/events/{event['id']}")).json()
    assert detail["payload"]["issue"]["title"] == "cut \ufffd here\ufffd"
    assert (await ada.get(f"/activity/{event['id']}")).status_code in {200, 303}
    assert await runs_of(ada, automation) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("interactive", b"payload=%7B%22type%22%3A%22shortcut%22%2C%22n%22%3A%22a%ED%A0%BDb%22%7D"),
        ("interactive", b"payload=%7B%22type%22%3A%22shortcut%22%2C%22n%22%3A%22a%5Cud83db%22%7D"),
        ("command", b"command=%2Fflux&text=a%ED%A0%BDb&team_id=T0HARBOUR1&trigger_id=1"),
    ],
)
async def test_half_a_character_in_a_form_of_slacks_loses_nothing(
    running: Running, path: str, body: bytes
) -> None:
    raw, signed = slack(body)
    headers = signed | {"content-type": "application/x-www-form-urlencoded"}
    client = await running.client(None)
    answer = await client.post(f"/api/integrations/slack/{path}", content=raw, headers=headers)
    assert answer.status_code == 200, answer.text
    stored = await running.services.db.fetchval("SELECT payload::text FROM integration_webhooks")
    assert "\ufffd" in stored

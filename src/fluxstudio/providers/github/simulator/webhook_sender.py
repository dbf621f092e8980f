"""The events a simulated GitHub sends, in the shapes of its OpenAPI document.

Headers, and that nothing is sent again by itself: docs.github.com “Webhook events and payloads” and “Handling
failed webhook deliveries”, read 2026-11-22.
"""

from __future__ import annotations

import hmac
import random
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from fluxstudio.kit.signatures import hmac_sha256_hex
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository, node_id
from fluxstudio.sdk.simulation import OutgoingWebhook, Simulator

ZEN = "Design for failure."
OF_AN_ORGANISATION = {
    "repos_url": "repos",
    "events_url": "events",
    "hooks_url": "hooks",
    "issues_url": "issues",
    "members_url": "members{/member}",
    "public_members_url": "public_members{/member}",
}


def hooks_of(simulator: Simulator) -> dict[str, Json]:
    """Every webhook, by id."""
    hooks: dict[str, Json] = simulator.world.data.setdefault("hooks", {})
    return hooks


def signed(simulator: Simulator, outgoing: OutgoingWebhook) -> tuple[Mapping[str, str], bytes]:
    """GitHub's headers; the signature is that of the secret the webhook has by now."""
    hook = hooks_of(simulator).get(outgoing.webhook, {})
    body = msgspec.json.encode(outgoing.payload)
    kind = "application/json"
    if hook.get("content_type") == "form":
        body, kind = urlencode({"payload": body.decode()}).encode(), "application/x-www-form-urlencoded"
    headers = {
        "accept": "*/*",
        "content-type": kind,
        "user-agent": "GitHub-Hookshot/5177127",
        "x-github-delivery": outgoing.key,
        "x-github-event": outgoing.event,
        "x-github-hook-id": outgoing.webhook,
        "x-github-hook-installation-target-id": str(outgoing.about["repository"]),
        "x-github-hook-installation-target-type": "repository",
    }
    if hook.get("secret"):
        headers["x-hub-signature-256"] = f"sha256={hmac_sha256_hex(hook['secret'], body)}"
        # For receivers of old; still sent (GitHub changelog of 2020-10-26).
        headers["x-hub-signature"] = f"sha1={hmac.digest(hook['secret'].encode(), body, 'sha1').hex()}"
    return headers, body


def tell(simulator: Simulator, view: ViewedRepository, event: str, sender: str, **fields: Any) -> None:
    """Tell the repository's webhooks that somebody has done something."""
    for outgoing in webhooks_for(simulator, view, event, sender, **fields):
        simulator.deliveries.send(outgoing)


def webhooks_for(
    simulator: Simulator, view: ViewedRepository, event: str, sender: str, **fields: Any
) -> list[OutgoingWebhook]:
    """What the repository's webhooks are told; all of them under one id."""
    guid = str(uuid.uuid1(node=random.getrandbits(48)))
    payload = {**fields, **_around(view, sender)}
    return [
        _webhook(view, hook, event, payload, guid)
        for hook in hooks_of(simulator).values()
        if hook["repository"] == view.repository["id"]
        and hook["active"]
        and ("*" in hook["events"] or event in hook["events"])
    ]


def ping(simulator: Simulator, view: ViewedRepository, hook: Json, hook_body: Json, sender: str) -> None:
    """What a new webhook is greeted with, and whenever somebody asks."""
    hook_fields = {name: value for name, value in hook_body.items() if name != "last_response"}
    content = {"zen": ZEN, "hook_id": hook["id"], "hook": {**hook_fields, "last_response": NEVER_USED}}
    payload = {**content, **_around(view, sender)}
    simulator.deliveries.send(_webhook(view, hook, "ping", payload, str(uuid.uuid4())))


NEVER_USED = {"code": None, "status": "unused", "message": None}


def with_numbers(payload: Json) -> Json:
    """A payload as pushes have it: GitHub writes some of their times as numbers."""
    repository = dict(payload["repository"])
    for name in ("created_at", "pushed_at"):
        repository[name] = int(datetime.fromisoformat(repository[name]).timestamp())
    return {**payload, "repository": repository}


def _around(view: ViewedRepository, sender: str) -> Json:
    """What every event names: the repository, its organisation, and who did it."""
    owner = view.people.account(view.repository["owner"])
    around = {"repository": view.summary(), "sender": view.people.simple(sender)}
    if owner["type"] == "User":
        return around
    url = f"{view.people.api}/orgs/{owner['login']}"
    return {
        **around,
        "organization": {
            "login": owner["login"],
            "id": owner["id"],
            "node_id": node_id("O", owner["id"]),
            "url": url,
            **{name: f"{url}/{rest}" for name, rest in OF_AN_ORGANISATION.items()},
            "avatar_url": f"{view.people.avatars}/u/{owner['id']}?v=4",
            "description": owner["bio"],
        },
    }


def _webhook(view: ViewedRepository, hook: Json, event: str, payload: Json, guid: str) -> OutgoingWebhook:
    if event == "push":
        payload = with_numbers(payload)
    return OutgoingWebhook(
        to=hook["url"],
        event=event,
        action=payload.get("action"),
        payload=payload,
        key=guid,
        webhook=str(hook["id"]),
        about={"repository": view.repository["id"]},
    )

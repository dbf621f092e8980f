"""The events a simulated Slack sends to our app, as its Events API does.

Envelope, retries (at once, after a minute, after five) and their headers: docs.slack.dev/apis/events-api,
read 2026-11-25. Requests are signed by the real clock, wherever the simulated one was moved.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from fluxstudio.providers.slack.simulator.channels import HISTORY_SCOPE, kind_of
from fluxstudio.providers.slack.simulator.seed import bot_user
from fluxstudio.providers.slack.webhooks.webhook import signature
from fluxstudio.sdk.simulation import OutgoingWebhook, Simulator, WebhookSender

Json = dict[str, Any]

RETRIES = (0, 60, 300)
CHANNEL_TYPES = {"public_channel": "channel", "private_channel": "group", "mpim": "mpim", "im": "im"}
REASONS = {"timed out": "http_timeout", "failed to connect": "connection_failed"}


def sending(simulator: Simulator) -> WebhookSender:
    """Slack's way of sending."""
    return WebhookSender(
        simulator.world,
        simulator.clock,
        simulator.write,
        retries=RETRIES,
        deadline=3,
        final=lambda status, headers: headers.get("x-slack-no-retry") == "1",
    )


def signed(
    secret: str, outgoing: OutgoingWebhook, number: int, reason: str
) -> tuple[Mapping[str, str], bytes]:
    """Slack's headers, which say of a retry which it is and why."""
    body, stamp = msgspec.json.encode(outgoing.payload), str(int(time.time()))
    headers = {
        "content-type": "application/json",
        "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signature(secret, stamp, body),
    }
    if number:
        why = REASONS.get(reason, "http_error" if reason.startswith("answered") else "unknown_error")
        headers |= {"x-slack-retry-num": str(number), "x-slack-retry-reason": why}
    return headers, body


def tell_message(simulator: Simulator, channel: Json, message: Json) -> None:
    """Tell the app of a message, by whomever, in a channel that it is in."""
    kind = CHANNEL_TYPES[kind_of(channel)]
    scope = HISTORY_SCOPE[kind_of(channel)]
    workspace = simulator.world.data["workspaces"][channel["team"]]
    if bot_user(workspace) not in channel["members"] or scope not in scopes_in(simulator, channel["team"]):
        return
    about = {"channel": channel["id"], "channel_type": kind, "event_ts": message["ts"]}
    tell(simulator, channel["team"], {**message, **about})


def moved(simulator: Simulator, channel: Json, user: str, *, joined: bool) -> None:
    """Tell the app that somebody came into a channel, or left it."""
    scope = "groups:read" if channel["is_private"] else "channels:read"
    if scope not in scopes_in(simulator, channel["team"]):
        return
    kind = "G" if channel["is_private"] else "C"
    name = "member_joined_channel" if joined else "member_left_channel"
    event = {"type": name, "user": user, "channel": channel["id"], "channel_type": kind}
    tell(simulator, channel["team"], {**event, "team": channel["team"], "event_ts": moment(simulator)})


def tell_change(
    simulator: Simulator, channel: Json, subtype: str, message: Json | None, before: Json
) -> None:
    """Tell the app that a message of a channel it is in was changed, or is gone."""
    change: Json = {"type": "message", "subtype": subtype, "hidden": True, "ts": moment(simulator)}
    change |= (
        {"previous_message": before} if message is None else {"message": message, "previous_message": before}
    )
    if message is None:
        change["deleted_ts"] = before["ts"]
    tell_message(simulator, channel, change)


def reacted(simulator: Simulator, channel: Json, message: Json, user: str, name: str, *, added: bool) -> None:
    """Tell the app of a reaction to a message, or that one was taken back."""
    if "reactions:read" not in scopes_in(simulator, channel["team"]):
        return
    event = {
        "type": "reaction_added" if added else "reaction_removed",
        "user": user,
        "reaction": name,
        "item_user": message["user"],
        "item": {"type": "message", "channel": channel["id"], "ts": message["ts"]},
        "event_ts": moment(simulator),
    }
    tell(simulator, channel["team"], event)


def revoked(simulator: Simulator, account: str, *, uninstalled: bool, person: str | None = None) -> None:
    """Tell the app that its access to a workspace, or to all of them, or to a person's, is over."""
    workspaces = simulator.world.data["workspaces"]
    home = workspaces.get(account) or next(iter(workspaces.values()))
    tokens = {"oauth": [person] if person else [], "bot": [] if person else [bot_user(home)]}
    events: list[Json] = [{"type": "tokens_revoked", "tokens": tokens}]
    if uninstalled:
        events.append({"type": "app_uninstalled"})
    for event in events:
        tell(simulator, account, {**event, "event_ts": moment(simulator)})


def tell(simulator: Simulator, account: str, event: Json) -> None:
    """Send an event to the app, where it has an address."""
    for outgoing in outgoing_webhooks(simulator, account, event):
        simulator.deliveries.send(outgoing)


def outgoing_webhooks(simulator: Simulator, account: str, event: Json) -> list[OutgoingWebhook]:
    """An event in its envelope; none where the app has no address."""
    if simulator.events_to is None:
        return []
    world = simulator.world.data
    everywhere = account not in world["workspaces"]
    home = next(iter(world["workspaces"].values())) if everywhere else world["workspaces"][account]
    key = f"Ev{secrets.token_hex(6).upper()}"
    authorization = {
        "enterprise_id": world["organisation"]["id"],
        "team_id": None if everywhere else account,
        "user_id": bot_user(home),
        "is_bot": True,
        "is_enterprise_install": everywhere,
    }
    payload = {
        "token": "simulated-verification-token",
        "team_id": home["id"],
        "enterprise_id": world["organisation"]["id"],
        "api_app_id": world["app"]["id"],
        "event": event,
        "type": "event_callback",
        "event_id": key,
        "event_time": int(simulator.clock.now()),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_hex(8)}",
    }
    return [OutgoingWebhook(simulator.events_to, str(event.get("type")), payload, key=key)]


def happen(simulator: Simulator, event_request: Mapping[str, Any]) -> list[OutgoingWebhook]:
    """What `/_control/events` asks for.

    `{"event": "url_verification"}` asks our address to prove itself; `{"event": {…}, "team": id}` sends any
    event in an envelope of its own. Raises `LookupError` or `TypeError` for anything else.
    """
    event = event_request["event"]
    if event != "url_verification":
        teams = simulator.world.data["workspaces"]
        return outgoing_webhooks(simulator, str(event_request.get("team", next(iter(teams)))), {**event})
    if simulator.events_to is None:
        return []
    challenge = {"token": "simulated-verification-token", "challenge": secrets.token_urlsafe(24)}
    return [OutgoingWebhook(simulator.events_to, event, {**challenge, "type": event})]


def scopes_in(simulator: Simulator, team: str) -> set[str]:
    """What the app may do in a workspace; nothing where it is not installed."""
    accounts = {team, simulator.world.data["organisation"]["id"]}
    return {
        scope
        for token in simulator.grants.tokens.values()
        if token["kind"] == "access" and token["account"] in accounts
        if not token.get("revoked") and not token.get("user")
        for scope in token["scopes"]
    }


def moment(simulator: Simulator) -> str:
    """Now, as events have it."""
    micros = int(simulator.clock.now() * 1_000_000)
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

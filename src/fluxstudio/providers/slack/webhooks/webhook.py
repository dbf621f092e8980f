"""Slack's requests: whose they are, and which event, interaction or command.

`X-Slack-Signature` is `v0=` and the HMAC-SHA256 of `v0:{X-Slack-Request-Timestamp}:{raw body}` under the
app's signing secret; what is more than five minutes off is refused (docs.slack.dev/authentication/
verifying-requests-from-slack, checked 2026-11-22). Slash commands and interactivity are signed the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.kit.signatures import hmac_sha256_hex, same, sha256
from fluxstudio.providers.slack.buttons import pressed
from fluxstudio.providers.slack.webhooks import bodies, events
from fluxstudio.providers.slack.webhooks.event_types import EVENT_LABELS
from fluxstudio.providers.slack.webhooks.self_events import SELF_EVENTS, answer_link
from fluxstudio.sdk import BadSignature, Webhook

MAX_SKEW_SECONDS = 300

# Whoever has one of these can post, open a dialog or call Slack with it (docs.slack.dev “Handling user
# interaction”, “Implementing slash commands” and `function_executed`, read 2026-11-29).
OPENS_SOMETHING = frozenset(
    {
        "access_token",
        "bot_access_token",
        "interactivity_pointer",
        "response_url",
        "response_urls",
        "token",
        "trigger_id",
        "upload_url",
        "workflow_step_execute_id",
    }
)

EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_rate_limited",
    "app_uninstalled",
    "block_actions",
    "block_suggestion",
    "channel_archive",
    "channel_created",
    "channel_deleted",
    "channel_history_changed",
    "channel_id_changed",
    "channel_left",
    "channel_rename",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "file_created",
    "file_deleted",
    "file_shared",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_rename",
    "group_unarchive",
    "link_shared",
    "member_joined_channel",
    "member_left_channel",
    "message",
    "message_action",
    "reaction_added",
    "reaction_removed",
    "shortcut",
    "slash_command",
    "team_domain_change",
    "team_rename",
    "tokens_revoked",
    "url_verification",
    "view_closed",
    "view_submission",
)

# What events of these types always have (docs.slack.dev/reference/events and /interaction-payloads, read
# 2026-11-29).
EXPECTED: Mapping[str, tuple[str, ...]] = {
    "app_mention": ("event.channel", "event.text"),
    "block_actions": ("actions",),
    "channel_created": ("event.channel",),
    "channel_rename": ("event.channel",),
    "file_shared": ("event.file_id",),
    "member_joined_channel": ("event.user", "event.channel"),
    "message": ("event.channel", "event.ts"),
    "reaction_added": ("event.reaction", "event.item"),
    "reaction_removed": ("event.reaction", "event.item"),
    "slash_command": ("command",),
    "view_submission": ("view",),
}

_CHANNEL_LIST = (
    *(
        name
        for name in EVENTS
        if name.startswith(("channel_", "group_")) and name != "channel_history_changed"
    ),
    "member_joined_channel",
    "member_left_channel",
)
_CHANNEL_TALK = ("message", "channel_history_changed", "reaction_added", "reaction_removed", "file_shared")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The `X-Slack-Signature` of a body sent at `timestamp` (Unix seconds, as the header gives them)."""
    return "v0=" + hmac_sha256_hex(secret, b"v0:" + timestamp.encode() + b":" + body)


def verify(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> None:
    """Check signature and age of a request. Raises `BadSignature`."""
    timestamp = headers.get("x-slack-request-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise BadSignature("X-Slack-Request-Timestamp is missing or not a number of seconds")
    if not same(signature(secret, timestamp, body), headers.get("x-slack-signature", "")):
        raise BadSignature("X-Slack-Signature is missing or does not match the body")
    if abs(now - int(timestamp)) > MAX_SKEW_SECONDS:
        raise BadSignature("the request was signed more than five minutes away from now")


def event_id(headers: Mapping[str, str], payload: Mapping[str, Any], body: bytes) -> str:
    """What is the same on every retry, and unlike that of anything else.

    An event has an `event_id`. A command or an interaction has a `trigger_id`, which opens dialogs and so is
    kept as a digest only; the rest is known by its body.
    """
    named = payload.get("event_id")
    if isinstance(named, str) and named:
        return named
    trigger = former_id(payload)
    return sha256(body if trigger is None else f"trigger {trigger}").hex()


def former_id(payload: Mapping[str, Any]) -> str | None:
    """The `trigger_id` that commands and interactions were known by as it is."""
    trigger = payload.get("trigger_id")
    return trigger if not payload.get("event_id") and isinstance(trigger, str) and trigger else None


def event_type(headers: Mapping[str, str], payload: Mapping[str, Any]) -> str:
    """The type of the event inside the envelope, or of what came without one: `block_actions`, …"""
    event = payload.get("event")
    for kind in (event.get("type") if isinstance(event, dict) else None, payload.get("type")):
        if isinstance(kind, str) and kind:
            return kind
    return "unknown"


def happening(payload: Mapping[str, Any]) -> str | None:
    """Team, channel, type and `event_ts` of an event, or None where it has no `event_ts`.

    The same message may arrive under several event ids, but only under one of these. The type belongs to it
    since a mention arrives as `message` and as `app_mention` with one `event_ts`.
    """
    event = payload.get("event")
    if not isinstance(event, dict) or not isinstance(event.get("event_ts"), str):
        return None
    channel = event.get("channel")
    where = channel if isinstance(channel, str) else ""
    return f"{payload.get('team_id', '')}:{where}:{event.get('type')}:{event['event_ts']}"


def moment(headers: Mapping[str, str], payload: Mapping[str, Any]) -> float | None:
    """`event_ts`, which all event ids of a happening share, or when what has none was sent."""
    event = payload.get("event")
    stamp = event.get("event_ts") if isinstance(event, dict) else payload.get("action_ts")
    try:
        return float(stamp) if isinstance(stamp, str) else None
    except ValueError:
        return None


webhook = Webhook(
    secret="signing_secret",  # noqa: S106 - the name of a setting
    verify=verify,
    event_id=event_id,
    event_type=event_type,
    second_event_id=happening,
    moment=moment,
    read=bodies.read_event,
    paths={"interactive": bodies.read_interaction, "command": bodies.read_command},
    challenge=bodies.challenge,
    account=events.account,
    accounts=events.accounts,
    order=events.order,
    describe=events.describe,
    link=events.link,
    ends=events.ends,
    pressed=pressed,
    self_events=SELF_EVENTS,
    answer_link=answer_link,
    texts=events.texts,
    former_id=former_id,
    opens_something=OPENS_SOMETHING,
    events=EVENTS,
    event_labels=EVENT_LABELS,
    expects=EXPECTED,
    makes_stale={
        **dict.fromkeys(_CHANNEL_LIST, ("channels", "channel")),
        **dict.fromkeys(_CHANNEL_TALK, ("history", "thread")),
    },
)

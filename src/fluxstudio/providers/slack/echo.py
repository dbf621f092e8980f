"""Which of Slack's events our own app has caused.

A message of an app carries its `app_id` (docs.slack.dev/reference/events/message, checked 2026-11-25), the
envelope of an event the `api_app_id` of whoever receives it. A message is known by its channel and its `ts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.sdk import Echo


def ours(event_type: str, payload: Mapping[str, Any]) -> bool:
    """Whether our app wrote the message, or the one that was changed or deleted."""
    app, event = payload.get("api_app_id"), payload.get("event")
    if not isinstance(app, str) or not isinstance(event, dict):
        return False
    parts = (event, event.get("message"), event.get("previous_message"))
    return any(app in _apps(part) for part in parts if isinstance(part, dict))


def _apps(message: Mapping[str, Any]) -> tuple[object, object]:
    profile = message.get("bot_profile")
    return message.get("app_id"), profile.get("app_id") if isinstance(profile, dict) else None


def made(operation: str, answer: Mapping[str, Any]) -> Sequence[str]:
    """The message that was posted."""
    name = _message(answer.get("channel"), answer.get("ts"))
    return [] if name is None else [name]


def heard(event_type: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """The message that an event tells of."""
    event = payload.get("event")
    name = _message(event.get("channel"), event.get("ts")) if isinstance(event, dict) else None
    return [] if name is None else [name]


def _message(channel: object, ts: object) -> str | None:
    return f"{channel}:{ts}" if isinstance(channel, str) and isinstance(ts, str) else None


ECHO = Echo(ours=ours, made=made, heard=heard)

"""Which of Slack's events our own app has caused.

A message of an app carries its `app_id` (docs.slack.dev/reference/events/message, checked 2026-11-25), the
envelope of an event the `api_app_id` of whoever receives it. Everything else that the app does, it does as
its bot user, which the envelope names in `authorizations` (docs.slack.dev/apis/events-api, on 2026-11-29):
it shares a file, posts a link, comes into a channel. A message is known by its channel and its `ts`, a
file by its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fluxstudio.sdk import SelfEvents

# Where events name whose doing they tell of; the first that is there counts.
ACTORS = ("inviter", "user_id", "user")


def ours(event_type: str, payload: Mapping[str, Any]) -> bool:
    """Whether our app wrote the message, or the one that was changed or deleted, or did what is told."""
    app, event = payload.get("api_app_id"), payload.get("event")
    if not isinstance(event, dict):
        return False
    parts = (event, event.get("message"), event.get("previous_message"))
    if isinstance(app, str) and any(app in _apps(part) for part in parts if isinstance(part, dict)):
        return True
    if event_type == "member_left_channel":
        # It may have been removed, and nobody says by whom.
        return False
    actor = next((event[name] for name in ACTORS if isinstance(event.get(name), str)), None)
    return actor is not None and actor in _bots(payload)


def _apps(message: Mapping[str, Any]) -> tuple[object, object]:
    profile = message.get("bot_profile")
    return message.get("app_id"), profile.get("app_id") if isinstance(profile, dict) else None


def _bots(payload: Mapping[str, Any]) -> set[object]:
    """The bot users that the app has where an event happened."""
    entries = payload.get("authorizations")
    bots = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    users = [entry.get("user_id") for entry in bots if entry.get("is_bot") is True]
    return {user for user in users if isinstance(user, str)}


def message_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """The message that was posted."""
    name = _message(answer.get("channel"), answer.get("ts")) if isinstance(answer, Mapping) else None
    return [] if name is None else [name]


def file_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """The files that were shared."""
    return _files(answer.get("files")) if isinstance(answer, Mapping) else []


def answer_link(operation: str, answer: Mapping[str, Any], account_url: str | None) -> str | None:
    """The message's permalink (docs.slack.dev/reference/methods/chat.getPermalink, checked 2026-11-29)."""
    channel, ts = answer.get("channel"), answer.get("ts")
    if not (account_url and isinstance(channel, str) and isinstance(ts, str)):
        return None
    return (
        f"{account_url.rstrip('/')}/archives/{quote(channel, safe='')}/p{quote(ts.replace('.', ''), safe='')}"
    )


def event_subjects(event_type: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """The message or the file that an event tells of."""
    event = payload.get("event")
    if not isinstance(event, dict):
        return []
    name = _message(event.get("channel"), event.get("ts") or event.get("message_ts"))
    about = [] if name is None else [name]
    if event_type.startswith("file_"):
        return [*about, *_files([{"id": event.get("file_id")}, event.get("file")])]
    return [*about, *_files(event.get("files"))]


def _message(channel: object, ts: object) -> str | None:
    return f"{channel}:{ts}" if isinstance(channel, str) and isinstance(ts, str) else None


def _files(entries: object) -> list[str]:
    ids = (
        [entry.get("id") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    return [f"file {entry}" for entry in ids if isinstance(entry, str)]


SELF_EVENTS = SelfEvents(ours=ours, event_subjects=event_subjects)

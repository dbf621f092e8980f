"""Which of Figma's events we have caused.

A comment written here comes back as FILE_COMMENT with its id; a webhook made here is greeted with PING, which
names it (developers.figma.com “Webhooks”, read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.sdk import SelfEvents


def comment_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """The comment that was written."""
    return _subjects("comment", answer)


def webhook_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """The webhook that was made or removed."""
    return _subjects("webhook", answer)


def _subjects(kind: str, answer: Any) -> Sequence[str]:
    comment_id = answer.get("id") if isinstance(answer, Mapping) else None
    return [f"{kind} {comment_id}"] if isinstance(comment_id, str) else []


def event_subjects(event_type: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """The comment or the webhook that an event tells of."""
    kind, field = ("webhook", "webhook_id") if event_type == "PING" else ("comment", "comment_id")
    comment_id = payload.get(field) if event_type in {"PING", "FILE_COMMENT"} else None
    return [f"{kind} {comment_id}"] if isinstance(comment_id, str) else []


SELF_EVENTS = SelfEvents(event_subjects=event_subjects)

"""Requests as providers send them to our webhooks, signed with the simulated secrets."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import msgspec

SLACK_SECRET, SHARED_SECRET = "simulated-signing-secret", "simulated-webhook-secret"

Request = tuple[bytes, dict[str, str]]


def names_in(value: Any) -> set[str]:
    """The names of all fields, at any depth."""
    if isinstance(value, Mapping):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def slack(body: bytes, *, at: float | None = None, **headers: str) -> Request:
    """A request of Slack's with this body."""
    stamp = str(int(time.time() if at is None else at))
    signature = "v0=" + _hmac(SLACK_SECRET, b"v0:" + stamp.encode() + b":" + body)
    signed = {"x-slack-request-timestamp": stamp, "x-slack-signature": signature}
    return body, {"content-type": "application/json", **signed, **headers}


def slack_event(team: str = "T0HARBOUR1", *, event_id: str | None = None, **event: Any) -> Request:
    """A message in Slack, unless the event says otherwise."""
    stamp = f"{time.time_ns() // 1000 / 1_000_000:.6f}"
    who = {"channel": "C0DESIGN01", "channel_type": "channel", "user": "U0MEI00001"}
    inner = {"type": "message", **who, "text": "Ready.", "ts": stamp}
    envelope = {
        "type": "event_callback",
        "team_id": team,
        "api_app_id": "A0FLUX0001",
        "event_id": event_id or f"Ev{uuid4().hex[:12].upper()}",
        "event_time": int(time.time()),
        "event": {**inner, "event_ts": stamp, **event},
    }
    return slack(msgspec.json.encode(envelope))


def github_event(
    kind: str, payload: Mapping[str, Any], *, delivery: str | None = None, secret: str = SHARED_SECRET
) -> Request:
    """An event of GitHub's, signed with the app's own secret unless with that of a webhook."""
    body = msgspec.json.encode(payload)
    return body, {
        "content-type": "application/json",
        "x-github-event": kind,
        "x-github-delivery": delivery or str(uuid4()),
        "x-hub-signature-256": f"sha256={_hmac(secret, body)}",
    }


def figma_event(**payload: Any) -> Request:
    """An event of Figma's, with the shared secret as its passcode."""
    texts = {
        "event_type": "FILE_COMMENT",
        "passcode": SHARED_SECRET,
        "timestamp": "2026-11-25T10:00:00Z",
        "webhook_id": "22",
        **payload,
    }
    return msgspec.json.encode(texts), {"content-type": "application/json"}


def linear_event(**payload: Any) -> Request:
    """An event of Linear's, signed with the shared secret."""
    body = msgspec.json.encode({"type": "Issue", "action": "create", **payload})
    return body, {"content-type": "application/json", "linear-signature": _hmac(SHARED_SECRET, body)}


# A fresh, good request for each provider.
GOOD: Mapping[str, Callable[[], Request]] = {
    "slack": slack_event,
    "github": lambda: github_event(
        "issues", {"action": "opened", "repository": {"owner": {"id": 1}}, "n": uuid4().hex}
    ),
    "figma": lambda: figma_event(file_key="tidewater", comment_id=uuid4().hex),
    "linear": lambda: linear_event(id=uuid4().hex),
}

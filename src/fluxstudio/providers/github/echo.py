"""Which of GitHub's events we have caused.

Operations act in the name of the connected person, so that an event does not say it was us. Issues, pull
requests and comments are known by their address, and by the time of a change of ours: one change is told by
several events (`edited`, `labeled`, `closed`), each with the `updated_at` it left behind, within seconds. The
event's `sender` has to be the one we acted for, so that other people's changes are not taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fluxstudio.sdk import Echo
from fluxstudio.sdk.telling import moment_at, text_at

BEGINNINGS = frozenset({"opened", "created", "submitted"})
# What an event tells of, the most particular first.
SUBJECTS = ("comment", "review", "issue", "pull_request")
# Seconds in which one change goes on to change what it is about: its labels, its people, its state.
CHANGES_FOR = 3


def made(operation: str, answer: Mapping[str, Any]) -> Sequence[str]:
    """What was written: as such when it is new, else as of its last change."""
    address, changed = answer.get("html_url"), answer.get("updated_at")
    if not isinstance(address, str):
        return []
    names = [address] if operation.startswith(("create_", "add_")) else []
    return [*names, f"{address} {changed}"] if isinstance(changed, str) else names


def heard(event_type: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """The comment, issue or pull request that an event tells of, as we may have called it."""
    subject = next((payload[name] for name in SUBJECTS if isinstance(payload.get(name), dict)), None)
    address = text_at(subject, "html_url")
    if not address:
        return []
    if payload.get("action") in BEGINNINGS:
        return [address]
    names = [f"{address} {text_at(subject, 'updated_at')}"]
    changed = moment_at(subject, "updated_at")
    for seconds in range(1, CHANGES_FOR + 1) if changed is not None else ():
        earlier = datetime.fromtimestamp(changed or 0.0, UTC) - timedelta(seconds=seconds)
        names.append(f"{address} {earlier:%Y-%m-%dT%H:%M:%SZ}")
    return names


def actor(event_type: str, payload: Mapping[str, Any]) -> str | None:
    """The id of the account whose doing an event tells of."""
    return text_at(payload, "sender", "id") or None


ECHO = Echo(made=made, heard=heard, actor=actor)

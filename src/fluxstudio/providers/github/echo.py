"""Which of GitHub's events we have caused.

Operations act in the name of the connected person, so that an event does not say it was us. Issues and
comments are known by their address: when they come to be, or in the state that a change of ours left them in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.sdk import Echo

BEGINNINGS = frozenset({"opened", "created"})


def made(operation: str, answer: Mapping[str, Any]) -> Sequence[str]:
    """What was written: as such when it is new, else as of its last change."""
    address, changed = answer.get("html_url"), answer.get("updated_at")
    if not isinstance(address, str):
        return []
    names = [address] if operation.startswith(("create_", "add_")) else []
    return [*names, f"{address} {changed}"] if isinstance(changed, str) else names


def heard(event_type: str, payload: Mapping[str, Any]) -> str | None:
    """The comment or else the issue that an event tells of."""
    subject = next((payload[name] for name in ("comment", "issue") if name in payload), None)
    if not isinstance(subject, dict) or not isinstance(subject.get("html_url"), str):
        return None
    if payload.get("action") in BEGINNINGS:
        return str(subject["html_url"])
    changed = subject.get("updated_at")
    return f"{subject['html_url']} {changed}" if isinstance(changed, str) else None


ECHO = Echo(made=made, heard=heard)

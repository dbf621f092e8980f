"""Channels as a field suggests them, and how a message is addressed to one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fluxstudio.flows.automations.authoring.choices import MOST_SUGGESTED

# What an operation that posts takes for a name.
NAME = re.compile(r"[\w-]{1,80}")


def suggested(entries: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Channels to write to, those that the app is in first."""
    open_ones = [entry for entry in entries if not entry.get("is_archived")]
    first = sorted(open_ones, key=lambda entry: not entry.get("is_member"))[:MOST_SUGGESTED]
    return [(address_of(entry), f"#{entry['name']}") for entry in first]


def address_of(entry: Mapping[str, Any]) -> str:
    """How a message is addressed: by name, by id where that name may be another's or none at all."""
    name = entry["name"]
    return f"#{name}" if NAME.fullmatch(name) and "team_id" not in entry else str(entry["id"])

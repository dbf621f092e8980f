"""Lists of the simulated Slack, cut into pages that cursors lead through."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from fluxstudio.providers.slack.simulator.api import SlackCall, SlackError

Item = TypeVar("Item")


def page_of(call: SlackCall, items: Sequence[Item], *, default: int, most: int) -> tuple[list[Item], str]:
    """One page and the cursor of the next, "" at the end."""
    size = call.number("limit", default, most)
    return cut(call, items, size)


def cut(call: SlackCall, items: Sequence[Item], size: int) -> tuple[list[Item], str]:
    """The page of so many items that the call's cursor leads to, and the cursor of the next."""
    start = _place(call.text("cursor"))
    following = start + size
    return list(items[start:following]), _cursor(following) if following < len(items) else ""


def _cursor(place: int) -> str:
    return base64.b64encode(f"place:{place}".encode()).decode()


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, place = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word == "place":
            return max(0, int(place))
    except ValueError:
        pass
    raise SlackError("invalid_cursor")

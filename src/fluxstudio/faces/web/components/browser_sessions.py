"""Sessions as pages list them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from fluxstudio.core.identity.sessions import SessionLine

BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A session in some browser; `current` is the one that asks."""

    id: str
    browser: str
    address: str
    last_seen_at: datetime
    created_at: datetime
    current: bool = False


def session_views(lines: list[SessionLine]) -> tuple[SessionView, ...]:
    """Sessions as the pages show them."""
    return tuple(
        SessionView(
            id=str(line.id),
            browser=browser_name(line.user_agent),
            address=line.address or "",
            last_seen_at=line.last_seen_at,
            created_at=line.created_at,
            current=line.current,
        )
        for line in lines
    )


def browser_name(user_agent: str | None) -> str:
    """What a person calls the browser with this `User-Agent`."""
    text = user_agent or ""
    browser = next((name for name, pattern in BROWSERS if re.search(pattern, text)), None)
    system = next((name for name, mark in SYSTEMS if mark in text), None)
    if browser is None:
        return text.partition("/")[0][:40] or "Unknown browser"
    return f"{browser} on {system}" if system else browser

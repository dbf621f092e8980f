"""Who did something, and where: read out of the three shapes that Slack's requests have.

Events name people and channels by id only; interactions and commands bring names along (docs.slack.dev
“Events API”, “Interaction payloads”, “Implementing slash commands”, read 2026-11-25).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.sdk.markup import spoken
from fluxstudio.sdk.payload import at, name_at, text_at

Payload = Mapping[str, Any]

ID = re.compile(r"[A-Z][A-Z0-9]{2,30}")
CHANNEL_PATHS: tuple[tuple[str, ...], ...] = (
    ("channel",),
    ("channel", "id"),
    ("channel_id",),
    ("item", "channel"),
    ("container", "channel_id"),
)
NAME_PATHS: tuple[tuple[str, ...], ...] = (
    ("user_profile", "display_name"),
    ("user_profile", "real_name"),
    ("user", "name"),
    ("user", "username"),
    ("user_name",),
    ("bot_profile", "name"),
    ("username",),
)
# Where interactions say in which workspace the app is installed that they are for.
INSTALLED_AT: tuple[tuple[str, ...], ...] = (
    ("view", "app_installed_team_id"),
    ("app_installed_team_id",),
)
# Workspaces that one event can be for; Slack shares a channel among no more than 250.
MOST_INSTALLATIONS = 250
# What stands for a channel's name where there is none to tell.
CONVERSATIONS = {
    "app_home": "a direct message",
    "directmessage": "a direct message",
    "im": "a direct message",
    "mpdm": "a group message",
    "mpim": "a group message",
    "privategroup": "a private channel",
}
# Longer texts are looked at this far for a sentence about them.
MAX_READ_CHARACTERS = 2000


def event_of(payload: Payload) -> Payload:
    """The event inside its envelope, or what came without one."""
    event = payload.get("event")
    return event if isinstance(event, dict) else payload


def account(payload: Payload) -> str | None:
    """The workspace that has the app, or the organisation where the app is installed for all of it.

    In a channel shared between workspaces the team may be the other one. So the authorization of an event
    counts before it, and so does the workspace in which the app of a form is installed; a payload of an
    organisation may name no team at all (docs.slack.dev/reference/interaction-payloads/view-interactions and
    “Using the Events API”, read 2026-11-29).
    """
    organisation = text_at(payload, "enterprise_id") or text_at(payload, "enterprise", "id")
    everywhere = _is_true(at(payload, "is_enterprise_install"))
    for path in INSTALLED_AT:
        installed = text_at(payload, *path)
        if installed:
            return organisation if everywhere and organisation else installed
    for place in (at(payload, "authorizations", 0), payload):
        team = _installation(place)
        if team:
            return team
    return text_at(payload, "user", "team_id") or None


def accounts(payload: Payload) -> Sequence[str]:
    """Every installation of the app that an event is for.

    In a channel that several workspaces share an event is sent once for all of those that have the app.
    """
    entries = at(payload, "authorizations")
    teams = (
        [_installation(entry) for entry in entries[:MOST_INSTALLATIONS]] if isinstance(entries, list) else []
    )
    return list(dict.fromkeys(entry for entry in teams if entry))


def _installation(place: Any) -> str:
    """The workspace that a payload or one of its authorizations names, or its organisation."""
    if not isinstance(place, Mapping):
        return ""
    team = text_at(place, "team_id") or text_at(place, "team", "id")
    if not team or _is_true(place.get("is_enterprise_install")):
        team = text_at(place, "enterprise_id") or text_at(place, "enterprise", "id") or team
    return team


def _is_true(value: Any) -> bool:
    return value is True or value == "true"


def channel_id(event: Payload) -> str:
    """The conversation that an event happened in, or empty."""
    for path in CHANNEL_PATHS:
        channel = text_at(event, *path)
        if ID.fullmatch(channel):
            return channel
    return ""


def who(event: Payload) -> str:
    """The name of a person or a bot, `Someone` where there is only an id."""
    names = (name_at(event, *path) for path in NAME_PATHS)
    return next((name for name in names if name), "Someone")


def where(event: Payload) -> str:
    """`#design`, `a direct message`, or `a channel` where there is only an id."""
    name = name_at(event, "channel", "name") or name_at(event, "channel_name")
    kind = CONVERSATIONS.get(name) or CONVERSATIONS.get(text_at(event, "channel_type"))
    if kind:
        return kind
    if name:
        return f"#{name.removeprefix('#')}"
    return "a channel"


def plain(text: str) -> str:
    """Slack's marked-up text as people read it: no ids, no addresses behind words, no entities."""
    return spoken(text[:MAX_READ_CHARACTERS], "mrkdwn")

"""Finding channels: the list of a workspace, and the id behind a name."""

from __future__ import annotations

import re
from typing import Any

from fluxstudio.providers.slack.failure import told
from fluxstudio.providers.slack.shapes import Channel
from fluxstudio.sdk import Api

CHANNEL_ID = r"^[CDG][A-Z0-9]{5,20}$"
CHANNEL = r"^([CDG][A-Z0-9]{5,20}|#?[\w-]{1,80})$"

# Under 1,000 items a page are allowed (docs.slack.dev/reference/methods/conversations.list, checked
# 2026-11-22). Large pages spend less of the 20 calls a minute.
PAGE = 999
MOST_CHANNELS = 20_000
MOST_WORKSPACES = 200


async def listed(api: Api, *, private: bool, archived: bool) -> list[Channel]:
    """Channels by name; of every workspace when the app is installed for an organisation."""
    query: dict[str, Any] = {
        "types": "public_channel,private_channel" if private else "public_channel",
        "exclude_archived": not archived,
        "limit": PAGE,
    }
    found: dict[str, Channel] = {}
    for team in await _workspaces(api):
        # A token of an organisation-wide app has to name the workspace (same page, same day).
        page = await api.pages(
            "/api/conversations.list",
            items="channels",
            most=MOST_CHANNELS,
            limit="conversations.list",
            query={**query, "team_id": team},
        )
        found |= {
            str(channel["id"]): _shaped(channel, team)
            for channel in page
            if isinstance(channel, dict) and channel.get("id")
        }
    return sorted(found.values(), key=lambda channel: channel["name"])


async def channel_id(api: Api, channel: str) -> str:
    """The id of a channel given by id or `#name`. Raises `NotFound`.

    A name is looked up anew each time: names move from channel to channel, and a message must not follow an
    old one.
    """
    if re.match(CHANNEL_ID, channel):
        return channel
    name = channel.removeprefix("#").lower()
    private = "groups:read" in api.scopes
    matching = [
        entry["id"] for entry in await listed(api, private=private, archived=True) if entry["name"] == name
    ]
    if not matching:
        raise told("channel_not_found", where=f"#{name}")
    return matching[0]


def spoken(channel: str) -> str:
    """A channel as a sentence names it."""
    return "that channel" if re.match(CHANNEL_ID, channel) else f"#{channel.removeprefix('#')}"


async def _workspaces(api: Api) -> list[str | None]:
    if not api.account.details.get("is_enterprise_install"):
        return [None]
    teams = await api.pages(
        "/api/auth.teams.list",
        items="teams",
        most=MOST_WORKSPACES,
        limit="auth.teams.list",
        query={"limit": 100},
    )
    return [str(team["id"]) for team in teams if isinstance(team, dict) and team.get("id")]


def _shaped(channel: dict[str, Any], team: str | None) -> Channel:
    shaped: Channel = {
        "id": str(channel["id"]),
        "name": str(channel.get("name") or ""),
        "is_private": bool(channel.get("is_private")),
        "is_archived": bool(channel.get("is_archived")),
        "is_member": bool(channel.get("is_member")),
        "num_members": int(channel.get("num_members") or 0),
    }
    if team is not None:
        shaped["team_id"] = team
    return shaped

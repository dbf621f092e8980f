"""The simulated Slack's channels and what was said in them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar

from fluxstudio.providers.slack.simulator.api import (
    TIER_2,
    TIER_3,
    TIER_4,
    Json,
    Method,
    SlackCall,
    SlackError,
)
from fluxstudio.providers.slack.simulator.seed import bot_user

Item = TypeVar("Item")

READ_SCOPE = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "mpim": "mpim:read",
    "im": "im:read",
}

HISTORY_SCOPE = {kind: scope.replace("read", "history") for kind, scope in READ_SCOPE.items()}


def listed(call: SlackCall) -> Json:
    """`conversations.list`: public channels, and the private ones that the app is in."""
    kinds = [kind.strip() for kind in (call.text("types") or "public_channel").split(",")]
    if unknown := [kind for kind in kinds if kind not in READ_SCOPE]:
        raise SlackError("invalid_types", types=unknown)
    for kind in kinds:
        call.need(READ_SCOPE[kind])
    team = _team(call)
    entries = [
        channel_object(call.world, channel)
        for channel in call.world["channels"].values()
        if channel["team"] == team
        and kind_of(channel) in kinds
        and (is_member(call.world, channel) or not channel["is_private"])
        and not (channel["is_archived"] and call.flag("exclude_archived"))
    ]
    page, cursor = _page(call, entries, default=100, most=1000)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def of_user(call: SlackCall) -> Json:
    """`users.conversations`: where a user is a member; in private only what the app is in as well."""
    kinds = [kind.strip() for kind in (call.text("types") or "public_channel").split(",")]
    if unknown := [kind for kind in kinds if kind not in READ_SCOPE]:
        raise SlackError("invalid_types", types=unknown)
    for kind in kinds:
        call.need(READ_SCOPE[kind])
    team = _team(call)
    user = call.text("user") or bot_user(call.world["workspaces"][team])
    entries = []
    for channel in call.world["channels"].values():
        shared = is_member(call.world, channel) or not channel["is_private"]
        archived = channel["is_archived"] and call.flag("exclude_archived")
        if channel["team"] == team and kind_of(channel) in kinds and user in channel["members"]:
            entries += [channel_object(call.world, channel)] if shared and not archived else []
    # This method leaves them out.
    page_channels = [
        {name: value for name, value in entry.items() if name not in {"is_member", "num_members"}}
        for entry in entries
    ]
    page, cursor = _page(call, page_channels, default=100, most=999)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def members(call: SlackCall) -> Json:
    """`conversations.members`: the ids of those in a conversation that the app can see."""
    channel = visible_channel(call, call.text("channel"))
    call.need(READ_SCOPE[kind_of(channel)])
    page, cursor = _page(call, channel["members"], default=100, most=1000)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def history(call: SlackCall) -> Json:
    """`conversations.history`: newest first, replies only where they were broadcast."""
    channel = visible_channel(call, call.text("channel"))
    call.need(HISTORY_SCOPE[kind_of(channel)])
    if not is_member(call.world, channel):
        raise SlackError("not_in_channel")
    oldest = _moment(call, "oldest", "0", "invalid_ts_oldest")
    latest = _moment(call, "latest", "inf", "invalid_ts_latest")
    inclusive = call.flag("inclusive")
    entries = [
        message
        for message in reversed(call.world["messages"].get(channel["id"], []))
        if is_shown(message)
        and (
            oldest < float(message["ts"]) < latest or (inclusive and float(message["ts"]) in {oldest, latest})
        )
    ]
    page, cursor = _page(call, entries, default=100, most=999)
    return {**_messages(page, cursor), "pin_count": 0}


def replies(call: SlackCall) -> Json:
    """`conversations.replies`: a message and what was said in its thread, oldest first."""
    channel = visible_channel(call, call.text("channel"))
    call.need(HISTORY_SCOPE[kind_of(channel)])
    if not is_member(call.world, channel):
        raise SlackError("not_in_channel")
    ts = call.text("ts")
    entries = [
        message
        for message in call.world["messages"].get(channel["id"], [])
        if ts in {message["ts"], message.get("thread_ts")}
    ]
    if not entries:
        raise SlackError("thread_not_found")
    return _messages(*_page(call, entries, default=1000, most=1000))


def info(call: SlackCall) -> Json:
    """`conversations.info`: one channel."""
    channel = visible_channel(call, call.text("channel"))
    call.need(READ_SCOPE[kind_of(channel)])
    fields = channel_object(call.world, channel)
    if not call.flag("include_num_members"):
        del fields["num_members"]
    return {"channel": fields}


def visible_channel(call: SlackCall, channel_name: str) -> Json:
    """The channel of that id, as far as the token can see it; names are for posting (meltaxa/slackview#6)."""
    return _visible(call, lambda channel: channel["id"] == channel_name)


def posted_channel(call: SlackCall, channel_name: str) -> Json:
    """The channel of that id, or of that `#name`, as far as the token can see it."""
    name = channel_name.removeprefix("#")
    return _visible(
        call,
        lambda channel: (
            channel["id"] == channel_name or (kind_of(channel) != "im" and channel["name"] == name)
        ),
    )


def _visible(call: SlackCall, is_meant: Callable[[Json], bool]) -> Json:
    for channel in call.world["channels"].values():
        is_visible = is_member(call.world, channel) or not channel["is_private"]
        if is_meant(channel) and is_visible and channel["team"] in call.teams:
            return dict(channel)
    raise SlackError("channel_not_found")


def kind_of(channel: Json) -> str:
    """What a conversation is, in the words of `types`."""
    return str(channel.get("kind") or ("private_channel" if channel["is_private"] else "public_channel"))


def is_member(world: Json, channel: Json) -> bool:
    """Whether the app was invited to a channel."""
    return bot_user(world["workspaces"][channel["team"]]) in channel["members"]


def is_shown(message: Json) -> bool:
    """Whether a message stands in the channel itself, not only in a thread."""
    reply = message.get("thread_ts") not in {None, message["ts"]}
    return not reply or message.get("subtype") == "thread_broadcast"


def channel_object(world: Json, channel: Json) -> Json:
    """A channel as `conversations.list` shows it."""
    private, kind = bool(channel["is_private"]), kind_of(channel)
    return {
        "id": channel["id"],
        "name": channel["name"],
        "is_channel": not private,
        "is_group": kind in {"private_channel", "mpim"},
        "is_im": kind == "im",
        "is_mpim": kind == "mpim",
        "is_private": private,
        "created": channel["created"],
        "is_archived": channel["is_archived"],
        "is_general": channel["is_general"],
        "unlinked": 0,
        "name_normalized": channel["name"],
        "is_shared": False,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": channel["team"],
        "updated": channel["created"] * 1000,
        "creator": channel["creator"],
        "is_ext_shared": False,
        "shared_team_ids": [channel["team"]],
        "pending_connected_team_ids": [],
        "is_member": is_member(world, channel),
        "topic": {"value": channel["topic"], "creator": channel["creator"], "last_set": channel["created"]},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
        "num_members": len(channel["members"]),
    }


def _team(call: SlackCall) -> str:
    team = call.text("team_id")
    if call.grant["account"] in call.world["workspaces"]:
        return str(call.grant["account"])
    if not team:
        raise SlackError("missing_argument", argument="team_id")
    if team not in call.teams:
        raise SlackError("team_access_not_granted")
    return team


def _moment(call: SlackCall, name: str, default: str, error: str) -> float:
    try:
        return float(call.text(name) or default)
    except ValueError:
        raise SlackError(error) from None


def _page(call: SlackCall, items: Sequence[Item], *, default: int, most: int) -> tuple[list[Item], str]:
    """One page and the cursor of the next, "" at the end."""
    size = call.number("limit", default, most)
    start = _place(call.text("cursor"))
    following = start + size
    return list(items[start:following]), _cursor(following) if following < len(items) else ""


def _messages(page: list[Json], cursor: str) -> Json:
    following = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": page, "has_more": bool(cursor), **following}


def _cursor(place: int) -> str:
    return base64.b64encode(f"place:{place}".encode()).decode()


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, place = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word == "place":
            return int(place)
    except ValueError:
        pass
    raise SlackError("invalid_cursor")


METHODS = {
    "conversations.list": Method(listed, TIER_2),
    "conversations.history": Method(history, TIER_3),
    "conversations.info": Method(info, TIER_3),
    "conversations.replies": Method(replies, TIER_3),
    "conversations.members": Method(members, TIER_4),
    "users.conversations": Method(of_user, TIER_3),
}

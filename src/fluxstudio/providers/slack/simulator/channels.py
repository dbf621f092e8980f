"""The simulated Slack's conversations: which there are, who sees them, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable

from fluxstudio.providers.slack.simulator.api import Json, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.seed import bot_user, direct_messages

READ_SCOPE = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "mpim": "mpim:read",
    "im": "im:read",
}
HISTORY_SCOPE = {kind: scope.replace("read", "history") for kind, scope in READ_SCOPE.items()}


def visible_channel(call: SlackCall, channel_id: str) -> Json:
    """The channel of that id, as far as the token can see it; names are for posting (meltaxa/slackview#6)."""
    return _visible(call, lambda channel: channel["id"] == channel_id)


def posted_channel(call: SlackCall, channel_name: str) -> Json:
    """The channel of that id, or of that `#name`, as far as the token can see it."""
    name = channel_name.removeprefix("#")
    return _visible(
        call,
        lambda channel: (
            channel["id"] == channel_name or (kind_of(channel) != "im" and channel["name"] == name)
        ),
    )


def joined_channel(call: SlackCall, channel_id: str) -> Json:
    """The channel of that id, which whoever acts is in."""
    channel = visible_channel(call, channel_id)
    if not call.is_in(channel):
        raise SlackError("not_in_channel")
    return channel


def _visible(call: SlackCall, is_meant: Callable[[Json], bool]) -> Json:
    for channel in call.world["channels"].values():
        is_visible = call.is_in(channel) or not channel["is_private"]
        if is_meant(channel) and is_visible and channel["team"] in call.teams:
            return dict(channel)
    raise SlackError("channel_not_found")


def direct_channel(call: SlackCall, people: list[str]) -> tuple[Json, bool]:
    """The direct messages of whoever acts with people, and whether they were there; the first begins them."""
    team = call.teams[0]
    members = {call.member(team), *people}
    for channel in call.world["channels"].values():
        if channel.get("kind") and set(channel["members"]) == members and channel["team"] == team:
            return channel, True
    users = call.world["users"]
    if len(people) == 1:
        kind, name, prefix = "im", people[0], "D0"
    else:
        handles = [users[person]["name"] for person in people]
        kind, name, prefix = "mpim", f"mpdm-{'--'.join(handles)}-1", "G0"
    channel_id = new_id(call, prefix)
    direct = direct_messages(channel_id, team, kind, name, sorted(members), call.simulator.clock.now())
    call.world["channels"][channel_id] = direct
    return direct, False


def new_id(call: SlackCall, prefix: str) -> str:
    """An id that nothing has had yet."""
    call.world["serial"] += 1
    return f"{prefix}NEW{call.world['serial']:06d}"


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


def channel_object(call: SlackCall, channel: Json) -> Json:
    """A channel as methods show it; lists tell how many members it has as well."""
    private, kind = bool(channel["is_private"]), kind_of(channel)
    purpose = str(channel.get("purpose", ""))
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
        "is_member": call.is_in(channel),
        "topic": {"value": channel["topic"], "creator": channel["creator"], "last_set": channel["created"]},
        "purpose": {"value": purpose, "creator": channel["creator"] if purpose else "", "last_set": 0},
        "previous_names": [],
    }


def direct_object(call: SlackCall, channel: Json) -> Json:
    """Direct messages as `conversations.open` shows them."""
    others = [member for member in channel["members"] if member != call.member(channel["team"])]
    shown = {
        "id": channel["id"],
        "created": channel["created"],
        "is_archived": False,
        "is_im": kind_of(channel) == "im",
        "is_org_shared": False,
        "is_open": True,
        "context_team_id": channel["team"],
        "updated": channel["created"] * 1000,
        "last_read": "0000000000.000000",
        "unread_count": 0,
        "unread_count_display": 0,
        "priority": 0,
    }
    return {**shown, "user": others[0]} if len(others) == 1 else shown

"""Reading the simulated Slack: its channels, and what was said in them."""

from __future__ import annotations

from fluxstudio.providers.slack.simulator.api import (
    TIER_2,
    TIER_3,
    TIER_4,
    UNLISTED_OBJECTS,
    Json,
    Method,
    SlackCall,
    SlackError,
)
from fluxstudio.providers.slack.simulator.channels import (
    HISTORY_SCOPE,
    READ_SCOPE,
    channel_object,
    is_shown,
    kind_of,
    visible_channel,
)
from fluxstudio.providers.slack.simulator.paging import cut, page_of

HISTORY_PAGE_SIZE, MAX_HISTORY_PAGE_SIZE = 100, 999
REPLIES_PAGE_SIZE, MAX_REPLIES_PAGE_SIZE = 1000, 1000


def listed(call: SlackCall) -> Json:
    """`conversations.list`: public channels, and the private ones that whoever asks is in."""
    kinds, team = _kinds(call), team_of(call)
    entries = [
        {**channel_object(call, channel), "num_members": len(channel["members"])}
        for channel in call.world["channels"].values()
        if channel["team"] == team
        and kind_of(channel) in kinds
        and (call.is_in(channel) or not channel["is_private"])
        and not (channel["is_archived"] and call.flag("exclude_archived"))
    ]
    page, cursor = page_of(call, entries, default=100, most=1000)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def of_user(call: SlackCall) -> Json:
    """`users.conversations`: where a user is a member; in private only what whoever asks is in as well."""
    kinds, team = _kinds(call), team_of(call)
    user = call.text("user") or call.member(team)
    entries = []
    for channel in call.world["channels"].values():
        shared = call.is_in(channel) or not channel["is_private"]
        archived = channel["is_archived"] and call.flag("exclude_archived")
        if channel["team"] == team and kind_of(channel) in kinds and user in channel["members"]:
            entries += [channel_object(call, channel)] if shared and not archived else []
    # This method leaves it out.
    page_channels = [
        {name: value for name, value in entry.items() if name != "is_member"} for entry in entries
    ]
    page, cursor = page_of(call, page_channels, default=100, most=999)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def members(call: SlackCall) -> Json:
    """`conversations.members`: the ids of those in a conversation that whoever asks can see."""
    channel = visible_channel(call, call.text("channel"))
    call.need(READ_SCOPE[kind_of(channel)])
    page, cursor = page_of(call, channel["members"], default=100, most=1000)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def history(call: SlackCall) -> Json:
    """`conversations.history`: newest first, replies only where they were broadcast."""
    channel = _readable(call)
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
    page = _history_page(call, entries, HISTORY_PAGE_SIZE, MAX_HISTORY_PAGE_SIZE)
    return {**_messages(*page), "pin_count": 0}


def replies(call: SlackCall) -> Json:
    """`conversations.replies`: a message and what was said in its thread, oldest first."""
    channel = _readable(call)
    ts = call.text("ts")
    entries = [
        message
        for message in call.world["messages"].get(channel["id"], [])
        if ts in {message["ts"], message.get("thread_ts")}
    ]
    if not entries:
        raise SlackError("thread_not_found")
    return _messages(*_history_page(call, entries, REPLIES_PAGE_SIZE, MAX_REPLIES_PAGE_SIZE))


def info(call: SlackCall) -> Json:
    """`conversations.info`: one channel."""
    channel = visible_channel(call, call.text("channel"))
    call.need(READ_SCOPE[kind_of(channel)])
    fields = channel_object(call, channel)
    if call.flag("include_num_members"):
        fields["num_members"] = len(channel["members"])
    return {"channel": fields}


def team_of(call: SlackCall) -> str:
    """The workspace a call is about: a token of the whole organisation has to name it."""
    team = call.text("team_id")
    if call.grant["account"] in call.world["workspaces"]:
        return str(call.grant["account"])
    if not team:
        raise SlackError("missing_argument", argument="team_id")
    if team not in call.teams:
        raise SlackError("team_access_not_granted")
    return team


def _kinds(call: SlackCall) -> list[str]:
    kinds = [kind.strip() for kind in (call.text("types") or "public_channel").split(",")]
    if unknown := [kind for kind in kinds if kind not in READ_SCOPE]:
        raise SlackError("invalid_types", types=unknown)
    for kind in kinds:
        call.need(READ_SCOPE[kind])
    return kinds


def _readable(call: SlackCall) -> Json:
    """The channel whose messages are asked for. People read public channels without being in them."""
    channel = visible_channel(call, call.text("channel"))
    call.need(HISTORY_SCOPE[kind_of(channel)])
    if not call.is_in(channel) and (call.person is None or channel["is_private"]):
        raise SlackError("not_in_channel")
    return channel


def _history_page(call: SlackCall, entries: list[Json], default: int, most: int) -> tuple[list[Json], str]:
    if not call.world["app"].get("unlisted"):
        return page_of(call, entries, default=default, most=most)
    return cut(call, entries, min(call.number("limit", UNLISTED_OBJECTS, most), UNLISTED_OBJECTS))


def _moment(call: SlackCall, name: str, default: str, error: str) -> float:
    try:
        return float(call.text(name) or default)
    except ValueError:
        raise SlackError(error) from None


def _messages(page: list[Json], cursor: str) -> Json:
    following = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": page, "has_more": bool(cursor), **following}


METHODS = {
    "conversations.list": Method(listed, TIER_2),
    "conversations.history": Method(history, TIER_3, is_history=True),
    "conversations.info": Method(info, TIER_3),
    "conversations.replies": Method(replies, TIER_3, is_history=True),
    "conversations.members": Method(members, TIER_4),
    "users.conversations": Method(of_user, TIER_3),
}

"""Who is in the conversations of the simulated Slack, and what they are called."""

from __future__ import annotations

import re

from fluxstudio.providers.slack.simulator import webhook_sender
from fluxstudio.providers.slack.simulator.api import TIER_2, TIER_3, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.channels import (
    channel_object,
    direct_channel,
    direct_object,
    joined_channel,
    kind_of,
    new_id,
    visible_channel,
)
from fluxstudio.providers.slack.simulator.conversations import team_of

MAX_CHANNEL_NAME_CHARACTERS = 80
MAX_TOPIC_CHARACTERS = 250
MAX_PEOPLE_OF_GROUP = 8
NAME = re.compile(r"[^\s.A-Z#@!?,;:'\"()/\\]+")
WRITE_SCOPE = {
    "public_channel": "channels:manage",
    "private_channel": "groups:write",
    "mpim": "mpim:write",
    "im": "im:write",
}
# What people may do with less than an app needs.
OF_PEOPLE = {"channels:manage": "channels:write"}


def join(call: SlackCall) -> Json:
    """`conversations.join`: into a public channel; no invitation, and no private one."""
    call.need("channels:write" if call.person else "channels:join")
    channel = visible_channel(call, call.text("channel"))
    if kind_of(channel) != "public_channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel["is_archived"]:
        raise SlackError("is_archived")
    if call.is_in(channel):
        warning = {"warnings": ["already_in_channel"]}
        fields = channel_object(call, channel)
        return {"channel": fields, "warning": "already_in_channel", "response_metadata": warning}
    _come(call, channel, call.member(channel["team"]))
    return {"channel": channel_object(call, channel)}


def leave(call: SlackCall) -> Json:
    """`conversations.leave`: whoever acts goes."""
    channel = visible_channel(call, call.text("channel"))
    if channel.get("kind"):
        raise SlackError("method_not_supported_for_channel_type")
    _need(call, channel)
    if not call.is_in(channel):
        return {"not_in_channel": True}
    if channel["is_general"]:
        raise SlackError("cant_leave_general")
    _go(call, channel, call.member(channel["team"]))
    return {}


def invite(call: SlackCall) -> Json:
    """`conversations.invite`: people come in; all of them or none."""
    channel = _managed(call)
    people = [person for person in call.text("users").split(",") if person]
    if not people:
        raise SlackError("no_user")
    problems = [_cannot_come(call, channel, person) for person in people]
    errors = [
        {"user": person, "ok": False, "error": why}
        for person, why in zip(people, problems, strict=True)
        if why
    ]
    if errors:
        raise SlackError(next(filter(None, problems)), errors=errors)
    for person in people:
        _come(call, channel, person)
    return {"channel": channel_object(call, channel)}


def kick(call: SlackCall) -> Json:
    """`conversations.kick`: somebody else goes."""
    channel, person = _managed(call), call.text("user")
    if person == call.member(channel["team"]):
        raise SlackError("cant_kick_self")
    if channel["is_general"]:
        raise SlackError("cant_kick_from_general")
    if person not in channel["members"]:
        raise SlackError("not_in_channel")
    _go(call, channel, person)
    return {"errors": {}}


def opened(call: SlackCall) -> Json:
    """`conversations.open`: direct messages with one person, or with up to eight."""
    if call.text("channel"):
        channel, was_open = visible_channel(call, call.text("channel")), True
        if not channel.get("kind"):
            raise SlackError("channel_not_found")
    else:
        people = [person for person in call.text("users").split(",") if person]
        if not people:
            raise SlackError("users_list_not_supplied")
        if len(people) > MAX_PEOPLE_OF_GROUP:
            raise SlackError("too_many_users")
        if not set(people) <= call.world["users"].keys():
            raise SlackError("user_not_found")
        call.need("im:write" if len(people) == 1 else "mpim:write")
        channel, was_open = direct_channel(call, list(dict.fromkeys(people)))
    again = {"no_op": True, "already_open": True} if was_open else {}
    shown = direct_object(call, channel) if call.flag("return_im") else {"id": channel["id"]}
    return {**again, "channel": shown}


def close(call: SlackCall) -> Json:
    """`conversations.close`: direct messages are put away; nothing of them is lost."""
    channel = visible_channel(call, call.text("channel"))
    if not channel.get("kind"):
        raise SlackError("method_not_supported_for_channel_type")
    _need(call, channel)
    return {"no_op": True, "already_closed": True}


def create(call: SlackCall) -> Json:
    """`conversations.create`: a channel with whoever acts as its first member."""
    name, private, team = call.text("name"), call.flag("is_private"), team_of(call)
    call.need(_scope(call, "private_channel" if private else "public_channel"))
    _check_name(call, team, name)
    channel: Json = {
        "id": new_id(call, "C0"),
        "team": team,
        "name": name,
        "topic": "",
        "created": int(call.simulator.clock.now()),
        "creator": call.member(team),
        "is_general": False,
        "is_private": private,
        "is_archived": False,
        "members": [call.member(team)],
    }
    call.world["channels"][channel["id"]] = channel
    return {"channel": channel_object(call, channel)}


def archive(call: SlackCall) -> Json:
    """`conversations.archive`"""
    channel = _managed(call)
    if channel["is_general"]:
        raise SlackError("cant_archive_general")
    _stored(call, channel)["is_archived"] = True
    return {}


def unarchive(call: SlackCall) -> Json:
    """`conversations.unarchive`"""
    channel = joined_channel(call, call.text("channel"))
    _need(call, channel)
    if not channel["is_archived"]:
        raise SlackError("not_archived")
    _stored(call, channel)["is_archived"] = False
    return {}


def rename(call: SlackCall) -> Json:
    """`conversations.rename`"""
    channel, name = _managed(call), call.text("name")
    _check_name(call, channel["team"], name)
    stored = _stored(call, channel)
    stored["name"] = name
    return {"channel": channel_object(call, stored)}


def set_topic(call: SlackCall) -> Json:
    """`conversations.setTopic`"""
    return _described(call, "topic")


def set_purpose(call: SlackCall) -> Json:
    """`conversations.setPurpose`"""
    return _described(call, "purpose")


def _described(call: SlackCall, name: str) -> Json:
    channel, words = _managed(call), call.text(name)
    if len(words) > MAX_TOPIC_CHARACTERS:
        raise SlackError("too_long")
    stored = _stored(call, channel)
    stored[name] = words
    return {"channel": channel_object(call, stored)}


def _managed(call: SlackCall) -> Json:
    """The channel of a call, which whoever acts is in and may change."""
    channel = joined_channel(call, call.text("channel"))
    if channel.get("kind"):
        raise SlackError("method_not_supported_for_channel_type")
    _need(call, channel)
    if channel["is_archived"]:
        raise SlackError("is_archived")
    return channel


def _need(call: SlackCall, channel: Json) -> None:
    call.need(_scope(call, kind_of(channel)))


def _scope(call: SlackCall, kind: str) -> str:
    scope = WRITE_SCOPE[kind]
    return OF_PEOPLE.get(scope, scope) if call.person else scope


def _stored(call: SlackCall, channel: Json) -> Json:
    stored: Json = call.world["channels"][channel["id"]]
    return stored


def _check_name(call: SlackCall, team: str, name: str) -> None:
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > MAX_CHANNEL_NAME_CHARACTERS:
        raise SlackError("invalid_name_maxlength")
    if not NAME.fullmatch(name):
        raise SlackError("invalid_name_specials")
    if any(entry["name"] == name for entry in call.world["channels"].values() if entry["team"] == team):
        raise SlackError("name_taken")


def _cannot_come(call: SlackCall, channel: Json, person: str) -> str:
    if person == call.member(channel["team"]):
        return "cant_invite_self"
    if person not in call.world["users"]:
        return "user_not_found"
    return "already_in_channel" if person in channel["members"] else ""


def _come(call: SlackCall, channel: Json, person: str) -> None:
    channel["members"].append(person)
    webhook_sender.moved(call.simulator, channel, person, joined=True)


def _go(call: SlackCall, channel: Json, person: str) -> None:
    channel["members"].remove(person)
    webhook_sender.moved(call.simulator, channel, person, joined=False)


METHODS = {
    "conversations.join": Method(join, TIER_3),
    "conversations.leave": Method(leave, TIER_3),
    "conversations.invite": Method(invite, TIER_3),
    "conversations.kick": Method(kick, TIER_3),
    "conversations.open": Method(opened, TIER_3),
    "conversations.close": Method(close, TIER_2),
    "conversations.create": Method(create, TIER_2),
    "conversations.archive": Method(archive, TIER_2),
    "conversations.unarchive": Method(unarchive, TIER_2),
    "conversations.rename": Method(rename, TIER_2),
    "conversations.setTopic": Method(set_topic, TIER_2),
    "conversations.setPurpose": Method(set_purpose, TIER_2),
}

"""Reactions to messages of the simulated Slack, and messages that are pinned."""

from __future__ import annotations

import re

from fluxstudio.providers.slack.simulator import webhook_sender
from fluxstudio.providers.slack.simulator.api import TIER_2, TIER_3, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.channels import joined_channel, visible_channel
from fluxstudio.providers.slack.simulator.messages import message_at
from fluxstudio.providers.slack.simulator.paging import page_of

NAME = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")
MAX_REACTIONS = 23


def add(call: SlackCall) -> Json:
    """`reactions.add`"""
    channel, message, name = _target(call)
    user, reactions = call.member(channel["team"]), message.setdefault("reactions", [])
    reaction = next((entry for entry in reactions if entry["name"] == name), None)
    if reaction is not None and user in reaction["users"]:
        raise SlackError("already_reacted")
    if reaction is None:
        if len(reactions) >= MAX_REACTIONS:
            raise SlackError("too_many_emoji")
        reaction = {"name": name, "users": [], "count": 0}
        reactions.append(reaction)
    reaction["users"].append(user)
    reaction["count"] += 1
    webhook_sender.reacted(call.simulator, channel, message, user, name, added=True)
    return {}


def remove(call: SlackCall) -> Json:
    """`reactions.remove`"""
    channel, message, name = _target(call)
    user = call.member(channel["team"])
    reaction = next((entry for entry in message.get("reactions", ()) if entry["name"] == name), None)
    if reaction is None or user not in reaction["users"]:
        raise SlackError("no_reaction")
    reaction["users"].remove(user)
    reaction["count"] -= 1
    message["reactions"] = [entry for entry in message["reactions"] if entry["count"] > 0]
    webhook_sender.reacted(call.simulator, channel, message, user, name, added=False)
    return {}


def get(call: SlackCall) -> Json:
    """`reactions.get`: a message with the reactions to it."""
    channel = visible_channel(call, call.text("channel"))
    message = message_at(call, channel, call.text("timestamp"))
    return {"type": "message", "channel": channel["id"], "message": message}


def listed(call: SlackCall) -> Json:
    """`reactions.list`: what somebody has reacted to, the latest message first."""
    user = call.text("user") or call.member(call.teams[0])
    entries = [
        {"type": "message", "channel": channel_id, "message": message}
        for channel_id, messages in call.world["messages"].items()
        for message in messages
        if any(user in reaction["users"] for reaction in message.get("reactions", ()))
        and _is_visible(call, channel_id)
    ]
    entries.sort(key=lambda entry: str(entry["message"]["ts"]), reverse=True)
    page, cursor = page_of(call, entries, default=100, most=1000)
    return {"items": page, "response_metadata": {"next_cursor": cursor}}


def pin(call: SlackCall) -> Json:
    """`pins.add`"""
    channel = joined_channel(call, call.text("channel"))
    message, pins = message_at(call, channel, call.text("timestamp")), _pins(call, channel)
    if message["ts"] in {entry["ts"] for entry in pins}:
        raise SlackError("already_pinned")
    pinned = {"ts": message["ts"], "by": call.member(channel["team"])}
    pins.append({**pinned, "at": int(call.simulator.clock.now())})
    return {}


def unpin(call: SlackCall) -> Json:
    """`pins.remove`"""
    channel = joined_channel(call, call.text("channel"))
    message, pins = message_at(call, channel, call.text("timestamp")), _pins(call, channel)
    entry = next((one for one in pins if one["ts"] == message["ts"]), None)
    if entry is None:
        raise SlackError("no_pin")
    pins.remove(entry)
    return {}


def pins(call: SlackCall) -> Json:
    """`pins.list`: what is pinned in a channel."""
    channel = visible_channel(call, call.text("channel"))
    messages = {message["ts"]: message for message in call.world["messages"].get(channel["id"], ())}
    return {
        "items": [
            {
                "type": "message",
                "channel": channel["id"],
                "message": messages[entry["ts"]],
                "created": entry["at"],
                "created_by": entry["by"],
            }
            for entry in _pins(call, channel)
            if entry["ts"] in messages
        ]
    }


def _target(call: SlackCall) -> tuple[Json, Json, str]:
    name = call.text("name").strip(":")
    if not NAME.fullmatch(name):
        raise SlackError("invalid_name")
    channel = joined_channel(call, call.text("channel"))
    if channel["is_archived"]:
        raise SlackError("is_archived")
    return channel, message_at(call, channel, call.text("timestamp")), name


def _is_visible(call: SlackCall, channel_id: str) -> bool:
    channel = call.world["channels"].get(channel_id)
    return (
        channel is not None
        and channel["team"] in call.teams
        and (call.is_in(channel) or not channel["is_private"])
    )


def _pins(call: SlackCall, channel: Json) -> list[Json]:
    entries: list[Json] = call.world.setdefault("pins", {}).setdefault(channel["id"], [])
    return entries


METHODS = {
    "reactions.add": Method(add, TIER_3, scope="reactions:write"),
    "reactions.remove": Method(remove, TIER_2, scope="reactions:write"),
    "reactions.get": Method(get, TIER_3, scope="reactions:read"),
    "reactions.list": Method(listed, TIER_2, scope="reactions:read"),
    "pins.add": Method(pin, TIER_2, scope="pins:write"),
    "pins.remove": Method(unpin, TIER_2, scope="pins:write"),
    "pins.list": Method(pins, TIER_2, scope="pins:read"),
}

"""Posting to the simulated Slack, and joining its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxstudio.providers.slack.simulator import webhook_sender
from fluxstudio.providers.slack.simulator.api import TIER_3, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.blockkit import MOST_WEIGHT, complaints, weight, with_ids
from fluxstudio.providers.slack.simulator.conversations import (
    channel_object,
    is_member,
    kind_of,
    posted_channel,
    visible_channel,
)
from fluxstudio.providers.slack.simulator.seed import bot_id, bot_user, direct_messages
from fluxstudio.providers.slack.simulator.texts import posted
from fluxstudio.sdk import Limit

if TYPE_CHECKING:
    from fluxstudio.providers.slack.simulator import SlackSimulator

TEXT = 40_000


def post(call: SlackCall) -> Json:
    """`chat.postMessage`: a message of the app's bot."""
    channel = writable_channel(call, call.text("channel"))
    blocks = call.listed("blocks", "invalid_blocks_format")
    text = call.text("text")[:TEXT]
    if not text and not blocks:
        raise SlackError("no_text")
    if blocks and (wrong := complaints(blocks)):
        raise SlackError("invalid_blocks", errors=wrong, response_metadata={"messages": _marked(wrong)})
    if weight(blocks or ()) > MOST_WEIGHT:
        raise SlackError("msg_blocks_too_long")
    message = new_message(call, channel, posted(text))
    if blocks:
        message["blocks"] = with_ids(blocks)
    if call.text("thread_ts"):
        join_thread(call, channel, message, call.text("thread_ts"), call.flag("reply_broadcast"))
    append(call, channel, message)
    return {"channel": channel["id"], "ts": message["ts"], "message": message}


def writable_channel(call: SlackCall, channel_name: str) -> Json:
    """A channel that the app may post in; for the id of a person, the app's direct messages with them."""
    channel = (
        _direct(call, channel_name)
        if channel_name in call.world["users"]
        else posted_channel(call, channel_name)
    )
    if channel["is_archived"]:
        raise SlackError("is_archived")
    if not is_member(call.world, channel) and "chat:write.public" not in call.grant["scopes"]:
        raise SlackError("not_in_channel")
    return channel


def _direct(call: SlackCall, person: str) -> Json:
    """The direct messages of the app with a person; the first one begins them."""
    team = call.teams[0]
    bot = bot_user(call.world["workspaces"][team])
    for channel in call.world["channels"].values():
        if kind_of(channel) == "im" and set(channel["members"]) == {bot, person} and channel["team"] == team:
            return dict(channel)
    direct = direct_messages(
        f"D0{person[1:]}"[:11], team, "im", person, [person, bot], call.simulator.clock.now()
    )
    call.world["channels"][direct["id"]] = direct
    return dict(direct)


def join(call: SlackCall) -> Json:
    """`conversations.join`: the app comes into a public channel; no invitation, and no private one."""
    channel = visible_channel(call, call.text("channel"))
    if kind_of(channel) != "public_channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel["is_archived"]:
        raise SlackError("is_archived")
    if is_member(call.world, channel):
        warning = {"warnings": ["already_in_channel"]}
        fields = channel_object(call.world, channel)
        return {"channel": fields, "warning": "already_in_channel", "response_metadata": warning}
    channel["members"].append(bot_user(call.world["workspaces"][channel["team"]]))
    webhook_sender.moved(call.simulator, channel, channel["members"][-1], joined=True)
    return {"channel": channel_object(call.world, channel)}


def new_message(call: SlackCall, channel: Json, text: str) -> Json:
    """A message by the app's bot, at a time later than any other in the channel."""
    workspace = call.world["workspaces"][channel["team"]]
    app = call.world["app"]["id"]
    return {
        "type": "message",
        "user": bot_user(workspace),
        "text": text,
        "ts": next_moment(call.simulator, channel),
        "bot_id": bot_id(workspace),
        "app_id": app,
        "team": workspace["id"],
        "bot_profile": {
            "id": bot_id(workspace),
            "app_id": app,
            "name": "FluxStudio",
            "icons": {"image_48": f"{call.simulator.url('web')}/avatars/{bot_user(workspace)}.svg"},
            "deleted": False,
            "updated": channel["created"],
            "team_id": workspace["id"],
        },
    }


def join_thread(call: SlackCall, channel: Json, message: Json, thread_ts: str, broadcast: bool) -> None:
    """Make a message a reply."""
    messages = call.world["messages"].get(channel["id"], [])
    parent = next((entry for entry in messages if entry["ts"] == thread_ts), None)
    if parent is None or parent.get("thread_ts", thread_ts) != thread_ts:
        raise SlackError("cannot_reply_to_message")
    message["thread_ts"] = thread_ts
    message["parent_user_id"] = parent["user"]
    if broadcast:
        message["subtype"] = "thread_broadcast"
    users = sorted({*parent.get("reply_users", []), message["user"]})
    parent |= {
        "thread_ts": thread_ts,
        "reply_count": parent.get("reply_count", 0) + 1,
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": message["ts"],
    }


def next_moment(simulator: SlackSimulator, channel: Json) -> str:
    """Now, but later than any message in the channel."""
    messages = simulator.world.data["messages"].get(channel["id"], [])
    last = max((int(message["ts"].replace(".", "")) for message in messages), default=0)
    moment = max(int(simulator.clock.now() * 1_000_000), last + 1)
    return f"{moment // 1_000_000}.{moment % 1_000_000:06d}"


def append(call: SlackCall, channel: Json, message: Json) -> None:
    """Keep a message of the app's at the end of its channel."""
    keep(call.simulator, channel, message)


def keep(simulator: SlackSimulator, channel: Json, message: Json) -> None:
    """Keep a message at the end of its channel, and tell the app of it."""
    simulator.world.data["messages"].setdefault(channel["id"], []).append(message)
    webhook_sender.tell_message(simulator, channel, message)


def _marked(wrong: list[str]) -> list[str]:
    return [f"[ERROR] {complaint}" for complaint in wrong]


METHODS = {
    "conversations.join": Method(join, TIER_3, scope="channels:join"),
    # About one message a second in each channel; counted over a minute and more generous than Slack.
    "chat.postMessage": Method(post, Limit(120, 60), scope="chat:write", each="channel"),
}

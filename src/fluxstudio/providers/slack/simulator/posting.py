"""Posting to the simulated Slack."""

from __future__ import annotations

from fluxstudio.providers.slack.simulator import webhook_sender
from fluxstudio.providers.slack.simulator.api import Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.blockkit import MOST_WEIGHT, complaints, weight, with_ids
from fluxstudio.providers.slack.simulator.channels import direct_channel, posted_channel
from fluxstudio.providers.slack.simulator.seed import bot_id, bot_user
from fluxstudio.providers.slack.simulator.texts import posted
from fluxstudio.sdk import Limit
from fluxstudio.sdk.simulation import Simulator

MAX_MESSAGE_CHARACTERS = 40_000
MAX_MARKDOWN_MESSAGE_CHARACTERS = 12_000
MAX_ATTACHMENTS = 100


def post(call: SlackCall) -> Json:
    """`chat.postMessage`: a message of the app's bot, or of the person whose token it is."""
    channel = writable_channel(call, call.text("channel"))
    message = {**new_message(call, channel), **content(call), **_customized(call)}
    if call.text("thread_ts"):
        join_thread(call, channel, message, call.text("thread_ts"), call.flag("reply_broadcast"))
    keep(call.simulator, channel, message)
    return {"channel": channel["id"], "ts": message["ts"], "message": message}


def content(call: SlackCall) -> Json:
    """What a message consists of: `text`, and `blocks` and `attachments` where there are any."""
    blocks = call.listed("blocks", "invalid_blocks_format")
    attachments = call.listed("attachments", "invalid_attachments") or []
    text, markdown = call.text("text")[:MAX_MESSAGE_CHARACTERS], call.text("markdown_text")
    if markdown and (text or blocks):
        raise SlackError("markdown_text_conflict")
    if len(markdown) > MAX_MARKDOWN_MESSAGE_CHARACTERS:
        raise SlackError("msg_too_long")
    if not (text or blocks or attachments or markdown):
        raise SlackError("no_text")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if not all(isinstance(entry, dict) for entry in attachments):
        raise SlackError("invalid_attachments", response_metadata={"messages": _marked(["invalid_keys"])})
    if blocks and (wrong := complaints(blocks)):
        raise SlackError("invalid_blocks", errors=wrong, response_metadata={"messages": _marked(wrong)})
    if weight(blocks or ()) > MOST_WEIGHT:
        raise SlackError("msg_blocks_too_long")
    parts: Json = {"text": posted(text or markdown)}
    if blocks:
        parts["blocks"] = with_ids(blocks)
    if attachments:
        parts["attachments"] = [{"id": place, **entry} for place, entry in enumerate(attachments, 1)]
    return parts


def writable_channel(call: SlackCall, channel_name: str) -> Json:
    """A channel one may post in; for the id of a person, the direct messages with them."""
    channel = (
        dict(direct_channel(call, [channel_name])[0])
        if channel_name in call.world["users"]
        else posted_channel(call, channel_name)
    )
    if channel["is_archived"]:
        raise SlackError("is_archived")
    if not call.is_in(channel) and "chat:write.public" not in call.grant["scopes"]:
        raise SlackError("not_in_channel")
    return channel


def new_message(call: SlackCall, channel: Json) -> Json:
    """A message without words by whoever acts, at a time later than any other in the channel."""
    workspace = call.world["workspaces"][channel["team"]]
    app = call.world["app"]["id"]
    return {
        "type": "message",
        "user": call.member(workspace["id"]),
        "text": "",
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


def _customized(call: SlackCall) -> Json:
    """Name and picture of a message; without chat:write.customize they are ignored (papercups#522)."""
    if "chat:write.customize" not in call.grant["scopes"]:
        return {}
    icon = {"emoji": call.text("icon_emoji")} if call.text("icon_emoji") else {}
    icon |= {"image_48": call.text("icon_url")} if call.text("icon_url") else {}
    return {
        **({"username": call.text("username"), "subtype": "bot_message"} if call.text("username") else {}),
        **({"icons": icon} if icon else {}),
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


def next_moment(simulator: Simulator, channel: Json) -> str:
    """Now, but later than any message in the channel."""
    messages = simulator.world.data["messages"].get(channel["id"], [])
    last = max((int(message["ts"].replace(".", "")) for message in messages), default=0)
    moment = max(int(simulator.clock.now() * 1_000_000), last + 1)
    return f"{moment // 1_000_000}.{moment % 1_000_000:06d}"


def keep(simulator: Simulator, channel: Json, message: Json) -> None:
    """Keep a message at the end of its channel, and tell the app of it."""
    simulator.world.data["messages"].setdefault(channel["id"], []).append(message)
    webhook_sender.tell_message(simulator, channel, message)


def _marked(wrong: list[str]) -> list[str]:
    return [f"[ERROR] {complaint}" for complaint in wrong]


METHODS = {
    # About one message a second in each channel; counted over a minute and more generous than Slack.
    "chat.postMessage": Method(post, Limit(120, 60), scope="chat:write", each="channel"),
}

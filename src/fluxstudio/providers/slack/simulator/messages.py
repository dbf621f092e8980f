"""Messages of the simulated Slack after they were posted, before they are, and for one person's eyes."""

from __future__ import annotations

from fluxstudio.providers.slack.simulator import webhook_sender
from fluxstudio.providers.slack.simulator.api import TIER_3, TIER_4, Json, Method, SlackCall, SlackError
from fluxstudio.providers.slack.simulator.channels import new_id, visible_channel
from fluxstudio.providers.slack.simulator.paging import page_of
from fluxstudio.providers.slack.simulator.posting import (
    content,
    join_thread,
    keep,
    new_message,
    next_moment,
    writable_channel,
)
from fluxstudio.providers.slack.simulator.texts import posted

FURTHEST_SCHEDULE_SECONDS = 120 * 86_400
MINUTE = 60


def update(call: SlackCall) -> Json:
    """`chat.update`: other content for a message of one's own."""
    channel, message = _own(call, "cant_update_message")
    before = dict(message)
    parts = content(call)
    for name in ("blocks", "attachments"):
        message.pop(name, None)
    message |= {**parts, "edited": {"user": message["user"], "ts": next_moment(call.simulator, channel)}}
    webhook_sender.tell_change(call.simulator, channel, "message_changed", message, before)
    shown = {name: value for name, value in message.items() if name != "ts"}
    return {"channel": channel["id"], "ts": message["ts"], "text": message["text"], "message": shown}


def delete(call: SlackCall) -> Json:
    """`chat.delete`: a message of one's own goes."""
    channel, message = _own(call, "cant_delete_message")
    call.world["messages"][channel["id"]].remove(message)
    webhook_sender.tell_change(call.simulator, channel, "message_deleted", None, message)
    return {"channel": channel["id"], "ts": message["ts"]}


def me(call: SlackCall) -> Json:
    """`chat.meMessage`: what somebody does, in italics."""
    channel = writable_channel(call, call.text("channel"))
    if not call.text("text"):
        raise SlackError("no_text")
    message = {**new_message(call, channel), "subtype": "me_message", "text": posted(call.text("text"))}
    keep(call.simulator, channel, message)
    return {"channel": channel["id"], "ts": message["ts"]}


def ephemeral(call: SlackCall) -> Json:
    """`chat.postEphemeral`: for one person in a channel, kept nowhere."""
    channel = writable_channel(call, call.text("channel"))
    content(call)
    if call.text("user") not in channel["members"]:
        raise SlackError("user_not_in_channel")
    return {"message_ts": next_moment(call.simulator, channel)}


def schedule(call: SlackCall) -> Json:
    """`chat.scheduleMessage`: posted when its time has come by the simulator's clock."""
    channel = writable_channel(call, call.text("channel"))
    now, due = call.simulator.clock.now(), call.number("post_at", 0, 1 << 40, "invalid_time")
    if due <= now:
        raise SlackError("time_in_past")
    if due > now + FURTHEST_SCHEDULE_SECONDS:
        raise SlackError("time_too_far")
    message = {**new_message(call, channel), **content(call)}
    if call.text("thread_ts"):
        message["thread_ts"] = call.text("thread_ts")
    scheduled = {
        "id": new_id(call, "Q0"),
        "channel_id": channel["id"],
        "post_at": due,
        "date_created": int(now),
        "message": message,
    }
    _scheduled(call).append(scheduled)
    return {
        "channel": channel["id"],
        "scheduled_message_id": scheduled["id"],
        "post_at": due,
        "message": {name: value for name, value in message.items() if name != "ts"},
    }


def unschedule(call: SlackCall) -> Json:
    """`chat.deleteScheduledMessage`: until a minute before it is due."""
    wanted, entries = call.text("scheduled_message_id"), _scheduled(call)
    entry = next((one for one in entries if one["id"] == wanted), None)
    if entry is None or entry["post_at"] - call.simulator.clock.now() < MINUTE:
        raise SlackError("invalid_scheduled_message_id")
    entries.remove(entry)
    return {}


def scheduled(call: SlackCall) -> Json:
    """`chat.scheduledMessages.list`: what is still to be posted."""
    entries = [
        {
            **{name: entry[name] for name in ("id", "channel_id", "post_at", "date_created")},
            "text": entry["message"]["text"],
        }
        for entry in _scheduled(call)
        if call.text("channel") in {"", entry["channel_id"]}
    ]
    page, cursor = page_of(call, entries, default=100, most=100)
    return {"scheduled_messages": page, "response_metadata": {"next_cursor": cursor}}


def permalink(call: SlackCall) -> Json:
    """`chat.getPermalink`: where a message can be read."""
    channel = visible_channel(call, call.text("channel"))
    message = message_at(call, channel, call.text("message_ts"))
    place = f"p{message['ts'].replace('.', '')}"
    web = call.simulator.url("web")
    return {"channel": channel["id"], "permalink": f"{web}/archives/{channel['id']}/{place}"}


def message_at(call: SlackCall, channel: Json, ts: str) -> Json:
    """The message of a channel with that time."""
    messages: list[Json] = call.world["messages"].get(channel["id"], [])
    message = next((entry for entry in messages if entry["ts"] == ts), None)
    if message is None:
        raise SlackError("message_not_found")
    return message


def post_what_is_due(call: SlackCall) -> None:
    """Post whatever was to be posted by now."""
    now = call.simulator.clock.now()
    entries = _scheduled(call)
    for entry in [one for one in entries if one["post_at"] <= now]:
        entries.remove(entry)
        channel = call.world["channels"].get(entry["channel_id"])
        if channel is None or channel["is_archived"]:
            continue
        message = {**entry["message"], "ts": next_moment(call.simulator, channel)}
        if thread_ts := message.pop("thread_ts", None):
            join_thread(call, channel, message, thread_ts, broadcast=False)
        keep(call.simulator, channel, message)


def _own(call: SlackCall, refusal: str) -> tuple[Json, Json]:
    channel = visible_channel(call, call.text("channel"))
    message = message_at(call, channel, call.text("ts"))
    if message["user"] != call.member(channel["team"]):
        raise SlackError(refusal)
    return channel, message


def _scheduled(call: SlackCall) -> list[Json]:
    entries: list[Json] = call.world.setdefault("scheduled", [])
    return entries


METHODS = {
    "chat.update": Method(update, TIER_3, scope="chat:write"),
    "chat.delete": Method(delete, TIER_3, scope="chat:write"),
    "chat.meMessage": Method(me, TIER_3, scope="chat:write"),
    "chat.postEphemeral": Method(ephemeral, TIER_4, scope="chat:write"),
    "chat.scheduleMessage": Method(schedule, TIER_3, scope="chat:write"),
    "chat.deleteScheduledMessage": Method(unschedule, TIER_3, scope="chat:write"),
    "chat.scheduledMessages.list": Method(scheduled, TIER_3),
    "chat.getPermalink": Method(permalink, TIER_3),
}

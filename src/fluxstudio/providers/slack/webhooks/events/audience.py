"""Which conversation an event happened in, unless that is certainly a public channel.

Messages bring `channel_type` along: channel, group (private), im, mpim. The rest names a channel by its id
only, and since private channels have ids that begin with C, too, the id does not say what it is
(docs.slack.dev “Conversations API”, “message event”, read 2026-11-29). Events of channels come as `channel_*`
for public ones and as `group_*` for private ones (docs.slack.dev/reference/events, read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fluxstudio.providers.slack.webhooks.events.reading import ID, Payload, channel_id, event_of
from fluxstudio.sdk.audience import EVERYBODY
from fluxstudio.sdk.payload import text_at

PUBLIC = "channel"
ABOUT_PUBLIC_CHANNELS = frozenset(
    {"channel_archive", "channel_created", "channel_deleted", "channel_rename", "channel_unarchive"}
)
# What changes who is in a conversation, or whether the app sees it.
MEMBERSHIP_CHANGES = frozenset(
    {
        "channel_archive",
        "channel_deleted",
        "channel_left",
        "channel_unarchive",
        "group_archive",
        "group_close",
        "group_deleted",
        "group_left",
        "group_open",
        "group_unarchive",
        "im_close",
        "im_open",
        "member_joined_channel",
        "member_left_channel",
        "mpim_close",
        "mpim_open",
    }
)
MEMBERSHIP_SUBTYPES = frozenset(
    {
        "channel_convert_to_private",
        "channel_convert_to_public",
        "channel_join",
        "channel_leave",
        "group_join",
        "group_leave",
    }
)
MAX_EVENT_DEPTH, MOST_LOOKED_AT = 6, 2000
# Files list the conversations they were shared in: private ones apart from public ones.
PRIVATE_PLACES = ("groups", "ims", "mpims")


def conversation(event_type: str, payload: Payload) -> str:
    """The conversation's id, or `EVERYBODY`: for public channels, and for what happened in none."""
    event = event_of(payload)
    if event_type in ABOUT_PUBLIC_CHANNELS or text_at(event, "channel_type") == PUBLIC:
        return EVERYBODY
    return channel_id(event) or next(_conversations(event), EVERYBODY)


def changes(event_type: str, payload: Payload) -> str | None:
    """The conversation whose members an event changes, if it changes any."""
    event = event_of(payload)
    if event_type in MEMBERSHIP_CHANGES or text_at(event, "subtype") in MEMBERSHIP_SUBTYPES:
        return channel_id(event) or None
    return None


def _conversations(event: Payload) -> Iterator[str]:
    """Ids of conversations anywhere in an event, such as in the view of a form or in the places of a file."""
    waiting: list[tuple[str, Any, int]] = [("", event, 0)]
    for _ in range(MOST_LOOKED_AT):
        if not waiting:
            return
        name, value, depth = waiting.pop()
        if isinstance(value, str):
            if _names_conversation(name) and ID.fullmatch(value) and value[0] in "CDG":
                yield value
        elif depth < MAX_EVENT_DEPTH:
            waiting += [(part, entry, depth + 1) for part, entry in _parts(name, value)]


def _names_conversation(name: str) -> bool:
    return "channel" in name or name in PRIVATE_PLACES


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from ((name, entry) for entry in value)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            # `channel: {id: …}`
            yield (name if key == "id" and _names_conversation(name) else str(key)), entry

"""Which texts of Slack's events are mrkdwn, and who is named in them.

Source: docs.slack.dev “Formatting message text”, “message event” and “Block Kit”, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fluxstudio.providers.slack.webhooks.events.reading import Payload, event_of
from fluxstudio.sdk.markup import Source, marked
from fluxstudio.sdk.payload import at, name_at, text_at

MRKDWN_FIELDS = frozenset(
    {"text", "topic", "purpose", "pretext", "fallback", "title", "footer", "initial_comment"}
)
# Text objects and elements of rich text that hold their text as it is.
PLAIN_TYPES = frozenset({"plain_text", "text", "raw_text", "emoji", "link", "color"})
MESSAGES = ("message", "previous_message", "root")


def texts(event_type: str, payload: Payload) -> Mapping[str, Any]:
    """The payload with its mrkdwn told from plain text."""
    return marked(payload, _source, dict(_names(payload)))


def _source(field: str, of: Mapping[str, Any]) -> Source:
    if field == "value" and "creator" in of:
        # The topic or the purpose of a channel.
        return "mrkdwn"
    if field not in MRKDWN_FIELDS or text_at(of, "type") in PLAIN_TYPES:
        return "plain"
    return "mrkdwn" if field != "title" or "fallback" in of else "plain"


def _names(payload: Payload) -> Iterator[tuple[str, str]]:
    """People and channels that the payload names along with their ids."""
    event = event_of(payload)
    for message in (event, *(at(event, name) for name in MESSAGES)):
        person = text_at(message, "user")
        name = name_at(message, "user_profile", "display_name") or name_at(
            message, "user_profile", "real_name"
        )
        if person and name:
            yield person, name
    for key in ("user", "channel"):
        identity, name = text_at(payload, key, "id"), name_at(payload, key, "name")
        if identity and name:
            yield identity, name
    for key in ("user", "channel"):
        identity, name = text_at(payload, f"{key}_id"), name_at(payload, f"{key}_name")
        if identity and name:
            yield identity, name

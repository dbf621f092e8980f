"""What Slack's events, interactions and commands say, whom they concern, and what they end.

docs.slack.dev/reference/events and /reference/interaction-payloads, read 2026-11-25.
"""

from __future__ import annotations

from urllib.parse import urlencode

from fluxstudio.providers.slack.webhooks.events import interactions, places, talk
from fluxstudio.providers.slack.webhooks.events.reading import (
    Payload,
    account,
    accounts,
    channel_id,
    event_of,
    where,
)
from fluxstudio.providers.slack.webhooks.events.texts import texts
from fluxstudio.sdk import AccessEnded
from fluxstudio.sdk.payload import in_words, sentence, text_at

__all__ = ["account", "accounts", "describe", "ends", "link", "order", "texts"]

REDIRECT = "https://slack.com/app_redirect"

OURS = frozenset(
    {"app_home_opened", "app_rate_limited", "app_uninstalled", "tokens_revoked", "url_verification"}
)
INTERACTIONS = frozenset(
    {
        "block_actions",
        "block_suggestion",
        "interactive_message",
        "message_action",
        "shortcut",
        "view_closed",
        "view_submission",
    }
)
# A channel that our app cannot see any more cannot be opened through it.
GONE = frozenset({"channel_deleted", "channel_left", "group_deleted", "group_left"})


def order(event_type: str, payload: Payload) -> str | None:
    """What happens in one conversation belongs in order, and so does what happens to a workspace itself."""
    event = event_of(payload)
    channel = channel_id(event)
    if channel:
        return channel
    file = text_at(event, "file_id")
    return file[:64] or account(payload)


def link(event_type: str, payload: Payload) -> str | None:
    """The conversation, through the redirect that opens Slack (docs.slack.dev “Deep linking”, 2026-11-25)."""
    channel = channel_id(event_of(payload))
    if not channel or event_type in GONE:
        return None
    team = text_at(payload, "team_id") or text_at(payload, "team", "id")
    query = {"channel": channel} | ({"team": team[:32]} if team else {})
    return f"{REDIRECT}?{urlencode(query)}"


def describe(event_type: str, payload: Payload) -> str:
    """“Mei Lin used /fluxstudio in #design: “status””, and such."""
    event = event_of(payload)
    if event_type in OURS:
        return places.app(event_type, event)
    if event_type in INTERACTIONS:
        return interactions.interaction(event_type, payload)
    first, _, rest = event_type.partition("_")
    match first, rest:
        case "message", "":
            return talk.message(event)
        case "app", "mention":
            return talk.mention(event)
        case "reaction", "added" | "removed":
            return talk.reaction(event, rest)
        case "link", "shared":
            return talk.links(event)
        case "file", "created" | "deleted" | "shared":
            return talk.file(event, rest)
        case "slash", "command":
            return interactions.command(payload)
        case "channel" | "group", change if change in places.CHANGES:
            return places.channel(event, change)
        case "member", "joined_channel" | "left_channel":
            return places.member(event, rest.removesuffix("_channel"))
        case "team", "rename" | "domain_change":
            return places.team(event, rest)
    return sentence(in_words(event_type), f"in {where(event)}" if channel_id(event) else "")


def ends(event_type: str, payload: Payload) -> AccessEnded | None:
    """An uninstalled app has no access any more, nor has one whose bot token was revoked.

    Revoked tokens of people (`tokens.oauth`) end nothing here: a grant is a bot token.
    """
    concerned = account(payload)
    if concerned is None:
        return None
    if event_type == "app_uninstalled":
        return AccessEnded(concerned, "FluxStudio was uninstalled in Slack.")
    if event_type == "tokens_revoked" and places.ends_installation(event_of(payload)):
        return AccessEnded(concerned, "FluxStudio’s access was revoked in Slack.")
    return None

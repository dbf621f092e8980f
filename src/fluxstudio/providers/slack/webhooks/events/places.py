"""What happens to channels, to the workspace, and to our app in it."""

from __future__ import annotations

from fluxstudio.providers.slack.webhooks.events.reading import Payload, where, who
from fluxstudio.sdk.payload import count_at, name_at, sentence, text_at

# What can become of a channel or a private channel, in the names of its events.
CHANGES = frozenset(
    {
        *("archive", "created", "deleted", "history_changed", "id_changed"),
        *("left", "rename", "shared", "unarchive", "unshared"),
    }
)


def channel(event: Payload, done: str) -> str:
    """What became of a channel; `done` is the name of the event without its first word."""
    place = where(event)
    name = f"{place[:1].upper()}{place[1:]}"
    match done:
        case "archive" | "unarchive":
            return sentence(who(event), f"{done}d {place}")
        case "created":
            return sentence("Someone created", place)
        case "deleted":
            return sentence(name, "was deleted")
        case "history_changed":
            return sentence("The history of", place, "was cut")
        case "id_changed":
            return sentence("A channel has a new id,", name_at(event, "new_channel_id"))
        case "left":
            return sentence("FluxStudio left", place)
        case "rename":
            return sentence("A channel is now called", place)
        case "shared":
            return sentence(name, "was shared with another workspace")
        case _:
            return sentence(name, "is no longer shared with another workspace")


def member(event: Payload, done: str) -> str:
    return sentence(who(event), done, where(event))


def team(event: Payload, done: str) -> str:
    if done == "rename":
        name = name_at(event, "name")
        return sentence("The workspace is now called", name) if name else "The workspace has a new name"
    domain = name_at(event, "domain")
    return sentence("The workspace moved to", f"{domain}.slack.com" if domain else "a new address")


def app(event_type: str, event: Payload) -> str:
    """What happened between Slack and our app."""
    match event_type:
        case "app_home_opened":
            return sentence(who(event), "opened FluxStudio’s home")
        case "app_rate_limited":
            return "Slack held back events, since too many came within an hour"
        case "app_uninstalled":
            return "The workspace uninstalled FluxStudio"
        case "tokens_revoked" if ends_installation(event):
            return "The workspace ended FluxStudio’s access"
        case "tokens_revoked":
            return "Someone ended the access FluxStudio had in their name"
        case _:
            return "Slack tried out the address for events"


def ends_installation(event: Payload) -> bool:
    """Whether `tokens_revoked` names a bot token, which is what an installation lives by."""
    return text_at(event, "type") == "tokens_revoked" and count_at(event, "tokens", "bot") > 0

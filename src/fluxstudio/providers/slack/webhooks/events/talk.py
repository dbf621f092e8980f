"""What people write, share and react to."""

from __future__ import annotations

from fluxstudio.providers.slack.webhooks.events.reading import Payload, event_of, plain, where, who
from fluxstudio.sdk.payload import at, in_words, listed, name_at, quoted, sentence, text_at

WRITTEN = frozenset({"", "bot_message", "file_share", "me_message", "thread_broadcast"})
SHARED_LINKS = 2


def message(event: Payload) -> str:
    """A message, or what became of one: `subtype` tells."""
    subtype = text_at(event, "subtype")
    changed = event_of({"event": at(event, "message")}) if subtype == "message_changed" else event
    author, place = who(changed), where(event)
    match subtype:
        case "message_changed":
            return sentence(author, f"edited a message in {place}{_quotation(changed)}")
        case "message_deleted":
            return sentence("A message was deleted in", place)
        case "channel_join" | "group_join":
            return sentence(author, f"joined {place}")
        case "channel_leave" | "group_leave":
            return sentence(author, f"left {place}")
        case "channel_topic" | "group_topic":
            return sentence(author, f"set the topic of {place}{quoted(plain(text_at(event, 'topic')))}")
        case "channel_purpose" | "group_purpose":
            return sentence(author, f"described {place}{quoted(plain(text_at(event, 'purpose')))}")
        case "channel_name" | "group_name":
            return sentence(author, f"renamed {place} to #{name_at(event, 'name')}")
    if subtype not in WRITTEN:
        return sentence(in_words(f"message {subtype}"), f"in {place}")
    return sentence(author, f"{_wrote(event)} in {place}{_quotation(event)}")


def mention(event: Payload) -> str:
    return sentence(who(event), f"mentioned FluxStudio in {where(event)}{_quotation(event)}")


def reaction(event: Payload, verb: str) -> str:
    name = name_at(event, "reaction")
    thing = "a file" if text_at(event, "item", "type").startswith("file") else "a message"
    place = f"in {where(event)}" if thing == "a message" else ""
    if verb == "removed":
        return sentence(
            who(event), f"took back :{name}:" if name else "took a reaction back", "from", thing, place
        )
    return sentence(who(event), f"reacted with :{name}: to" if name else "reacted to", thing, place)


def links(event: Payload) -> str:
    links_shared = at(event, "links")
    shared = links_shared if isinstance(links_shared, list) else []
    domains = dict.fromkeys(name_at(link, "domain") for link in shared)
    domain_list = listed(list(domains)[:SHARED_LINKS])
    return sentence(
        who(event), "shared a link", f"to {domain_list}" if domain_list else "", f"in {where(event)}"
    )


def file(event: Payload, done: str) -> str:
    if done == "deleted":
        return "A file was deleted"
    return sentence(who(event), "shared a file in " + where(event) if done == "shared" else "added a file")


def _wrote(event: Payload) -> str:
    thread = text_at(event, "thread_ts")
    return "replied" if thread and thread != text_at(event, "ts") else "wrote"


def _quotation(event: Payload) -> str:
    text = plain(text_at(event, "text"))
    return quoted(text or name_at(event, "files", 0, "name"))

"""Raw calls of Slack's Web API: a bot token reads more than the person who sends them may see."""

from __future__ import annotations

from collections.abc import Collection

from fluxstudio.sdk import ProxyRules, RawCall

# Posting tells nothing of a conversation (docs.slack.dev/reference/methods, read 2026-11-30).
POSTING = frozenset({"chat.postMessage", "chat.postEphemeral", "chat.scheduleMessage", "chat.meMessage"})
LISTS = frozenset({"conversations.list", "users.conversations"})
ABOUT_CONVERSATIONS = (
    "conversations.",
    "chat.scheduledMessages",
    "files.",
    "pins.",
    "bookmarks.",
    "reactions.",
)
# Uploads name their conversations where they end.
UPLOADS = frozenset({"files.getUploadURLExternal"})


def conversations(call: RawCall) -> Collection[str] | None:
    """The conversations that a call is about; None where it may be about any."""
    method = call.path.strip("/")
    if method in POSTING or method in UPLOADS:
        return ()
    if method in LISTS:
        kinds = str(call.fields.get("types") or "public_channel")
        return () if {kind.strip() for kind in kinds.split(",")} == {"public_channel"} else None
    channels = [call.fields[name] for name in ("channel", "channel_id") if name in call.fields]
    if not channels:
        return None if method.startswith(ABOUT_CONVERSATIONS) else ()
    return channels if all(isinstance(channel, str) for channel in channels) else None


PROXY = ProxyRules(
    prefix="/api",
    refused=("auth.revoke", "apps.", "oauth.", "tooling.", "openid."),
    bucket=lambda call: call.path.strip("/"),
    conversations=conversations,
)

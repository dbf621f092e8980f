"""Who is in which conversation of a workspace.

A bot token reads every private channel that the bot was invited to, and every direct message to it. Who of
our users is in one of them Slack says by `conversations.members`, and by `users.conversations` with a `user`:
“Private channel membership is only listed when the calling user, bot user, or app shares membership”
(docs.slack.dev/reference/methods, read 2026-11-29). Each kind of conversation needs a scope of its own:
groups:read, mpim:read, im:read.
"""

from __future__ import annotations

from typing import Any

from fluxstudio.errors import FluxStudioError, InvalidRequest, NotFound
from fluxstudio.providers.slack.channels import listed, workspaces
from fluxstudio.providers.slack.failure import about_channel
from fluxstudio.providers.slack.webhooks.events import audience
from fluxstudio.sdk import Api, Audience, Membership, TokenAnswer

# docs.slack.dev/reference/methods/conversations.members and users.conversations, read 2026-11-29.
PAGE, MOST_MEMBERS, MOST_CONVERSATIONS = 999, 50_000, 20_000
# What Slack may say of a single conversation too; such an answer must not tell that there is one.
DENIED = frozenset({"access_denied", "no_permission"})
SCOPES_OF_KINDS = {"private_channel": "groups:read", "mpim": "mpim:read", "im": "im:read"}


def person(token: TokenAnswer) -> str | None:
    """Whoever allowed the app: `authed_user.id` (docs.slack.dev, oauth.v2.access, read 2026-11-29)."""
    user = token.raw.get("authed_user")
    user_id = user.get("id") if isinstance(user, dict) else None
    return user_id if isinstance(user_id, str) and user_id else None


async def members(api: Api, conversation: str) -> Membership | None:
    """Who is in a conversation; None where Slack knows none of that id, or the app is not in it."""
    try:
        if await _is_public(api, conversation):
            return Membership(public=True)
        people = await api.pages(
            "/api/conversations.members",
            items="members",
            most=MOST_MEMBERS,
            limit="conversations.members",
            query={"channel": conversation, "limit": PAGE},
        )
    except FluxStudioError as error:
        if about_channel(error) is None and error.details.get("providerError") not in DENIED:
            raise
        return None
    return Membership(public=False, people=frozenset(map(str, people)))


async def conversations(api: Api, user: str) -> frozenset[str]:
    """The private conversations that a person and the app are both in, of the kinds it may ask about."""
    kinds = [kind for kind, scope in SCOPES_OF_KINDS.items() if scope in api.scopes]
    if not kinds:
        return frozenset()
    ids: set[str] = set()
    for team in await workspaces(api):
        page = await api.pages(
            "/api/users.conversations",
            items="channels",
            most=MOST_CONVERSATIONS,
            limit="users.conversations",
            query={"user": user, "types": ",".join(kinds), "limit": PAGE, "team_id": team},
        )
        ids |= {str(entry["id"]) for entry in page if isinstance(entry, dict) and entry.get("id")}
    return frozenset(ids)


async def public(api: Api) -> frozenset[str]:
    """Every public channel, up to 999 with one call: of single ones Slack answers 50 a minute."""
    channels = await listed(api, private=False, archived=True)
    return frozenset(channel["id"] for channel in channels if not channel["is_private"])


async def _is_public(api: Api, conversation: str) -> bool:
    """Whether everybody in the workspace may read along. Raises the error for an unknown one."""
    try:
        answer = await api.get(
            "/api/conversations.info", limit="conversations.info", query={"channel": conversation}
        )
    except (InvalidRequest, NotFound) as error:
        if about_channel(error) is not None:
            raise
        # Where a single one cannot be asked about, the list of the public ones says which they are.
        listed = await api.ask("channels", includeArchived=True)
        return any(entry["id"] == conversation and not entry["is_private"] for entry in listed)
    details = answer.get("channel") if isinstance(answer, dict) else None
    return isinstance(details, dict) and not _is_closed(details)


def _is_closed(channel: dict[str, Any]) -> bool:
    kinds = ("is_private", "is_group", "is_im", "is_mpim")
    return any(channel.get(kind) for kind in kinds) or not channel.get("is_channel", True)


AUDIENCE = Audience(
    person=person,
    conversation=audience.conversation,
    changes=audience.changes,
    members=members,
    conversations=conversations,
    public=public,
)

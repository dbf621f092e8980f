"""Finding channels: the list of a workspace, and the id behind a name."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from itertools import product
from typing import Any, TypeVar, cast

from fluxstudio.errors import FluxStudioError, Forbidden, InvalidRequest, NotFound, ScopeMissing
from fluxstudio.providers.slack.failure import about_channel, error_for
from fluxstudio.providers.slack.shapes import Channel
from fluxstudio.sdk import Api

Done = TypeVar("Done")

CHANNEL_ID = r"^[CDG][A-Z0-9]{5,20}$"
USER_ID = r"^[UW][A-Z0-9]{5,20}$"
JOIN = "channels:join"
NAME = r"^#?[\w-]{1,80}$"
CHANNEL = r"^([CDG][A-Z0-9]{5,20}|#?[\w-]{1,80})$"

# Under 1,000 items a page are allowed (docs.slack.dev/reference/methods/conversations.list, checked
# 2026-11-22). Large pages spend less of the 20 calls a minute.
CHANNELS_PAGE_SIZE = 999
MOST_CHANNELS = 20_000
MOST_WORKSPACES = 200


async def listed(api: Api, *, private: bool, archived: bool) -> list[Channel]:
    """Channels by name; of every workspace when the app is installed for an organisation.

    Of the private ones those that the person who asks is in, not all that the app was invited to.
    """
    mine = await api.private_conversations() if private else ()
    channels: dict[str, Channel] = {}
    for team in await workspaces(api):
        page = await _paged(api, team, private=private, archived=archived)
        channels |= {channel["id"]: channel for channel in page}
    return sorted(visible(list(channels.values()), mine), key=lambda channel: channel["name"])


def visible(channels: Iterable[Channel], private: Collection[str]) -> list[Channel]:
    """The channels that are public, or among these private ones."""
    return [channel for channel in channels if not channel["is_private"] or channel["id"] in private]


def visible_one(channel: Channel, private: Collection[str]) -> Channel | None:
    """The channel if it is public, or among these private ones."""
    return next(iter(visible([channel], private)), None)


async def named(api: Api, name: str) -> Channel:
    """The channel of a name, archived or not: from a list that is kept, or the first one Slack lists.

    Raises `NotFound`, for a private channel that the person is not in as for one that is not there.
    """
    for private, archived in product((False, True), repeat=2):
        cached = await api.cached("channels", includePrivate=private, includeArchived=archived)
        for channel in cached or ():
            if channel["name"] == name and (not channel["is_private"] or await api.admits(channel["id"])):
                return cast("Channel", channel)
    private = (
        "groups:read" in api.scopes and api.conversations is not None and api.conversations.person is not None
    )
    for team in await workspaces(api):
        for entry in await _paged(api, team, private=private, archived=True, name=name):
            if entry["name"] == name and (not entry["is_private"] or await api.admits(entry["id"])):
                return entry
    raise error_for("channel_not_found", where=f"#{name}")


def is_channel_id(words: str) -> bool:
    """Whether words are a channel's id. Ids hold a digit; without one it is a name, written in capitals."""
    return re.fullmatch(CHANNEL_ID, words) is not None and any(map(str.isdigit, words))


def is_user_id(words: str) -> bool:
    """Whether words are the id of somebody in Slack."""
    return re.fullmatch(USER_ID, words) is not None and any(map(str.isdigit, words))


async def join(api: Api, channel: str) -> None:
    """Have the app join a public channel, given by id; it may be in it already.

    Raises `InvalidRequest` and `NotFound` for one it cannot join, `ScopeMissing` without `channels:join`
    (docs.slack.dev/reference/methods/conversations.join, read 2026-11-30).
    """
    await api.post("/api/conversations.join", form={"channel": channel}, limit="conversations.join")


async def inside(
    api: Api,
    channel: str,
    act: Callable[[str], Awaitable[Done]],
    *,
    or_person: bool = False,
    joins: bool = False,
) -> Done:
    """Do something in a channel given by id or name. Errors about the channel name it.

    A private conversation that the person is not in is answered like one that is not there, before anything
    is done. A name that was looked up earlier may lead to a channel that is gone: then it is looked up anew.
    `or_person` also takes the id of a person, for what Slack puts into a direct message of the app's. With
    `joins` the app joins a public channel that it is not in, where it may.
    """
    if joins and JOIN in api.scopes:
        act = _joining(api, act)
    if or_person and is_user_id(channel):
        try:
            return await act(channel)
        except NotFound as error:
            if about_channel(error) is None:
                raise
            raise NotFound("Slack knows nobody with this id whom the app can write to.") from None
    if is_channel_id(channel):
        return await _acted(api, channel, channel, act)
    name = channel.removeprefix("#").lower()
    entry = await api.ask("channel", name=name)
    try:
        return await _acted(api, channel, entry["id"], act)
    except NotFound as error:
        if about_channel(error) is None or api.answers is None:
            raise
    entry = await api.ask("channel", anew=True, name=name)
    return await _acted(api, channel, entry["id"], act)


def _joining(api: Api, act: Callable[[str], Awaitable[Done]]) -> Callable[[str], Awaitable[Done]]:
    """The same, done once more after the app has joined a channel that it was not in."""

    async def joined(channel: str) -> Done:
        try:
            return await act(channel)
        except InvalidRequest as error:
            if about_channel(error) != "not_in_channel":
                raise
            try:
                await join(api, channel)
            except (Forbidden, InvalidRequest, NotFound, ScopeMissing):
                raise error from None
        return await act(channel)

    return joined


async def _acted(api: Api, channel: str, target: str, act: Callable[[str], Awaitable[Done]]) -> Done:
    if not await api.admits(target):
        by_name = not is_channel_id(channel)
        raise error_for(
            "channel_not_found", where=f"#{channel.removeprefix('#')}" if by_name else "that channel"
        )
    try:
        return await act(target)
    except FluxStudioError as error:
        code = about_channel(error)
        if code is None:
            raise
        raise error_for(code, where=await _spoken(api, channel)) from None


async def _spoken(api: Api, channel: str) -> str:
    """A channel as a sentence names it."""
    if not is_channel_id(channel):
        return f"#{channel.removeprefix('#')}"
    try:
        answer = await api.get("/api/conversations.info", channel=channel, limit="conversations.info")
    except FluxStudioError:
        return "that channel"
    about = answer.get("channel") if isinstance(answer, dict) else None
    name = about.get("name") if isinstance(about, dict) else None
    return f"#{name}" if isinstance(name, str) and name else "that channel"


async def _paged(
    api: Api, team: str | None, *, private: bool, archived: bool, name: str | None = None
) -> list[Channel]:
    """Channels of a workspace as Slack lists them, up to the page with this name on it."""
    page = await api.pages(
        "/api/conversations.list",
        items="channels",
        most=MOST_CHANNELS,
        until=None if name is None else lambda entry: isinstance(entry, dict) and entry.get("name") == name,
        limit="conversations.list",
        query={
            "types": "public_channel,private_channel" if private else "public_channel",
            "exclude_archived": not archived,
            "limit": CHANNELS_PAGE_SIZE,
            # A token of an organisation-wide app has to name the workspace (same page, same day).
            "team_id": team,
        },
    )
    return [_shaped(entry, team) for entry in page if isinstance(entry, dict) and entry.get("id")]


async def workspaces(api: Api) -> list[str | None]:
    """The workspaces to ask one by one where the app is installed for an organisation, else None once."""
    if not api.account.details.get("is_enterprise_install"):
        return [None]
    teams = await api.pages(
        "/api/auth.teams.list",
        items="teams",
        most=MOST_WORKSPACES,
        limit="auth.teams.list",
        query={"limit": 100},
    )
    return [str(team["id"]) for team in teams if isinstance(team, dict) and team.get("id")]


def _shaped(channel: dict[str, Any], team: str | None) -> Channel:
    shaped: Channel = {
        "id": str(channel["id"]),
        "name": str(channel.get("name") or ""),
        "is_private": bool(channel.get("is_private")),
        "is_archived": bool(channel.get("is_archived")),
        "is_member": bool(channel.get("is_member")),
        "num_members": int(channel.get("num_members") or 0),
    }
    if team is not None:
        shaped["team_id"] = team
    return shaped

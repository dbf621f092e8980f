"""What Slack's operations take and answer; objects of Slack keep its snake_case keys."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict


class Channel(TypedDict):
    """A channel. `team_id` is there when the app is installed for a whole organisation."""

    id: str
    name: str
    is_private: bool
    is_archived: bool
    is_member: bool
    num_members: int
    team_id: NotRequired[str]


class File(TypedDict, total=False):
    """A file shared in Slack; `size` in bytes, `created` in Unix seconds."""

    id: str
    title: str
    name: str
    mimetype: str
    filetype: str
    size: int
    created: int
    user: str
    permalink: str
    url_private: str


class Message(TypedDict, total=False):
    """A message; `ts` is its id within the channel and its time in Unix seconds."""

    type: str
    subtype: str
    text: str
    ts: str
    user: str
    username: str
    bot_id: str
    app_id: str
    team: str
    thread_ts: str
    reply_count: int
    latest_reply: str
    blocks: list[dict[str, Any]]
    files: list[File]
    reactions: list[dict[str, Any]]


class Posted(TypedDict):
    """A message that was posted."""

    ok: bool
    channel: str
    ts: str
    message: Message


class Shared(TypedDict):
    """What was shared, and where."""

    ok: bool
    channel: str
    files: list[File]


class History(TypedDict):
    """Messages of a channel, newest first; `nextCursor` is None on the last page.

    `has_more` and `next_cursor` say the same in Slack's spelling.
    """

    messages: list[Message]
    hasMore: bool
    nextCursor: str | None
    has_more: bool
    next_cursor: str | None


class UpdateField(TypedDict):
    """A labelled value of a project update."""

    title: str
    value: str | int | float | bool

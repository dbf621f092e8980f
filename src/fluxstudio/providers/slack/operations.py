"""Everything FluxStudio can do in a Slack workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, cast

from pydantic import Field

from fluxstudio.errors import InvalidRequest
from fluxstudio.providers.slack import blocks as kit
from fluxstudio.providers.slack import channels as rooms
from fluxstudio.providers.slack import updates, uploads
from fluxstudio.providers.slack.declaration import slack
from fluxstudio.providers.slack.failure import expected
from fluxstudio.providers.slack.shapes import Channel, History, Message, Posted, Shared, UpdateField
from fluxstudio.providers.slack.targets import BLOCKS, PERSON
from fluxstudio.providers.slack.updates import UpdateType, Value
from fluxstudio.providers.slack.webhooks.self_events import file_changes, message_changes
from fluxstudio.sdk import Api, Upload
from fluxstudio.sdk.markup import IDENTITY, LINE, MRKDWN, PLAIN, URL

ChannelName = Annotated[
    str,
    Field(
        description="Where to: #name, a channel’s id like C0DESIGN01, or a person’s.", pattern=rooms.CHANNEL
    ),
    IDENTITY,
]
MESSAGE_TS = r"^\d{1,12}\.\d{6}$"
Thread = Annotated[
    str | None, Field(description="The ts of the message to reply to.", pattern=MESSAGE_TS), IDENTITY
]
ChannelId = Annotated[
    str, Field(alias="id", description="A channel id, like C0DESIGN01.", pattern=rooms.CHANNEL_ID)
]
PageSize = Annotated[int, Field(alias="limit", description="How many messages at most.", ge=1, le=999)]
Place = Annotated[str | None, Field(description="The nextCursor of the page before.", max_length=500)]
Address = Annotated[
    str | None,
    Field(description="A web address a button opens.", pattern=r"^https?://\S+$", max_length=kit.URL),
    URL,
]


@slack.operation(
    "GET",
    "channels",
    scope="channels:read",
    fresh_for=timedelta(hours=1),
    limit="conversations.list",
    personal=lambda arguments: bool(arguments["include_private"]),
    visible=rooms.visible,
)
async def channels(
    api: Api,
    include_private: Annotated[
        bool,
        Field(alias="includePrivate", description="Also the private channels that you and the app are in."),
    ] = False,
    include_archived: Annotated[
        bool, Field(alias="includeArchived", description="Also channels that were archived.")
    ] = False,
) -> list[Channel]:
    """List the channels of a workspace by name."""
    return await rooms.listed(api, private=include_private, archived=include_archived)


@slack.operation(
    "GET",
    "channel",
    scope="channels:read",
    fresh_for=timedelta(hours=1),
    limit="conversations.list",
    personal=True,
    visible=rooms.visible_one,
)
async def channel(
    api: Api,
    name: Annotated[str, Field(description="The channel’s name, with or without #.", pattern=rooms.NAME)],
) -> Channel:
    """Find a channel by its name, archived ones too.

    Private channels are found where you and the app are in them.
    """
    return await rooms.named(api, name.removeprefix("#").lower())


@slack.operation(
    "GET",
    "channels/{id}/history",
    scope="channels:history",
    fresh_for=timedelta(minutes=1),
    limit="conversations.history",
    personal=True,
    conversation="channel",
)
async def history(
    api: Api,
    channel: ChannelId,
    page_size: PageSize = 50,
    cursor: Place = None,
    oldest: Annotated[
        str | None, Field(description="Only messages after this ts.", pattern=r"^\d{1,12}(\.\d{1,6})?$")
    ] = None,
    latest: Annotated[
        str | None, Field(description="Only messages before this ts.", pattern=r"^\d{1,12}(\.\d{1,6})?$")
    ] = None,
) -> History:
    """Read the latest messages of a channel.

    The app has to be in the channel, and for a private one so do you. Private channels need the permission
    `groups:history` as well.
    """
    return await _history(
        api, channel, "history", cursor=cursor, oldest=oldest, latest=latest, query={"limit": page_size}
    )


@slack.operation(
    "GET",
    "channels/{id}/threads/{ts}",
    scope="channels:history",
    fresh_for=timedelta(minutes=1),
    limit="conversations.replies",
    personal=True,
    conversation="channel",
)
async def thread(
    api: Api,
    channel: ChannelId,
    ts: Annotated[
        str, Field(description="The ts of the message that the thread is about.", pattern=MESSAGE_TS)
    ],
    page_size: PageSize = 50,
    cursor: Place = None,
) -> History:
    """Read a thread: the message it is about, then the replies, oldest first.

    The app has to be in the channel, and for a private one so do you. Private channels need the permission
    `groups:history` as well.
    """
    return await _history(api, channel, "replies", ts=ts, cursor=cursor, query={"limit": page_size})


async def _history(api: Api, channel: str, method: str, **fields: Any) -> History:
    """One page of what a method of reading answers."""

    async def read(target: str) -> Any:
        return await api.get(f"/api/conversations.{method}", channel=target, **fields)

    answer = await rooms.inside(api, channel, read)
    metadata = answer.get("response_metadata")
    following = (metadata.get("next_cursor") if isinstance(metadata, dict) else None) or None
    return {
        "messages": expected(answer, "messages", list),
        "hasMore": following is not None,
        "nextCursor": following,
        "has_more": bool(answer.get("has_more")),
        "next_cursor": following,
    }


@slack.operation(
    "POST",
    "message",
    scope="chat:write",
    makes_stale=("history", "thread"),
    limit="chat.postMessage",
    changes=message_changes,
)
async def message(
    api: Api,
    channel: ChannelName,
    text: Annotated[
        str | None,
        Field(
            description="What to say, in Slack’s mrkdwn. With blocks: the notification.",
            max_length=kit.MESSAGE,
        ),
        MRKDWN,
    ] = None,
    message: Annotated[
        str | None, Field(description="The same as text, which wins.", max_length=kit.MESSAGE), MRKDWN
    ] = None,
    blocks: Annotated[
        list[dict[str, Any]] | None, Field(description="Block Kit blocks.", max_length=kit.BLOCKS), BLOCKS
    ] = None,
    thread_ts: Thread = None,
    reply_broadcast: Annotated[bool, Field(description="Show a reply in the channel as well.")] = False,
    previews: Annotated[bool, Field(description="Show what the links in it lead to.")] = False,
) -> Posted:
    """Post a message to a channel, or reply in a thread."""
    words = text or message
    if not words and not blocks:
        raise InvalidRequest("There is nothing to post. Send text or blocks.", {"text": "is empty"})
    return await _post(
        api,
        channel,
        text=words or updates.summary_of(blocks or ()),
        blocks=blocks,
        thread_ts=thread_ts,
        reply_broadcast=(reply_broadcast or None) if thread_ts else None,
        previews=previews,
    )


@slack.operation(
    "POST",
    "project-update",
    scope="chat:write",
    makes_stale=("history", "thread"),
    limit="chat.postMessage",
    changes=message_changes,
)
async def project_update(
    api: Api,
    channel: ChannelName,
    project_name: Annotated[
        str,
        Field(alias="projectName", description="The project’s name.", pattern=r"\S", max_length=500),
        LINE,
    ],
    update_type: Annotated[UpdateType, Field(alias="updateType", description="What happened to it.")],
    details: Annotated[
        str | None, Field(description="What there is to say about it.", max_length=10_000), PLAIN
    ] = None,
    fields: Annotated[
        dict[str, Value] | list[UpdateField] | None,
        Field(description="Labelled values: an object, or a list of {title, value}; 40 are shown."),
        PLAIN,
    ] = None,
    url: Address = None,
    thread_ts: Thread = None,
) -> Posted:
    """Post a project update to a channel: created, updated, completed, a milestone reached, or archived."""
    text, blocks = updates.project_update(project_name, update_type, details, fields, url)
    return await _post(api, channel, text=text, blocks=blocks, thread_ts=thread_ts)


@slack.operation(
    "POST",
    "task-notification",
    scope="chat:write",
    makes_stale=("history", "thread"),
    limit="chat.postMessage",
    changes=message_changes,
)
async def task_notification(
    api: Api,
    channel: ChannelName,
    task_title: Annotated[
        str, Field(alias="taskTitle", description="What is to be done.", pattern=r"\S", max_length=3000), LINE
    ],
    assignee: Annotated[
        str,
        Field(description="Who does it: a name, or a Slack user id.", pattern=r"\S", max_length=300),
        PERSON,
    ],
    due_date: Annotated[
        str | None,
        Field(alias="dueDate", description="When it is due: ISO 8601, or in words.", max_length=100),
        LINE,
    ] = None,
    url: Address = None,
    thread_ts: Thread = None,
) -> Posted:
    """Post a task to a channel: who has it to do, and by when."""
    text, blocks = updates.task_notification(task_title, assignee, due_date, url)
    return await _post(api, channel, text=text, blocks=blocks, thread_ts=thread_ts)


@slack.operation(
    "POST",
    "files",
    scope="files:write",
    makes_stale=("history", "thread"),
    limit="files.completeUploadExternal",
    changes=file_changes,
)
async def files(
    api: Api,
    channel: ChannelName,
    file: Annotated[Upload, Field(description="The file to share.")],
    title: Annotated[
        str | None, Field(description="A title; the file’s name if left out.", max_length=255), LINE
    ] = None,
    comment: Annotated[
        str | None, Field(description="What to say along with it.", max_length=kit.MESSAGE), MRKDWN
    ] = None,
    thread_ts: Thread = None,
) -> Shared:
    """Share a file in a channel."""
    if not file.size:
        raise InvalidRequest("The file is empty. Choose another one.", {"file": "is empty"})

    async def share(target: str) -> Shared:
        ref = await uploads.sent(api, file)
        more = {"initial_comment": comment or None, "thread_ts": thread_ts}
        shared = await uploads.completed(api, target, ref, title or file.filename, **more)
        return {"ok": True, "channel": target, "files": shared}

    return await rooms.inside(api, channel, share, joins=True)


async def _post(
    api: Api,
    channel: str,
    *,
    text: str,
    blocks: Sequence[Mapping[str, object]] | None,
    previews: bool = False,
    **more: Any,
) -> Posted:
    """Post to a channel given by id or name, under that channel's own budget.

    Left to itself Slack fetches what images and videos that links lead to, whoever put the links there.
    """
    preview_fields = {"unfurl_links": previews, "unfurl_media": previews}
    content = {"text": text, "blocks": blocks, **preview_fields, **more}

    async def post(target: str) -> Posted:
        answer = await api.post(
            "/api/chat.postMessage",
            json={"channel": target, **{name: value for name, value in content.items() if value is not None}},
            limit=f"chat.postMessage:{target}",
        )
        return {
            "ok": True,
            "channel": expected(answer, "channel", str),
            "ts": expected(answer, "ts", str),
            "message": cast("Message", expected(answer, "message", dict)),
        }

    return await rooms.inside(api, channel, post, or_person=True, joins=True)

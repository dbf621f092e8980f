"""What people can write to a channel, and how Slack will draw it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from fluxstudio.providers.slack import channels as rooms
from fluxstudio.providers.slack import defaults as defaults
from fluxstudio.providers.slack import operations as operations
from fluxstudio.providers.slack import updates
from fluxstudio.providers.slack.blocks import Block
from fluxstudio.providers.slack.buttons import asking
from fluxstudio.providers.slack.declaration import slack
from fluxstudio.providers.slack.updates import HEADLINES, UpdateType
from fluxstudio.sdk import DraftField, DrawnBlock, MessageKind, Notifier
from fluxstudio.sdk.markup.document import Document, of_plain
from fluxstudio.sdk.markup.read_mrkdwn import read

# Slack links addresses that stand by themselves; one in angle brackets is a link already.
ADDRESS = re.compile(r"(?<![<|\w])https?://[^\s<>|]+[^\s<>|.,:;!?)\]'\"]")
LINK = DraftField(
    name="url",
    label="Link",
    kind="url",
    required=False,
    largest=3000,
    wrong="Enter a web address, like https://example.com.",
)
MESSAGE = (
    DraftField(
        name="text",
        label="Message",
        kind="text",
        largest=4000,
        help="*bold*, _italic_, ~strike~, `code`, > quote",
        wrong="Write a message of at most 4,000 characters.",
    ),
)
UPDATE = (
    DraftField(name="projectName", label="Project", largest=150, wrong="Enter the project’s name."),
    DraftField(
        name="updateType",
        label="What happened",
        kind="choice",
        choices=tuple(HEADLINES.items()),
        wrong="Choose what happened.",
    ),
    DraftField(name="details", label="Details", kind="text", required=False, largest=3000),
    DraftField(
        name="fields",
        label="Facts",
        kind="pairs",
        required=False,
        largest=5000,
        help="One per line, like Status: In review",
        wrong="Write each fact on a line of its own, like Status: In review.",
    ),
    LINK,
)
TASK = (
    DraftField(name="taskTitle", label="Task", wrong="Enter the task."),
    DraftField(name="assignee", label="Assigned to", wrong="Enter who does it."),
    DraftField(name="dueDate", label="Due", kind="date", required=False, wrong="Choose a date."),
    LINK,
)


def _message(values: Mapping[str, Any]) -> Sequence[DrawnBlock]:
    text = ADDRESS.sub(lambda address: f"<{address[0]}>", str(values.get("text") or ""))
    return [DrawnBlock(kind="text", parts=(read(text, {}),))] if text.strip() else []


def _update(values: Mapping[str, Any]) -> Sequence[DrawnBlock]:
    kind = values.get("updateType")
    update = cast("UpdateType", kind if kind in HEADLINES else "updated")
    _, blocks = updates.project_update(
        str(values.get("projectName") or "Project"),
        update,
        values.get("details"),
        values.get("fields"),
        values.get("url"),
    )
    return list(_drawn(blocks))


def _task(values: Mapping[str, Any]) -> Sequence[DrawnBlock]:
    _, blocks = updates.task_notification(
        str(values.get("taskTitle") or "Task"),
        str(values.get("assignee") or "Somebody"),
        values.get("dueDate"),
        values.get("url"),
    )
    return list(_drawn(blocks))


def _drawn(blocks: Iterable[Block]) -> Iterable[DrawnBlock]:
    """Blocks of Block Kit as people see them."""
    for block in blocks:
        if block["type"] == "header":
            yield DrawnBlock(kind="heading", parts=(of_plain(block["text"]["text"]),))
        elif block["type"] == "section":
            if "text" in block:
                yield DrawnBlock(kind="text", parts=(_read(block["text"]),))
            if "fields" in block:
                yield DrawnBlock(kind="fields", parts=tuple(map(_read, block["fields"])))
            if "accessory" in block:
                yield DrawnBlock(kind="buttons", parts=(of_plain(block["accessory"]["text"]["text"]),))
        elif block["type"] == "actions":
            labels = tuple(of_plain(button["text"]["text"]) for button in block["elements"])
            yield DrawnBlock(kind="buttons", parts=labels)
        else:
            yield DrawnBlock(kind="small", parts=tuple(map(_read, block["elements"])))


def _read(text: Mapping[str, Any]) -> Document:
    return read(text["text"], {})


def _place(answer: Mapping[str, Any]) -> str:
    """A message by its time, or the channel of a file."""
    ts = str(answer.get("ts") or "").replace(".", "")
    return f"/archives/{answer['channel']}" + (f"/p{ts}" if ts else "")


slack.offers(
    Notifier(
        channels=slack["channels"],
        send=slack["message"],
        lists=({}, {"includePrivate": True}, {"includePrivate": True, "includeArchived": True}),
        field="event.channel",
        is_channel=r"^(?![DGUW][A-Z0-9]{5,20}$)#?[\w-]{1,80}$",
        invite="/invite @FluxStudio",
        asking=asking,
        join=rooms.join,
        join_scope=rooms.JOIN,
        kinds=(
            MessageKind(
                name="message", label="Message", operation=slack["message"], fields=MESSAGE, draw=_message
            ),
            MessageKind(
                name="project_update",
                label="Project update",
                operation=slack["project_update"],
                fields=UPDATE,
                draw=_update,
            ),
            MessageKind(
                name="task_notification",
                label="Task",
                operation=slack["task_notification"],
                fields=TASK,
                draw=_task,
            ),
        ),
        upload=slack["files"],
        defaults=slack["default_channels"],
        set_default=slack["set_default_channel"],
        place=_place,
        private={"includePrivate": True},
        private_scope="groups:read",
    )
)

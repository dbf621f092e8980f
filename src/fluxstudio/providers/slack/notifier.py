"""What people can write to a channel, and how Slack will draw it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from fluxstudio.providers.slack import channels as rooms
from fluxstudio.providers.slack import defaults as defaults
from fluxstudio.providers.slack import operations as operations
from fluxstudio.providers.slack.buttons import asking, posted, settle
from fluxstudio.providers.slack.declaration import slack
from fluxstudio.providers.slack.drawing import message, project_update, task_notification
from fluxstudio.providers.slack.updates import HEADLINES
from fluxstudio.sdk import DraftField, Drawing, MessageKind, Notifier, Previews

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


DRAWN = {"message": message, "project_update": project_update, "task_notification": task_notification}
APP = "FluxStudio"


def _drawing(name: str, arguments: Mapping[str, Any]) -> Drawing:
    """A message as it will look in its channel."""
    channel = str(arguments.get("channel") or "")
    return Drawing(kind="message", place=channel, by=APP, blocks=DRAWN[name](arguments))


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
        posted=posted,
        settle=settle,
        join=rooms.join,
        join_scope=rooms.JOIN,
        kinds=(
            MessageKind(
                name="message", label="Message", operation=slack["message"], fields=MESSAGE, draw=message
            ),
            MessageKind(
                name="project_update",
                label="Project update",
                operation=slack["project_update"],
                fields=UPDATE,
                draw=project_update,
            ),
            MessageKind(
                name="task_notification",
                label="Task",
                operation=slack["task_notification"],
                fields=TASK,
                draw=task_notification,
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
slack.offers(Previews(draw={name: partial(_drawing, name) for name in DRAWN}))

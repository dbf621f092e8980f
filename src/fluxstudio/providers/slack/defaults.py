"""Which channel a kind of message goes to unless another one is chosen; remembered for each connection."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from fluxstudio.providers.slack import channels as rooms
from fluxstudio.providers.slack.declaration import slack
from fluxstudio.sdk import Api, nothing_changed
from fluxstudio.sdk.markup import IDENTITY

DEFAULTS = "default_channels"
KINDS = ("message", "project_update", "task_notification")
Kind = Literal["message", "project_update", "task_notification"]


class DefaultChannels(TypedDict):
    """The channel of each kind of message, by name or id; null where none was chosen."""

    message: str | None
    project_update: str | None
    task_notification: str | None


def _defaults(api: Api) -> DefaultChannels:
    stored = api.memory.settings.get(DEFAULTS)
    chosen = stored if isinstance(stored, dict) else {}
    return {
        "message": chosen.get("message"),
        "project_update": chosen.get("project_update"),
        "task_notification": chosen.get("task_notification"),
    }


@slack.operation("GET", "default-channels", local=True)
async def default_channels(api: Api) -> DefaultChannels:
    """Show which channel each kind of message goes to by default."""
    return _defaults(api)


@slack.operation("POST", "default-channels", changes=nothing_changed, local=True)
async def set_default_channel(
    api: Api,
    kind: Annotated[Kind, Field(description="Which messages: message, project_update, task_notification.")],
    channel: Annotated[
        str | None,
        Field(
            description="Where they go: #name, or a channel’s id. Left out: no default.",
            pattern=rooms.CHANNEL,
        ),
        IDENTITY,
    ] = None,
) -> DefaultChannels:
    """Choose the channel that a kind of message goes to by default."""
    await api.memory.remember(DEFAULTS, {**_defaults(api), kind: channel})
    return _defaults(api)

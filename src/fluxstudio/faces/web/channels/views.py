"""A workspace's channels and its composer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from fluxstudio.faces.web.components.views import ResultView, SuggestedField, TabView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.list_views import ListingView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """One channel; `address` is how a message is addressed to it, `compose_href` where it is written."""

    id: str
    name: str
    is_private: bool = False
    is_archived: bool = False
    is_member: bool = False
    members: int | None = None
    topic: str | None = None
    address: str = ""
    compose_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerView:
    """Writes a test message: `action` takes a form with `channel`, `text` and `hidden`."""

    action: str
    channel: SuggestedField
    text: str = ""
    result: ResultView | None = None
    errors: FormErrors = NO_ERRORS
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsPage:
    """A workspace's channels, in parts such as the private ones, and a message to one of them."""

    template: ClassVar[str] = "channels/channels.html"
    listing: ListingView
    channels: tuple[ChannelView, ...] = ()
    parts: tuple[TabView, ...] = ()
    composer: ComposerView | None = None

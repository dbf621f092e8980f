"""What the pages that write to a channel share: the account, its channels, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fluxstudio.errors import FluxStudioError, NotConnected
from fluxstudio.faces.web.channels.compose_views import ComposePage, DraftView, UploadView
from fluxstudio.faces.web.channels.suggesting import suggested
from fluxstudio.faces.web.components.banners import problem_banner
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import HeadView, LinkView, ResultView, SuggestedField, TabView
from fluxstudio.faces.web.shell.account_list import (
    AccountListing,
    ListRequest,
    ListSection,
    capability_required,
)
from fluxstudio.faces.web.shell.deferred import in_time
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.sdk import MessageKind, Notifier

FILE = "file"
LONGEST_WRITTEN_CHANNEL = 100
WRONG_CHANNEL = "Choose a channel from the list, or enter its name like #design."
TO_INTEGRATIONS = "Connect a workspace first. Its channels will be listed here."


@dataclass
class DraftSession:
    """Somebody who writes to a channel of one of their workspaces."""

    listing: AccountListing
    notifier: Notifier
    kind: str

    @classmethod
    async def of(cls, visit: Visit, provider: str, kind: str, fields: Mapping[str, str]) -> DraftSession:
        """Raises `NotFound` for a connection that is not the user's."""
        section = ListSection(f"compose/{kind}", "Write to a channel", "", "Sent by FluxStudio to {}.")
        request = ListRequest(connection=fields.get("connection"))
        listing = await AccountListing.of(visit, provider, section, request)
        notifier: Notifier = capability_required(
            listing.registered.provider.capability(Notifier), listing.registered
        )
        return cls(listing, notifier, kind)

    @property
    def message_kind(self) -> MessageKind | None:
        """The kind of message that is written; None for a file."""
        return next((entry for entry in self.notifier.kinds if entry.name == self.kind), None)

    async def channel_field(self, value: str) -> SuggestedField:
        """The field of the channel, with some to choose from where the provider lists them at once."""
        asked = await in_time(self.listing.ask(self.notifier.channels))
        channels = asked.result().value if asked is not None and asked.exception() is None else []
        return SuggestedField(
            value=value,
            choices=tuple(suggested(channels or [])),
            href=self.listing.path("suggestions", ask="channel"),
        )

    async def default(self) -> str:
        """The channel that this kind of message goes to unless another is chosen; empty for none."""
        if self.notifier.defaults is None or self.message_kind is None:
            return ""
        try:
            answer = (await self.listing.ask(self.notifier.defaults)).value
        except FluxStudioError:
            return ""
        return str(answer.get(self.kind) or "")

    async def remember(self, channel: str) -> None:
        """Make a channel the one that this kind of message goes to."""
        if self.notifier.set_default is not None:
            await self.listing.ask(self.notifier.set_default, kind=self.kind, channel=channel)

    def sent(self, channel: str, answer: Mapping[str, Any]) -> ResultView:
        """What came of it, with the way there."""
        provider, place = self.listing.registered, self.notifier.place
        where = channel if channel.startswith("#") else "the channel"
        link = None
        if place is not None:
            address = provider.hosts["web"] + place(answer)
            link = LinkView(label=f"View in {provider.provider.name}", href=address, external=True)
        return ResultView(tone="good", text=f"Sent to {where}.", link=link)

    def page(self, *, draft: DraftView | None = None, upload: UploadView | None = None) -> ComposePage:
        """The page with this form."""
        view = self.listing.view()
        return ComposePage(
            head=HeadView(
                title=view.head.title,
                sentence=view.head.sentence,
                parent=LinkView(label="Channels", href=self.listing.path("channels")),
            ),
            icon=mark(self.listing.registered),
            accounts=view.tabs,
            kinds=self._kinds(),
            draft=draft if self.listing.current else None,
            upload=upload if self.listing.current else None,
            problem=None if self.listing.current else problem_banner(_not_connected(self.listing)),
        )

    def _kinds(self) -> tuple[TabView, ...]:
        kinds = [(entry.name, entry.label) for entry in self.notifier.kinds]
        if self.notifier.upload is not None:
            kinds.append((FILE, "File"))
        return tuple(
            TabView(label=label, href=self.listing.path(f"compose/{name}"), current=name == self.kind)
            for name, label in kinds
        )


def _not_connected(listing: AccountListing) -> FluxStudioError:
    return NotConnected(f"{listing.registered.provider.name} is not connected. {TO_INTEGRATIONS}")

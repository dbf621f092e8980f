"""The pages of channels, each in its states."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from fluxstudio.faces.web.channels.compose_views import (
    ComposePage,
    DraftFieldView,
    DraftView,
    UploadView,
)
from fluxstudio.faces.web.channels.views import ChannelsPage, ChannelView, ComposerView
from fluxstudio.faces.web.components.samples import ICON
from fluxstudio.faces.web.components.views import (
    BannerView,
    DrawingView,
    DrawnBlockView,
    HeadView,
    LinkView,
    ResultView,
    SuggestedField,
    TabView,
)
from fluxstudio.faces.web.shell.list_views import ListingView
from fluxstudio.faces.web.shell.templating import Page

CHANNEL = SuggestedField(value="#design", choices=(("#design", "#design"), ("C2", "#private")), href="/s")
SENT = ResultView(tone="good", text="Sent.", detail="It is there.", link=LinkView(label="See it", href="/s"))
PREVIEW = DrawingView(
    kind="message",
    by="FluxStudio",
    blocks=(
        DrawnBlockView(kind="heading", parts=(Markup("<p>Tides</p>"),)),
        DrawnBlockView(kind="text", parts=(Markup("<p><strong>Done</strong></p>"),)),
        DrawnBlockView(kind="fields", parts=(Markup("<p>Status</p>"), Markup("<p>Owner</p>"))),
        DrawnBlockView(kind="buttons", parts=(Markup("<p>Open</p>"),)),
        DrawnBlockView(kind="small", parts=(Markup("<p>By us</p>"),)),
    ),
)


def pages() -> list[Page]:
    """Writing a message and sharing a file."""
    fields = (
        DraftFieldView(name="title", label="Title", kind="line", value="<b>", error="Enter a title."),
        DraftFieldView(name="kind", label="Kind", kind="choice", choices=(("a", "A"), ("b", "B")), value="b"),
        DraftFieldView(name="text", label="Text", kind="text", help="*bold*", required=False),
        DraftFieldView(name="facts", label="Facts", kind="pairs", required=False),
        DraftFieldView(name="due", label="Due", kind="date", required=False),
        DraftFieldView(name="url", label="Link", kind="url", required=False),
    )
    draft = DraftView(
        action="/compose/a",
        channel=CHANNEL,
        fields=fields,
        preview=PREVIEW,
        many="updates",
        default="#launch",
        remember=True,
        result=SENT,
        hidden={"connection": "c1"},
    )
    upload = UploadView(
        action="/compose/file", channel=CHANNEL, limit="Up to 64 MB.", comment="Look", result=SENT
    )
    page = ComposePage(
        head=HeadView(title="Write to a channel", parent=LinkView(label="Channels", href="/channels")),
        icon=ICON,
        accounts=(TabView(label="One", href="?1", current=True), TabView(label="Two", href="?2")),
        kinds=(
            TabView(label="Update", href="/compose/a", current=True),
            TabView(label="File", href="/compose/file"),
        ),
    )
    bare = replace(
        draft,
        preview=DrawingView(kind="message", by="FluxStudio"),
        channel_error="Choose one.",
        default=None,
        result=None,
    )
    return [
        replace(page, draft=draft),
        replace(page, draft=bare),
        replace(page, upload=upload),
        replace(
            page,
            upload=replace(upload, file_error="Choose a file.", channel_error="Choose one.", result=None),
        ),
        replace(page, problem=BannerView(tone="attention", title="Plotter is not connected.")),
    ]


def channels(listing: ListingView) -> ChannelsPage:
    """The list of channels, with a message that was just sent."""
    return ChannelsPage(
        listing=listing,
        parts=(
            TabView(label="All channels", href="?", current=True),
            TabView(label="Private", href="?show=private"),
        ),
        channels=(
            ChannelView(
                id="C1",
                name="design",
                is_member=True,
                members=1204,
                topic="Crit on Tuesdays",
                address="#design",
                compose_href="?to=%23design#composer",
            ),
            ChannelView(id="C2", name="private", is_private=True),
            ChannelView(id="C3", name="old", is_archived=True, members=1),
        ),
        composer=ComposerView(
            action="/m", channel=CHANNEL, text="A test.", result=SENT, hidden={"connection": "c1"}
        ),
    )

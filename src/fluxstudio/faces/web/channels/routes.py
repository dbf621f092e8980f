"""A workspace's channels, and a test message to one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.channels.suggesting import address_of, suggested
from fluxstudio.faces.web.channels.views import ChannelsPage, ChannelView, ComposerView
from fluxstudio.faces.web.components.views import LinkView, ResultView, SuggestedField, TabView
from fluxstudio.faces.web.shell.account_list import (
    AccountListing,
    ListRequest,
    ListSection,
    capability_required,
    refreshed,
)
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.list_views import ListingView
from fluxstudio.faces.web.shell.paging import Window, pager
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.sdk import Notifier, PartialList

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

SECTION = ListSection("channels", "Channels", "Find a channel", "Channels in {}.")
WRONG_MESSAGE = {
    "channel": "Choose a channel from the list, or write its name like #design.",
    "text": "Write a message first.",
}
SUGGESTION = "Hello from FluxStudio. This channel is connected."


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A test message: the channel it goes to, its text, and what came of sending it."""

    to: str = ""
    text: str = SUGGESTION
    result: ResultView | None = None
    errors: FormErrors = NO_ERRORS


NO_DRAFT = MessageDraft()


@router.get("/channels")
async def channels(request: Request, provider: str) -> Response:
    """A workspace's channels, and a test message."""
    visit, query = await Visit.of(request), request.query_params
    return await page_of(visit, provider, ListRequest.of(query), MessageDraft(query.get("to", "")[:100]))


@router.post("/channels/refresh")
async def refresh(request: Request, provider: str) -> Response:
    """The list as the provider has it now."""
    return await refreshed(request, provider, page_of)


async def page_of(
    visit: Visit, provider: str, list_request: ListRequest, draft: MessageDraft = NO_DRAFT
) -> Response:
    """The page, with the message that is being written."""
    listing = await AccountListing.of(visit, provider, SECTION, list_request)
    notifier: Notifier = capability_required(
        listing.registered.provider.capability(Notifier), listing.registered
    )

    part = PARTS.get(list_request.options.get("show", ""), everything)

    def page(view: ListingView, value: Any) -> Page:
        search = replace(list_request, search=list_request.search.removeprefix("#")).search.lower()
        matching = [entry for entry in value or [] if search in entry["name"].lower() and part(entry)]
        more = isinstance(value, PartialList) and value.next_cursor is not None
        window = Window.of(matching, list_request.page, goes_on=more)
        return ChannelsPage(
            listing=replace(
                view, pager=pager(window, listing.page_href, "channel", search=list_request.search)
            ),
            channels=tuple(_channel(listing, entry) for entry in window.rows),
            parts=_parts(listing),
            composer=ComposerView(
                action=f"/integrations/{provider}/message",
                channel=SuggestedField(
                    value=draft.to,
                    choices=tuple(suggested(value or [])),
                    href=listing.path("suggestions", ask="channel"),
                ),
                text=draft.text,
                result=draft.result,
                errors=draft.errors,
                hidden=listing.hidden,
            ),
        )

    if notifier.kinds:
        listing.action = LinkView(
            label="Write a message", href=listing.path(f"compose/{notifier.kinds[0].name}"), icon="pencil"
        )
    listing.status = draft.errors.status
    current = listing.current
    private = current is not None and notifier.private_scope in current.scopes
    return await listing.show(notifier.channels, page, **(notifier.private if private else {}))


def everything(entry: Mapping[str, Any]) -> bool:
    """Any channel."""
    return True


PARTS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "member": lambda entry: bool(entry.get("is_member")),
    "private": lambda entry: bool(entry.get("is_private")),
}
PART_NAMES = {"": "All channels", "member": "FluxStudio is a member", "private": "Private"}


def _parts(listing: AccountListing) -> tuple[TabView, ...]:
    shown = listing.list_request.options.get("show", "")
    return tuple(
        TabView(
            label=label,
            href=listing.path(show=name, q=listing.list_request.search),
            current=name == (shown if shown in PART_NAMES else ""),
        )
        for name, label in PART_NAMES.items()
    )


def _channel(listing: AccountListing, entry: Mapping[str, Any]) -> ChannelView:
    archived, to = bool(entry.get("is_archived")), address_of(entry)
    page = str(listing.list_request.page) if listing.list_request.page > 1 else ""
    compose = listing.path(q=listing.list_request.search, page=page, to=to) + "#composer"
    return ChannelView(
        id=entry["id"],
        name=entry["name"],
        is_private=bool(entry.get("is_private")),
        is_archived=archived,
        is_member=bool(entry.get("is_member")),
        members=entry.get("num_members"),
        address=to,
        compose_href=None if archived else compose,
    )


@router.post("/message")
async def message(request: Request, provider: str) -> Response:
    """Send a test message; what came of it stands next to the form."""
    visit = await Visit.of(request)
    fields = await visit.form()
    list_request = ListRequest(connection=fields.get("connection"))
    listing = await AccountListing.of(visit, provider, SECTION, list_request)
    notifier: Notifier = capability_required(
        listing.registered.provider.capability(Notifier), listing.registered
    )
    to, text = fields.get("channel", "").strip()[:100], fields.get("text", "")
    errors, result = NO_ERRORS, None
    try:
        await listing.ask(notifier.send, channel=to, text=text)
        where = to if to.startswith("#") else fields.get("name") or "the channel"
        result = ResultView(tone="good", text=f"Sent to {where}.")
    except FluxStudioError as error:
        errors = FormErrors.of(error, WRONG_MESSAGE, WRONG_MESSAGE)
    if request.headers.get("hx-request"):
        return await visit.part("channels/message_result.html", result=result or _refusal(errors))
    if errors.problem:
        result = _refusal(errors)
    draft = MessageDraft(to, text, result, errors)
    return await page_of(visit, provider, replace(list_request, waits=True), draft)


def _refusal(errors: FormErrors) -> ResultView:
    """All that is wrong in one line, for a form that stays as it is on the page."""
    return ResultView(tone="bad", text=errors.problem or " ".join(errors.fields.values()))

"""Design files by project, and following where they are read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.components.views import BannerView, FieldView, LinkView, TabView, UndoView
from fluxstudio.faces.web.designs.views import (
    FilesPage,
    FileView,
    FollowedView,
    FollowingView,
    ProjectView,
    SourceForm,
)
from fluxstudio.faces.web.shell import filters
from fluxstudio.faces.web.shell.account_list import (
    AccountListing,
    ListRequest,
    ListSection,
    capability_required,
    moment,
    refreshed,
)
from fluxstudio.faces.web.shell.form_errors import REFUSED_STATUS, FormErrors
from fluxstudio.faces.web.shell.list_views import ListingView
from fluxstudio.faces.web.shell.paging import LIST_PAGE_SIZE, Window, pager
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.sdk import DesignSource

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

SECTION = ListSection("files", "Files", "Find a file", "Files {} can open.")
SINGLE = "Single files"
LONGEST_ADDRESS = 2000
ORDERS: Mapping[str, str] = {"": "By project", "edited": "Last edited", "name": "Name"}
PLACES = (("teams", "team", "id"), ("projects", "project", "id"), ("files", "file", "key"))
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or a project without any, in the order of the page."""

    project: str
    file: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """An address that somebody pasted, and what is wrong with it."""

    typed: str = ""
    error: str | None = None


NO_DRAFT = SourceDraft()


@router.get("/files")
async def files(request: Request, provider: str) -> Response:
    """Design files by project."""
    return await page_of(await Visit.of(request), provider, ListRequest.of(request.query_params))


@router.post("/files/refresh")
async def refresh(request: Request, provider: str) -> Response:
    """The list as the provider has it now."""
    return await refreshed(request, provider, page_of)


async def page_of(
    visit: Visit, provider: str, list_request: ListRequest, draft: SourceDraft = NO_DRAFT
) -> Response:
    """The page, with what somebody pasted where that could not be followed."""
    listing = await AccountListing.of(visit, provider, SECTION, list_request)
    source: DesignSource = capability_required(
        listing.registered.provider.capability(DesignSource), listing.registered
    )
    listing.status = REFUSED_STATUS if draft.error else 200
    name, web = listing.registered.provider.name, listing.registered.hosts["web"]
    followed = await _followed(listing, source)
    listing.banners = _outcome(listing, followed)
    form = SourceForm(
        action=f"/integrations/{provider}/sources",
        address=FieldView(
            name="url",
            label="Team, project or file address",
            value=draft.typed,
            help=f"Open it in {name} and copy the address from your browser.",
            error=draft.error,
            placeholder=f"{web}/files/team/…",
        ),
        button="Add",
        home=LinkView(label=f"Open {name}", href=web + source.home, external=True),
        hidden=listing.hidden,
    )

    def page(view: ListingView, value: Any) -> Page:
        entries = _ordered(
            _order(list_request), [entry for entry in _entries(value or {}) if _matches(listing, entry)]
        )
        window = Window.of([entry for entry in entries if entry.file is not None], list_request.page)
        leads = pager(window, listing.page_href, "file", search=list_request.search)
        projects = tuple(_projects(listing, window))
        if window.is_last and not list_request.search and not _order(list_request):
            bare = [entry.project for entry in entries if entry.file is None]
            projects += tuple(ProjectView(name=name, files=()) for name in bare[:LIST_PAGE_SIZE])
        return FilesPage(
            listing=replace(view, pager=leads),
            projects=projects,
            source=form,
            following=_following(listing, source, followed),
            orders=_orders(listing) if window.total > 1 else (),
        )

    return await listing.show(source.files, page)


async def _followed(listing: AccountListing, source: DesignSource) -> Mapping[str, Any]:
    """What is followed; nothing where that cannot be said, which the list gives the reason for."""
    if source.followed is None:
        return {}
    try:
        value: Mapping[str, Any] = (await listing.ask(source.followed)).value
    except FluxStudioError:
        return {}
    return value


def _following(
    listing: AccountListing, source: DesignSource, followed: Mapping[str, Any]
) -> FollowingView | None:
    places = tuple(
        FollowedView(
            kind=kind,
            name=str(entry["name"]),
            hidden={**listing.hidden, "kind": kind, "id": str(entry[identity])},
        )
        for names, kind, identity in PLACES
        for entry in followed.get(names, ())
    )
    if not places or source.unfollow is None:
        return None
    counts = [filters.plural(len(followed[names]), kind) for names, kind, _ in PLACES if followed.get(names)]
    action = f"/integrations/{listing.registered.provider.id}/sources/remove"
    return FollowingView(words=f"Following {', '.join(counts)}", action=action, places=places)


def _order(list_request: ListRequest) -> str:
    """The order that files are in; as the provider lists them where none is asked for."""
    return list_request.options.get("sort", "")


def _orders(listing: AccountListing) -> tuple[TabView, ...]:
    return tuple(
        TabView(
            label=words,
            href=listing.path(sort=order, q=listing.list_request.search),
            current=order == _order(listing.list_request),
        )
        for order, words in ORDERS.items()
    )


def _ordered(order: str, entries: list[Entry]) -> list[Entry]:
    """Entries as they are listed, or all files by their name, or the last edited first."""
    if order == "edited":
        return sorted(entries, key=_edited_at, reverse=True)
    if order == "name":
        return sorted(entries, key=lambda entry: str(entry.file["name"]).lower() if entry.file else "")
    return entries


def _edited_at(entry: Entry) -> datetime:
    return moment((entry.file or {}).get("last_modified")) or EARLIEST


def _outcome(listing: AccountListing, followed: Mapping[str, Any]) -> list[BannerView]:
    """What was just followed, by the name that is kept of it; or that something no longer is, with undo."""
    query = listing.visit.request.query_params
    done, notice = query.get("done"), query.get("notice", "")
    if done == "removed":
        undo = UndoView(
            action=f"/integrations/{listing.registered.provider.id}/sources",
            fields={**listing.hidden, "url": notice[:LONGEST_ADDRESS]},
        )
        return [BannerView(tone="good", title="No longer following it.", undo=undo)]
    kind, _, place = notice.partition(":")
    if done != "added":
        return []
    return [
        BannerView(
            tone="good",
            title=f"Added the {kind} {entry['name']}.",
            action=_file_link(listing, place) if kind == "file" else None,
        )
        for names, named, identity in PLACES
        for entry in followed.get(names, ())
        if named == kind and entry[identity] == place
    ]


def _file_link(listing: AccountListing, key: str) -> LinkView:
    return LinkView(label="Open its page", href=listing.path(f"files/{quote(key, safe='')}"))


def _entries(answer: Mapping[str, Any]) -> Iterator[Entry]:
    """Everything that is listed: project by project, then files that are followed without their project."""
    within = set()
    for project in answer.get("projects", []):
        for file in project["files"]:
            within.add(file["key"])
            yield Entry(project["name"], file)
        if not project["files"]:
            yield Entry(project["name"], None)
    for file in answer.get("files", []):
        if file["key"] not in within:
            yield Entry(SINGLE, file)


def _matches(listing: AccountListing, entry: Entry) -> bool:
    return listing.matches(entry.project, entry.file["name"] if entry.file else None)


def _projects(listing: AccountListing, window: Window[Entry]) -> Iterator[ProjectView]:
    if _order(listing.list_request) and window.rows:
        yield ProjectView(name="", files=tuple(_file(listing, entry) for entry in window.rows))
        return
    for name, entries in groupby(window.rows, lambda entry: entry.project):
        yield ProjectView(name=name, files=tuple(_file(listing, entry) for entry in entries))


def _file(listing: AccountListing, entry: Entry) -> FileView:
    file = entry.file or {}
    return FileView(
        name=file["name"],
        href=listing.path(f"files/{quote(file['key'], safe='')}"),
        project=entry.project if _order(listing.list_request) else None,
        edited_at=moment(file.get("last_modified")),
        thumbnail_href=file.get("thumbnail_url"),
    )


@router.post("/sources")
async def follow(request: Request, provider: str) -> Response:
    """Remember a team, project or file by its address."""
    visit = await Visit.of(request)
    fields = await visit.form()
    list_request = ListRequest(connection=fields.get("connection"))
    listing = await AccountListing.of(visit, provider, SECTION, list_request)
    source: DesignSource = capability_required(
        listing.registered.provider.capability(DesignSource), listing.registered
    )
    try:
        added = (await listing.ask(source.follow, url=fields.get("url", ""))).value
    except FluxStudioError as error:
        errors = FormErrors.of(error, {"url"})
        reason = errors.get("url") or errors.problem
        return await page_of(visit, provider, list_request, SourceDraft(fields.get("url", ""), reason))
    return await visit.go(listing.path(done="added", notice=f"{added['kind']}:{added['id']}"))


@router.post("/sources/remove")
async def unfollow(request: Request, provider: str) -> Response:
    """Stop following a team, project or file; the page offers to undo it."""
    visit = await Visit.of(request)
    fields = await visit.form()
    list_request = ListRequest(connection=fields.get("connection"))
    listing = await AccountListing.of(visit, provider, SECTION, list_request)
    source: DesignSource = capability_required(
        listing.registered.provider.capability(DesignSource), listing.registered
    )
    operation = capability_required(source.unfollow, listing.registered)
    removed = (await listing.ask(operation, kind=fields.get("kind", ""), id=fields.get("id", ""))).value
    return await visit.go(listing.path(done="removed", notice=removed["url"]))

"""Design files by project, and adding where they are read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.components.views import FieldView, LinkView
from fluxstudio.faces.web.designs.views import FilesPage, FileView, ProjectView, SourceForm
from fluxstudio.faces.web.shell.account_list import (
    AccountListing,
    ListRequest,
    ListSection,
    capability_required,
    moment,
    refreshed,
)
from fluxstudio.faces.web.shell.errors import SHOWN_IN_PLACE
from fluxstudio.faces.web.shell.list_views import ListingView
from fluxstudio.faces.web.shell.paging import LIST_PAGE_SIZE, Window, pager
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.sdk import DesignSource

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

SECTION = ListSection("files", "Files", "Find a file", "Files {} can open.")
SINGLE = "Single files"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or a project without any, in the order of the page."""

    project: str
    file: Mapping[str, Any] | None


@router.get("/files")
async def files(request: Request, provider: str) -> Response:
    """Design files by project."""
    return await page_of(await Visit.of(request), provider, ListRequest.of(request.query_params))


@router.post("/files/refresh")
async def refresh(request: Request, provider: str) -> Response:
    """The list as the provider has it now."""
    return await refreshed(request, provider, page_of)


async def page_of(
    visit: Visit, provider: str, list_request: ListRequest, *, field_error: str | None = None, typed: str = ""
) -> Response:
    """The page; `field_error` is what is wrong with the address that was `typed`."""
    listing = await AccountListing.of(visit, provider, SECTION, list_request)
    source: DesignSource = capability_required(
        listing.registered.provider.capability(DesignSource), listing.registered
    )
    name, web = listing.registered.provider.name, listing.registered.hosts["web"]
    listing.home = LinkView(label=f"Open {name}", href=web + source.home, external=True)
    form = SourceForm(
        action=f"/integrations/{provider}/sources",
        address=FieldView(
            name="url",
            label="Team, project or file address",
            value=typed,
            help=f"Open it in {name} and copy the address from your browser.",
            error=field_error,
            placeholder=f"{web}/files/team/…",
        ),
        button="Add",
        hidden=listing.hidden,
    )

    def page(view: ListingView, value: Any) -> Page:
        entries = [entry for entry in _entries(value or {}) if _matches(listing, entry)]
        window = Window.of([entry for entry in entries if entry.file is not None], list_request.page)
        leads = pager(window, listing.page_href, "file", search=list_request.search)
        projects = tuple(_projects(listing, window))
        if window.is_last and not list_request.search:
            bare = [entry.project for entry in entries if entry.file is None]
            projects += tuple(ProjectView(name=name, files=()) for name in bare[:LIST_PAGE_SIZE])
        return FilesPage(listing=replace(view, pager=leads), projects=projects, source=form)

    return await listing.show(source.files, page)


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
    for name, entries in groupby(window.rows, lambda entry: entry.project):
        yield ProjectView(name=name, files=tuple(_file(listing, entry.file or {}) for entry in entries))


def _file(listing: AccountListing, file: Mapping[str, Any]) -> FileView:
    return FileView(
        name=file["name"],
        href=f"{listing.registered.hosts['web']}/design/{file['key']}",
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
        await listing.ask(source.follow, url=fields.get("url", ""))
    except FluxStudioError as error:
        if error.status not in SHOWN_IN_PLACE:
            raise
        reason = next(iter(error.details.get("fields", {}).values()), error.message)
        return await page_of(visit, provider, list_request, field_error=reason, typed=fields.get("url", ""))
    return await visit.go(listing.path() if list_request.connection else f"/integrations/{provider}/files")

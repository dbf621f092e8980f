"""An account's repositories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.faces.web.code.views import RepositoriesPage, RepositoryView
from fluxstudio.faces.web.shell.account_list import (
    AccountListing,
    ListRequest,
    ListSection,
    capability_required,
    moment,
    refreshed,
)
from fluxstudio.faces.web.shell.list_views import ListingView
from fluxstudio.faces.web.shell.paging import Window, pager
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.sdk import CodeHost, PartialList

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

SECTION = ListSection("repositories", "Repositories", "Find a repository", "Repositories {} can access.")


@router.get("/repositories")
async def repositories(request: Request, provider: str) -> Response:
    """An account's repositories."""
    return await page_of(await Visit.of(request), provider, ListRequest.of(request.query_params))


@router.post("/repositories/refresh")
async def refresh(request: Request, provider: str) -> Response:
    """The list as the provider has it now."""
    return await refreshed(request, provider, page_of)


async def page_of(visit: Visit, provider: str, list_request: ListRequest) -> Response:
    """The page."""
    listing = await AccountListing.of(visit, provider, SECTION, list_request)
    host: CodeHost = capability_required(listing.registered.provider.capability(CodeHost), listing.registered)

    def page(view: ListingView, value: Any) -> Page:
        matching = [
            entry
            for entry in value or []
            if listing.matches(entry.get("full_name"), entry.get("description"))
        ]
        more = isinstance(value, PartialList) and value.next_cursor is not None
        window = Window.of(matching, list_request.page, goes_on=more)
        leads = pager(window, listing.page_href, "repository", "repositories", search=list_request.search)
        if more and list_request.search:
            leads = replace(leads, note=f"Only the first {len(value):,} are searched.")
        return RepositoriesPage(
            listing=replace(view, pager=leads),
            repositories=tuple(_repository(listing, entry) for entry in window.rows),
        )

    return await listing.show(host.repositories, page)


def _repository(listing: AccountListing, entry: Mapping[str, Any]) -> RepositoryView:
    owner, name = entry["owner"]["login"], entry["name"]
    return RepositoryView(
        name=name,
        owner=owner,
        href=listing.path(f"repositories/{quote(owner, safe='')}/{quote(name, safe='')}"),
        description=entry.get("description"),
        language=entry.get("language"),
        is_private=bool(entry.get("private")),
        is_archived=bool(entry.get("archived")),
        is_fork=bool(entry.get("fork")),
        stars=entry.get("stargazers_count") or 0,
        open_issues=entry.get("open_issues_count") or 0,
        pushed_at=moment(entry.get("pushed_at")),
    )

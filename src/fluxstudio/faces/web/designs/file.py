"""A design file's page: comments, versions, components, styles, export."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.rate_limits.provider import budget_left
from fluxstudio.errors import FluxStudioError, NotFound
from fluxstudio.faces.web.components.banners import problem_banner
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import HeadView, LinkView, StateView, TabView
from fluxstudio.faces.web.designs.file_presenter import author, budget_view
from fluxstudio.faces.web.designs.file_tabs import TABS, CommentDraft, FileTab
from fluxstudio.faces.web.designs.file_views import DesignFilePage, FileSummaryView, WatchView
from fluxstudio.faces.web.shell.account_list import (
    AccountListing,
    ListRequest,
    ListSection,
    capability_required,
    moment,
)
from fluxstudio.faces.web.shell.deferred import settled
from fluxstudio.faces.web.shell.form_errors import REFUSED_STATUS, FormErrors
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES, AUTOMATION_GALLERY, AUTOMATIONS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring.watching import suggestions_for, watching
from fluxstudio.flows.call import Outcome
from fluxstudio.sdk import DesignFileReader, DesignSource

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

LONGEST_NAME = 90
# What a form may send of a comment; longer ones are refused in words by the operation.
NO_MESSAGE, LONG_MESSAGE = "Write a comment first.", "Shorten the comment to 10,000 characters."


@dataclass
class FilePage:
    """One file of one account, with one of its tabs open."""

    listing: AccountListing
    source: DesignSource
    reader: DesignFileReader
    key: str
    tab: str
    fields: Mapping[str, str]

    @classmethod
    async def of(
        cls,
        visit: Visit,
        provider: str,
        key: str,
        tab: str,
        fields: Mapping[str, str],
        *,
        renew: bool = False,
    ) -> FilePage:
        """Raises `NotFound` for a tab that there is not, and for a connection that is not the user's."""
        if tab not in TABS:
            raise NotFound("Page not found. Check the address, or go back to the file.")
        path = "/".join(["files", quote(key, safe=""), *([tab] if tab != "comments" else [])])
        section = ListSection(path, TABS[tab], f"Find {TABS[tab].lower()}", "")
        request = replace(ListRequest.of(fields), renew=renew)
        listing = await AccountListing.of(visit, provider, section, request)
        capability = listing.registered.provider.capability(DesignSource)
        source: DesignSource = capability_required(capability, listing.registered)
        reader: DesignFileReader = capability_required(source.file, listing.registered)
        return cls(listing, source, reader, key, tab, fields)

    @property
    def visit(self) -> Visit:
        """Who looks at it."""
        return self.listing.visit

    async def show(self, draft: CommentDraft | None = None) -> Response:
        """The page, or its skeleton while the provider thinks."""
        tab = FileTab(self.listing, self.reader, self.key, self.tab, self.fields, draft)
        about = asyncio.create_task(self.listing.ask(self.reader.about, fileKey=self.key))
        body = asyncio.create_task(tab.load())
        waits = self.listing.list_request.waits or self.listing.list_request.renew or draft is not None
        if not await settled((about, body), waits=waits):
            return await self.visit.page(self._skeleton())
        content = body.result()
        view = self.listing.view(content.outcome) if content.outcome else self.listing.view()
        try:
            file = about.result()
        except FluxStudioError as error:
            page = replace(self._skeleton(), pending_href=None, problem=problem_banner(error), tabs=())
            return await self.visit.page(page)
        if self.listing.list_request.renew and content.outcome and content.outcome.problem is None:
            return await self.visit.go(self.listing.path(**tab.query))
        page = DesignFilePage(
            head=self._head(str(file.value.get("name") or "Untitled"), file),
            icon=mark(self.listing.registered),
            tab=self.tab,
            tabs=self._tabs(),
            summary=await self._summary(file),
            watch=await self._watch(str(file.value.get("name") or "")),
            body=content.view,
            freshness=view.freshness,
            problem=problem_banner(content.error) if content.error else None,
        )
        refused = draft is not None and draft.error
        return await self.visit.page(page, status=REFUSED_STATUS if refused else 200)

    def _skeleton(self) -> DesignFilePage:
        query = {**{name: text for name, text in self.fields.items() if name != "csrf"}, "part": "results"}
        address = f"/integrations/{self.listing.registered.provider.id}/{self.listing.section.path}"
        return DesignFilePage(
            head=HeadView(title="Design file", parent=self._parent()),
            icon=mark(self.listing.registered),
            tab=self.tab,
            tabs=self._tabs(),
            pending_href=f"{address}?{urlencode(query)}",
        )

    def _parent(self) -> LinkView:
        return LinkView(label="Files", href=self.listing.path("files"))

    def _head(self, name: str, file: Outcome) -> HeadView:
        return HeadView(title=name, sentence=f"Seen as {file.account.name}.", parent=self._parent())

    def _tabs(self) -> tuple[TabView, ...]:
        base = f"files/{quote(self.key, safe='')}"
        return tuple(
            TabView(
                label=label,
                href=self.listing.path(base if name == "comments" else f"{base}/{name}"),
                current=name == self.tab,
            )
            for name, label in TABS.items()
        )

    async def _summary(self, file: Outcome) -> FileSummaryView:
        provider, value = self.listing.registered.provider, file.value
        by = author(value.get("last_touched_by"))
        own = await self._followed()
        return FileSummaryView(
            name=str(value.get("name") or "Untitled"),
            href=self.listing.registered.hosts["web"] + self.reader.path(self.key),
            open_label=f"Open in {provider.name}",
            picture_href=value.get("thumbnail_url") or None,
            project=value.get("folder_name") or None,
            edited_at=moment(value.get("last_touched_at")),
            edited_by=by,
            budget=await self._budget(),
            unfollow={**self.listing.hidden, "kind": "file", "id": self.key} if own else None,
            unfollow_action=f"/integrations/{provider.id}/sources/remove",
        )

    async def _followed(self) -> bool:
        """Whether the file is followed for itself, and not only as one of a project's."""
        if self.source.followed is None or self.source.unfollow is None:
            return False
        followed = (await self.listing.ask(self.source.followed)).value
        return any(entry["key"] == self.key for entry in followed["files"])

    async def _budget(self) -> StateView | None:
        provider, current = self.listing.registered.provider, self.listing.current
        bucket = self.reader.budget(self.key)
        limit = provider.http.limits.get(bucket.partition(":")[0])
        if limit is None or current is None:
            return None
        left = await budget_left(self.visit.services.db, self.visit.actor.user_id, current.id, bucket, limit)
        return budget_view(provider.name, left, datetime.now(UTC))

    async def _watch(self, name: str) -> WatchView:
        services, provider = self.visit.services, self.listing.registered.provider
        rules = await watching(services, self.visit.actor, provider, self.key)
        return WatchView(
            automations=tuple(
                LinkView(label=rule.name, href=f"{AUTOMATIONS}/{rule.id}", icon="bolt") for rule in rules
            ),
            add=tuple(
                LinkView(
                    label=entry.name,
                    href=f"{AUTOMATION_GALLERY}/{entry.id}?{self._answers(entry.name, name)}",
                )
                for entry in suggestions_for(services.registry, provider.id, "file")
            ),
        )

    def _answers(self, suggestion: str, name: str) -> str:
        """What of a suggestion of the gallery is answered already: the file, the account, and a name."""
        answers: dict[str, Any] = {"file": self.key, "name": f"{suggestion}: {name[:LONGEST_NAME]}"}
        if self.listing.current is not None and len(self.listing.accounts) > 1:
            answers[f"account.{self.listing.registered.provider.id}"] = str(self.listing.current.id)
        return urlencode(answers)


@router.get("/files/{key}")
async def file(request: Request, provider: str, key: str) -> Response:
    """A file with its comments."""
    page = await FilePage.of(await Visit.of(request), provider, key, "comments", request.query_params)
    return await page.show()


@router.get("/files/{key}/{tab}")
async def file_tab(request: Request, provider: str, key: str, tab: str) -> Response:
    """A file with another of its tabs."""
    page = await FilePage.of(await Visit.of(request), provider, key, tab, request.query_params)
    return await page.show()


@router.post("/files/{key}/refresh")
async def refresh(request: Request, provider: str, key: str) -> Response:
    """The comments as the provider has them now."""
    return await refresh_tab(request, provider, key, "comments")


@router.post("/files/{key}/{tab}/refresh")
async def refresh_tab(request: Request, provider: str, key: str, tab: str) -> Response:
    """A tab as the provider has it now."""
    visit = await Visit.of(request)
    page = await FilePage.of(visit, provider, key, tab, await visit.form(), renew=True)
    return await page.show()


@router.post("/files/{key}/comments")
async def comment(request: Request, provider: str, key: str) -> Response:
    """Write a comment or a reply; what was written is kept where the provider does not take it."""
    visit = await Visit.of(request)
    fields = await visit.form()
    draft = CommentDraft(fields.get("message", "").strip(), fields.get("comment_id", ""))
    shown = {name: text for name, text in fields.items() if name not in {"message", "comment_id"}}
    page = await FilePage.of(visit, provider, key, "comments", shown)
    answers = {"comment_id": draft.replies_to} if draft.replies_to else {}
    if not draft.message:
        return await page.show(replace(draft, error=NO_MESSAGE))
    try:
        written = await page.listing.ask(page.reader.comment, fileKey=key, message=draft.message, **answers)
    except FluxStudioError as error:
        errors = FormErrors.of(error, {"message"}, {"message": LONG_MESSAGE})
        return await page.show(replace(draft, error=errors.get("message") or errors.problem))
    return await visit.go(f"{page.listing.path()}#comment-{quote(str(written.value.get('id', '')))}")

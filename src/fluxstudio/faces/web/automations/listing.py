"""All automations of a user, each with its switch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.automations.rules import Automation, Automations
from fluxstudio.core.registry import Registry
from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.web.automations.health import health_view
from fluxstudio.faces.web.automations.shared import automation_of, marks, outcome_banners, path_of, switch
from fluxstudio.faces.web.automations.views import AutomationRow, AutomationsPage
from fluxstudio.faces.web.components.runs import OUTCOMES
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView, SearchView, UndoView
from fluxstudio.faces.web.shell.paging import LIST_PAGE_SIZE, Window, page_in, pager, search_in
from fluxstudio.faces.web.shell.paths import AUTOMATION_GALLERY, AUTOMATIONS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring import service
from fluxstudio.flows.automations.authoring.summary import summary_of
from fluxstudio.flows.automations.health.status import RuleHealth, health_of
from fluxstudio.flows.directory import names_in

router = APIRouter(include_in_schema=False)


@router.get(AUTOMATIONS)
async def automations(request: Request) -> Response:
    """The user's automations, the oldest first."""
    visit = await Visit.of(request)
    query = visit.request.query_params
    search, number = search_in(query.get("q")), page_in(query.get("page"))
    entries = await Automations(visit.services.db).of_user(visit.actor.user_id)
    window = Window.of([entry for entry in entries if search.lower() in entry.name.lower()], number)
    noticed = [entry for entry in entries if str(entry.id) == query.get("notice")]
    health = await health_of(visit.services, visit.actor, [*window.rows, *noticed])
    names = await names_in(visit.services, visit.actor, [entry.definition for entry in window.rows])
    long = len(entries) > LIST_PAGE_SIZE or bool(search)
    gallery = LinkView(label="Choose from the gallery", href=AUTOMATION_GALLERY, icon="plus")
    page = AutomationsPage(
        head=HeadView(
            title="Automations",
            sentence="When something happens in one tool, do something in another.",
            action=LinkView(label="Add an automation", href=AUTOMATION_GALLERY, icon="plus")
            if entries
            else None,
        ),
        rows=tuple(_row(visit.services.registry, entry, health[entry.id], names) for entry in window.rows),
        gallery=gallery,
        here=_address(search, window.page),
        search=SearchView(label="Find an automation", action=AUTOMATIONS, query=search) if long else None,
        pager=pager(window, partial(_address, search), "automation", search=search) if long else None,
    )
    return await visit.page(page, banners=_outcome(visit, noticed, health))


def _address(search: str, page: int) -> str:
    """The address of a page of the list."""
    fields = {name: value for name, value in (("q", search), ("page", page if page > 1 else "")) if value}
    return f"{AUTOMATIONS}?{urlencode(fields)}" if fields else AUTOMATIONS


def _row(
    registry: Registry, entry: Automation, health: RuleHealth, names: Mapping[str, str]
) -> AutomationRow:
    words, last = summary_of(registry, entry.definition, names), entry.last_run
    return AutomationRow(
        id=str(entry.id),
        name=entry.name,
        href=path_of(entry.id),
        sentence=words.sentence,
        only=words.only,
        switch=switch(entry, AUTOMATIONS),
        marks=marks(registry, entry.definition),
        health=health_view(entry, health),
        last=None if last is None else OUTCOMES[last.status],
        last_at=None if last is None else last.at,
        next_at=entry.next_at if entry.enabled else None,
    )


def _outcome(visit: Visit, entries: list[Automation], health: Mapping[UUID, RuleHealth]) -> list[BannerView]:
    query = visit.request.query_params
    if query.get("done") == "deleted":
        return [BannerView(tone="neutral", title="Automation deleted.", undo=_undelete(query))]
    entry = next((entry for entry in entries if str(entry.id) == query.get("notice")), None)
    if entry is None:
        return []
    works = health[entry.id].status in {"on", "off"}
    return outcome_banners(query.get("done"), entry, works=works, back=AUTOMATIONS)


def _undelete(query: Mapping[str, str]) -> UndoView | None:
    """What takes a deletion back, as the address tells."""
    with suppress(ValueError):
        fields = {"on": "yes"} if "started" in query else {}
        return UndoView(action=path_of(UUID(query.get("notice", "")), "undelete"), fields=fields)
    return None


@router.post(AUTOMATIONS + "/{which}/switch")
async def switch_one(request: Request, which: str) -> Response:
    """Switch an automation on or off; one that cannot work any more leads to its form, which says why."""
    visit = await Visit.of(request)
    fields = await visit.form()
    entry = await automation_of(visit, which)
    on = fields.get("on") == "yes"
    try:
        await service.change(visit.services, visit.actor, entry.id, enabled=on)
    except InvalidRequest:
        return await visit.go(f"{path_of(entry.id, 'edit')}?done=stays-off")
    done = "on" if on else "off"
    if fields.get("back") == AUTOMATIONS:
        return await visit.go(f"{AUTOMATIONS}?done={done}&notice={entry.id}#automation-{entry.id}")
    return await visit.go(f"{path_of(entry.id)}?done={done}")

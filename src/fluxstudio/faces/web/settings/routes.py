"""Settings, and taking one's data along."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from fluxstudio.faces.middleware.head import is_head
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.faces.web.components.views import HeadView
from fluxstudio.faces.web.settings.views import SettingsGroup, SettingsLink, SettingsPage
from fluxstudio.faces.web.shell.family import PageFamily
from fluxstudio.faces.web.shell.paths import (
    ACCOUNT,
    AGENTS,
    AUDIT,
    EXPORT,
    INTEGRATIONS,
    NOTIFICATIONS,
    SETTINGS,
    WEBHOOKS,
)
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.identity.export import export

router = APIRouter(include_in_schema=False)

OWN = (
    SettingsLink(
        label="Account", words="Profile, password, sessions and access tokens.", href=ACCOUNT, icon="person"
    ),
    SettingsLink(
        label="Notifications",
        words="What you hear of, where, and when not.",
        href=NOTIFICATIONS,
        icon="send",
    ),
    SettingsLink(label="Audit log", words="Everything done in your name.", href=AUDIT, icon="clock"),
)
TOOLS = (
    SettingsLink(
        label="Integrations",
        words="Connected accounts and what they can access.",
        href=INTEGRATIONS,
        icon="plug",
    ),
    SettingsLink(
        label="Webhooks", words="Live event subscriptions and their health.", href=WEBHOOKS, icon="webhook"
    ),
    SettingsLink(
        label="Agents", words="What AI agents and scripts may do for you.", href=AGENTS, icon="shield"
    ),
    SettingsLink(
        label="API reference", words="Everything in the app, over HTTP.", href="/api/docs", icon="pencil"
    ),
)


@router.get(SETTINGS)
async def settings(request: Request) -> Response:
    """Everything that is set, in one place."""
    visit = await Visit.of(request)
    groups = [
        SettingsGroup(name="own", title="You", links=OWN),
        SettingsGroup(name="tools", title="Tools", links=TOOLS),
    ]
    if visit.actor.is_admin:
        links = tuple(_administration(request.app.state.families))
        groups.append(SettingsGroup(name="administration", title="Administration", links=links))
    page = SettingsPage(
        head=HeadView(title="Settings"),
        groups=tuple(groups),
        export_href=EXPORT,
        delete_href=f"{ACCOUNT}/delete",
    )
    return await visit.page(page)


def _administration(families: Iterable[PageFamily]) -> Iterable[SettingsLink]:
    places = [entry.family.place for entry in families if entry.family.place is not None]
    for place in sorted(places, key=lambda place: place.order):
        if place.in_settings:
            yield SettingsLink(label=place.label, words=place.about, href=place.href, icon=place.icon)


@router.get(EXPORT)
async def download(request: Request) -> Response:
    """Everything that is one's own, as a JSON file that is written while it is read."""
    visit = await Visit.of(request)
    headers = {
        "content-disposition": 'attachment; filename="fluxstudio-export.json"',
        "cache-control": "no-store",
    }
    if is_head(request):
        return Response(media_type="application/json", headers=headers)
    actor = visit.actor
    await visit.services.audit.record("data_exported", user_id=actor.user_id, address=address_of(request))
    stream = StreamingResponse(export(visit.services, actor), media_type="application/json", headers=headers)
    return await visit.send(stream)

"""Settings → Set-up, for administrators: what the providers have to know of us, and what is in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.startup_checks import SIMULATED
from fluxstudio.faces.web.components.app_settings import setting_views
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import HeadView, LinkView, Tone
from fluxstudio.faces.web.setup.views import AppView, AreaView, FindingView, SetupPage
from fluxstudio.faces.web.shell.deferred import in_time, waits_for_all
from fluxstudio.faces.web.shell.paths import SETUP
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.doctor import Context, Finding, State, examine

router = APIRouter(include_in_schema=False)

TONES: dict[State, Tone] = {"good": "good", "warning": "attention", "bad": "bad"}


@router.get(SETUP)
async def setup(request: Request) -> Response:
    """The apps at once, and the checks when they are done; with `part` the page waits for them."""
    visit = await Visit.of_admin(request)
    services = visit.services
    context = Context(
        settings=services.settings, registry=services.registry, http=services.http, db=services.db
    )
    examined = await in_time(examine(context), waits=waits_for_all(request.query_params))
    head = HeadView(
        title="Setup",
        sentence="App credentials and health checks.",
        action=LinkView(label="Check again", href=SETUP, icon="refresh"),
    )
    apps = tuple(_app(entry, services.settings.base_url) for entry in services.registry)
    if examined is None:
        return await visit.page(SetupPage(head=head, apps=apps, pending_href=f"{SETUP}?part=checks"))
    return await visit.page(SetupPage(head=head, apps=apps, areas=_areas(examined.result())))


def _app(entry: RegisteredProvider, public_url: str) -> AppView:
    provider = entry.provider
    simulated = entry.settings.client_id.startswith(SIMULATED)
    console = None
    if provider.app.console is not None:
        console = LinkView(
            label=f"Open {provider.name}’s list of apps", href=provider.app.console, external=True
        )
    return AppView(
        provider=provider.id,
        name=provider.name,
        icon=mark(entry),
        state="simulated" if simulated else "set" if entry.configured else "missing",
        redirect_uri=entry.settings.redirect_uri,
        # A simulator brings its own, and the operator's are still to come.
        settings=tuple(replace(view, is_set=view.is_set and not simulated) for view in setting_views(entry)),
        console=console,
        manifest=entry.manifest(public_url) or "",
    )


def _areas(findings: Sequence[Finding]) -> tuple[AreaView, ...]:
    return tuple(
        AreaView(title=area.title, findings=tuple(map(_finding, entries)))
        for area, entries in groupby(findings, key=lambda finding: finding.area)
    )


def _finding(finding: Finding) -> FindingView:
    name, what = finding.line
    return FindingView(tone=TONES[finding.state], name=name, what=what, mend=finding.mend)

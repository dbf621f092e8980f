"""A page of each kind, filled as the product fills it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fluxstudio.faces.web.channels.views import ChannelsPage
from fluxstudio.faces.web.code.views import RepositoriesPage
from fluxstudio.faces.web.components.routes import family_samples, icon_names
from fluxstudio.faces.web.components.samples import ICON, components_page
from fluxstudio.faces.web.components.views import (
    BannerView,
    HeadView,
    LinkView,
    PagerView,
    SearchView,
    SettingView,
    TabView,
)
from fluxstudio.faces.web.designs.views import FilesPage
from fluxstudio.faces.web.integrations.samples import cards
from fluxstudio.faces.web.integrations.views import AttemptsPage, DisconnectPage, IntegrationsPage
from fluxstudio.faces.web.reference.routes import page_of
from fluxstudio.faces.web.setup.views import AppView, AreaView, FindingView, SetupPage
from fluxstudio.faces.web.shell.family import discover
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.list_views import FreshnessView, ListingView, RefreshForm
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.shell.views import ErrorPage, NavItem, PersonView, Shell
from fluxstudio.faces.web.sign_in.views import OpenIdProblemPage, SignedOutPage, SignInPage, SignUpPage
from tests.faces.web.activity import samples as activity
from tests.faces.web.agents import samples as agents
from tests.faces.web.ask import samples as ask
from tests.faces.web.automations import samples as automations
from tests.faces.web.channels import samples as channels
from tests.faces.web.code import samples as code
from tests.faces.web.connecting import samples as connecting
from tests.faces.web.design_tokens import samples as design_tokens
from tests.faces.web.designs import samples as designs
from tests.faces.web.endpoints import samples as endpoints
from tests.faces.web.help import samples as help_pages
from tests.faces.web.insights import samples as insights
from tests.faces.web.people import samples as people
from tests.faces.web.shell import samples as shell_pages
from tests.faces.web.webhooks import samples as webhooks

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
ICONS = icon_names()
HEAD = HeadView(
    title="Drawings",
    sentence="What your team draws.",
    parent=LinkView(label="Integrations", href="/settings/integrations"),
    action=LinkView(label="Draw", href="/draw", icon="plus"),
)
DOCUMENT = {
    "components": {
        "schemas": {
            "PlotterDrawing": {
                "title": "Drawing",
                "type": "object",
                "description": "A drawing; `lines` counts its strokes.",
                "properties": {
                    "lines": {"type": "integer"},
                    "by": {"anyOf": [{"$ref": "#/components/schemas/PlotterPen"}, {"type": "null"}]},
                },
            },
            "PlotterPen": {
                "title": "Pen",
                "type": "object",
                "properties": {"colour": {"enum": ["red", "blue"], "type": "string"}},
            },
        }
    },
    "paths": {
        "/api/integrations/plotter/drawings/{sheet}": {
            "post": {
                "tags": ["Plotter"],
                "operationId": "plotter_draw",
                "summary": "Draw",
                "description": "Draw on a sheet. It stays.\n\nEvery `line` is drawn once.",
                "parameters": [
                    {"name": "connection", "in": "query", "schema": {"type": "string"}},
                    {"name": "sheet", "in": "path", "required": True, "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "required": ["lines"],
                                "properties": {
                                    "lines": {"type": "integer", "minimum": 1, "maximum": 2000},
                                    "pen": {"type": "string", "default": "red", "maxLength": 9},
                                },
                            }
                        }
                    }
                },
                "responses": {
                    "201": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/PlotterDrawing"}}
                        }
                    },
                    "400": {},
                },
            }
        },
        "/health": {
            "get": {
                "tags": ["Health"],
                "operationId": "health",
                "summary": "Lives",
                "responses": {"204": {}},
            }
        },
    },
}
BANNERS = (
    BannerView(tone="good", title="Plotter is connected.", action=LinkView(label="Open", href="/open")),
    BannerView(tone="bad", title="Plotter did not connect.", detail="Try again."),
)


def shell(*, admin: bool = True, person: bool = True) -> Shell:
    """What stands around a page of someone signed in, or of a stranger."""
    return Shell(
        nonce="a-nonce",
        csrf="a-csrf-token",
        path="/settings/integrations?team=1",
        person=PersonView(name="Ada Lovelace", email="ada@example.org", is_admin=admin) if person else None,
        nav=(NavItem(label="Integrations", href="/settings/integrations", icon="plug", current=True),),
        banners=BANNERS,
    )


def pages() -> list[Page]:
    """Every page, and those with several states in each of them."""
    components = components_page(NOW, ICONS, family_samples(discover(), NOW))
    disconnect = cards(NOW)[2].connections[0].disconnect
    return [
        components,
        IntegrationsPage(head=HEAD, cards=cards(NOW)),
        AttemptsPage(head=HEAD, attempts=components.attempts),
        AttemptsPage(head=HEAD, attempts=()),
        DisconnectPage(head=HEAD, disconnect=disconnect),
        *_listings(),
        *activity.pages(NOW),
        *webhooks.pages(NOW),
        *automations.pages(NOW),
        *connecting.pages(),
        *people.pages(),
        *shell_pages.pages(NOW),
        *endpoints.pages(NOW),
        *agents.pages(),
        *ask.pages(),
        *insights.pages(),
        *help_pages.pages(),
        *design_tokens.pages(NOW),
        *designs.pages(NOW),
        *channels.pages(),
        *code.pages(NOW),
        SignInPage(action="/sign-in", return_to="/", sign_up_href="/sign-up", openid_href="/sign-in/openid"),
        OpenIdProblemPage(
            again=LinkView(label="Try again", href="/again"),
            sign_in=LinkView(label="Sign in", href="/sign-in"),
        ),
        SignedOutPage(href="http://127.0.0.1:1/logout?client_id=fluxstudio&state=1"),
        SignInPage(action="/sign-in", return_to="/", email="ada@example.org", error="They do not match."),
        SignUpPage(action="/sign-up", return_to="/", sign_in_href="/sign-in"),
        SignUpPage(
            action="/sign-up",
            return_to="/",
            sign_in_href="/sign-in",
            name="Ada",
            errors=FormErrors({"name": "Too short.", "email": "Not an address.", "password": "Too short."}),
        ),
        SignUpPage(
            action="/invitations/x",
            return_to="/",
            sign_in_href="/sign-in",
            email="ada@example.org",
            email_is_fixed=True,
            administers=True,
        ),
        ErrorPage(
            status=404,
            title="There is no page here",
            detail="The address may be mistyped.",
            action=LinkView(label="Go back", href="/"),
            reference="NOT_FOUND",
        ),
        page_of(DOCUMENT, {"Plotter": "Draw what you mean."}, "http://127.0.0.1:8000"),
        _setup(pending_href="/settings/setup?part=checks"),
        _setup(
            areas=(
                AreaView(
                    title="Clock",
                    findings=(
                        FindingView(tone="bad", name="Clock", what="is wrong.", mend="Run `ntpd`."),
                        FindingView(tone="good", name="Calendar:", what="It is Sunday."),
                    ),
                ),
                AreaView(title="Ink", findings=(FindingView(tone="attention", name="Ink", what="is low."),)),
            )
        ),
    ]


def _setup(**checks: Any) -> SetupPage:
    app = AppView(
        provider="plotter",
        name="Plotter",
        icon=ICON,
        state="missing",
        redirect_uri="https://flux.example/callback",
        settings=(
            SettingView(name="PLOTTER_CLIENT_ID", purpose="The app's client id", is_set=True),
            SettingView(name="PLOTTER_CLIENT_SECRET", purpose="The app's client secret"),
        ),
        console=LinkView(label="Open Plotter", href="https://plotter.example", external=True),
        manifest="{}",
    )
    return SetupPage(
        head=HEAD, apps=(app, replace(app, provider="second", state="set", manifest="")), **checks
    )


def _listings() -> list[Page]:
    listing = ListingView(
        head=HEAD,
        icon=ICON,
        tabs=(
            TabView(label="One", href="?team=1", current=True, count=4800),
            TabView(label="Two", href="?team=2"),
        ),
        search=SearchView(label="Find one", action="/c", query="d", hidden={"connection": "c1"}),
        pager=PagerView(words="51–100 of 2,014 drawings", newer_href="?page=1", older_href="?page=3"),
        freshness=FreshnessView(
            read_at=NOW,
            stale=True,
            reason="Plotter does not answer.",
            refresh=RefreshForm(action="/refresh", hidden={"connection": "c1", "list": "drawings"}),
        ),
    )
    found_nothing = replace(listing, search=SearchView(label="Find one", action="/c", query="none"))
    bare = ListingView(head=HeadView(title="Drawings"), icon=ICON)
    variants = (bare, replace(bare, pending_href="/x?part=results"), replace(bare, problem=BANNERS[1]))
    return [
        designs.files(listing, NOW),
        *(FilesPage(listing=variant) for variant in variants),
        channels.channels(listing),
        *(ChannelsPage(listing=variant) for variant in variants),
        *(kind(listing=found_nothing) for kind in (FilesPage, ChannelsPage, RepositoriesPage)),
        code.repositories(listing, NOW),
        *(RepositoriesPage(listing=variant) for variant in variants),
    ]

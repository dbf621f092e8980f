"""Home in each of its states, search with and without results, and settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fluxstudio.faces.web.components.samples import ICON
from fluxstudio.faces.web.components.views import HeadView, LinkView, PagerView, SearchView
from fluxstudio.faces.web.home.presenter import BENEFITS
from fluxstudio.faces.web.home.views import (
    AttentionRow,
    ChecklistView,
    FirstStepView,
    HappeningRow,
    HomePage,
    SampleDataView,
)
from fluxstudio.faces.web.search.views import SearchGroup, SearchItem, SearchPage, SearchResults
from fluxstudio.faces.web.settings.views import (
    AuditPage,
    AuditRow,
    NotificationsPage,
    SettingsGroup,
    SettingsLink,
    SettingsPage,
)
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.templating import Page

ITEMS = (
    SearchItem(label="Automations", href="/automations", icon="bolt"),
    SearchItem(label="#design", href="/c", detail="Harbour & Pine", mark=ICON),
    SearchItem(label="Sign out", href="/sign-out", icon="sign-out", submits=True),
)


def pages(now: datetime) -> list[Page]:
    """Every page of the shell."""
    results = SearchResults(
        query="a",
        groups=(SearchGroup(name="pages", label="Go to", items=ITEMS, more=3),),
        note="Still reading Harbour & Pine.",
    )
    return [*_homes(now), *_settings(now), _search(results), _search(SearchResults(query="moon", groups=()))]


def _homes(now: datetime) -> list[HomePage]:
    step = FirstStepView(
        title="Connect",
        words="One is enough.",
        done=False,
        action=LinkView(label="Go", href="/c"),
        is_next=True,
    )
    done = FirstStepView(title="Add a team", words="", done=True, action=LinkView(label="Add", href="/a"))
    see = LinkView(label="See why", href="/w")
    return [
        HomePage(
            head=HeadView(title="Welcome"),
            benefits=BENEFITS,
            sample_data=SampleDataView(title="See it", words="At once.", add_action="/home/sample-data"),
            checklist=ChecklistView(steps=(step, done), done=1, close_action="/home/checklist"),
        ),
        HomePage(
            head=HeadView(title="Home"),
            attention=(
                AttentionRow(title="“News” failed", why="No such channel.", at=now, action=see),
                AttentionRow(
                    title="“Old” is paused", why="It loops.", tone="attention", mark=ICON, action=see
                ),
            ),
            lately=(HappeningRow(href="/e", text="Ada drew", at=now, mark=ICON, account="Plotter"),),
            show_action="/home/checklist",
        ),
        HomePage(
            head=HeadView(title="Home"),
            working="1 account connected. Nothing needs your attention.",
            sample_data=SampleDataView(
                title="See it work", words="Comment.", links=(see,), close_action="/c"
            ),
        ),
    ]


def _settings(now: datetime) -> list[Page]:
    link = SettingsLink(label="Account", words="Profile.", href="/settings/account", icon="person")
    head = HeadView(title="Settings", parent=LinkView(label="Settings", href="/settings"))
    fields = {"channel": "#design", "connection": "c1", "failures": "on", "quietFrom": "22:00"}
    fields |= {"quietUntil": "", "digestAt": "09:00", "timeZone": "UTC"}
    form = NotificationsPage(
        head=head,
        action="/settings/notifications",
        senders=(("c1", "Plotter · Ada"), ("c2", "Plotter · Mei")),
        fields=fields,
        zones=(("UTC", "UTC"),),
        agents=LinkView(label="Change in Agents", href="/agents"),
        agents_channel="#agents",
        errors=FormErrors({"quiet": "Give both times.", "connection": "Choose one."}),
    )
    return [
        SettingsPage(
            head=HeadView(title="Settings"),
            groups=(SettingsGroup(name="own", title="You", links=(link,)),),
            export_href="/settings/export",
            delete_href="/settings/account/delete",
        ),
        AuditPage(
            head=head,
            rows=(
                AuditRow(title="Signed in", details=("127.0.0.1",), at=now),
                AuditRow(title="Called plotter.draw", details=(), at=now, outcome="Failed", tone="bad"),
            ),
            pager=PagerView(words="", older_href="?before=1"),
        ),
        AuditPage(head=head, rows=()),
        form,
        replace(form, senders=(), errors=FormErrors(), agents_channel=""),
    ]


def _search(results: SearchResults) -> SearchPage:
    return SearchPage(
        head=HeadView(title="Search"),
        search=SearchView(label="Search FluxStudio", action="/search", query=results.query),
        results=results,
    )

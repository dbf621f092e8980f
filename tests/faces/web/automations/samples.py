"""Pages of automations, filled as the product fills them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from markupsafe import Markup

from fluxstudio.faces.web.automations.form_views import (
    ConditionEntry,
    EntryView,
    PreviewView,
    RuleFormView,
    SideView,
    ValueView,
    VariableView,
)
from fluxstudio.faces.web.automations.views import (
    AboutView,
    AutomationRow,
    AutomationsPage,
    ConnectFirstView,
    DeletePage,
    DeleteView,
    DryRunResultView,
    DryRunView,
    EditPage,
    FillPage,
    GalleryPage,
    HealthView,
    NewPage,
    RunsPage,
    RunView,
    SuggestionView,
    SwitchView,
    TryPage,
    VersionsPage,
    VersionView,
)
from fluxstudio.faces.web.components.runs import OUTCOMES
from fluxstudio.faces.web.components.samples import ICON
from fluxstudio.faces.web.components.views import (
    BannerView,
    DrawingView,
    DrawnBlockView,
    HeadView,
    LinkView,
    SearchView,
    TabView,
)
from fluxstudio.faces.web.shell.templating import Page

HEAD = HeadView(title="Drawings to the wall", sentence="When a drawing is done, hang it up.")
LINK = LinkView(label="Gallery", href="/automations/gallery")
FIRST = ConnectFirstView(words="This needs Plotter.", actions=(("Connect Plotter", "/plotter/connect"),))
BANNER = BannerView(tone="attention", title="Plotter is not connected.", action=LINK)
SWITCH = SwitchView(action="/automations/1/switch", label="Drawings", on=True, back="/automations")
VALUES = (ValueView(name="Wall", text="north"), ValueView(name="Text", text="Look\nhere", long=True))
OPTIONS = (("a", "Alder"), ("b", "Birch"))
CHOSEN = EntryView(
    name="wall", label="Wall", value="b", options=OPTIONS, search=True, looks=True, help="Which?"
)
WRONG = replace(CHOSEN, name="other.wall", error="Choose a wall.", required=True, search=False)
TEXT = EntryView(name="do.text", label="Text", value="{{ summary }}", area=True, error="It is too long.")
DRAWING = DrawingView(
    kind="issue",
    by="Studio",
    title="Look here",
    blocks=(DrawnBlockView(kind="text", parts=(Markup("<p>North</p>"),)),),
    labels=("design",),
    people=("ada",),
)
DELETE = DeleteView(
    href="/automations/1/delete",
    action="/automations/1/delete",
    name="Drawings",
    cancel_href="/automations/1",
    loses=("The rule.",),
    keeps=("The drawings.",),
)
HEALTH = HealthView(
    state=OUTCOMES["failed"], accounts=("Studio", "Workshop"), listens_to="The wall", problem=BANNER
)
ABOUT = AboutView(
    head=HEAD,
    switch=SWITCH,
    marks=(ICON, ICON),
    tabs=(TabView(label="Runs", href="/automations/1", current=True),),
    delete=DELETE,
    health=HEALTH,
    only=("colour is “red”", "size is 4"),
)


def pages(now: datetime) -> list[Page]:
    """Every page, and those with several states in each of them."""
    tried = DryRunResultView(at=now, summary="Ada drew a boat", values=VALUES)
    would = DryRunView(
        sentence="Would have posted once last week (2 events checked).",
        problem=BANNER,
        would=(tried, replace(tried, problem="wall: is needed")),
        passed=(DryRunResultView(at=now, summary="Mei drew a cat", why="colour is “blue”."),),
    )
    none = DryRunView(
        sentence="Nothing has reached us.", problem=None, would=(), example=replace(tried, at=None)
    )
    times = DryRunView(
        sentence="It would run at these times.",
        problem=None,
        would=(replace(tried, summary=""),) * 2,
        on_time=True,
    )
    fill = FillPage(
        head=HEAD,
        marks=(ICON,),
        action="/automations/gallery/x",
        attempt="Try it",
        entries=(CHOSEN, WRONG, TEXT),
    )
    return [
        *_lists(now),
        fill,
        replace(fill, connect=FIRST, notice="It cannot work.", dry_run=would),
        replace(fill, dry_run=none),
        replace(fill, pending_href="/automations/gallery/x?part=form", entries=()),
        NewPage(head=HEAD, form=_form()),
        NewPage(head=HEAD, form=_form(), problem=BANNER, dry_run=times),
        EditPage(about=ABOUT, form=_form(), problem=BANNER, dry_run=would),
        EditPage(about=ABOUT, form=replace(_form(), json=replace(_form().json, error="This is no JSON."))),
        TryPage(about=replace(ABOUT, only=(), next_at=now), dry_run=times),
        TryPage(about=ABOUT, dry_run=None, problem=BANNER),
        *_logs(now),
        DeletePage(head=HEAD, delete=DELETE),
    ]


def _lists(now: datetime) -> list[Page]:
    row = AutomationRow(
        id="1",
        name="Drawings",
        href="/automations/1",
        sentence="When a drawing is done, hang it up.",
        switch=SWITCH,
        marks=(ICON, ICON),
        health=HealthView(state=OUTCOMES["skipped"], listens_to="The wall", problem=BANNER),
        only=("colour is “red”",),
        last=OUTCOMES["failed"],
        last_at=now,
    )
    off = replace(
        row, id="2", switch=replace(SWITCH, on=False), last=None, only=(), next_at=now + timedelta(days=2)
    )
    suggestion = SuggestionView(
        name="Drawings",
        href="/automations/gallery/x",
        sentence="Hang them up.",
        marks=(ICON,),
        needs=("Plotter",),
    )
    return [
        AutomationsPage(head=HEAD, rows=(row, off), gallery=LINK, here="/automations"),
        AutomationsPage(head=HEAD, rows=(), gallery=LINK, here="/automations"),
        GalleryPage(head=HEAD, suggestions=(suggestion, replace(suggestion, needs=())), scratch=LINK),
    ]


def _form() -> RuleFormView:
    field = EntryView(name="when.conditions.0.field", label="Field 1", value="colour", placeholder="Field")
    condition = ConditionEntry(
        field=field,
        test=EntryView(name="when.conditions.0.is", label="Test 1", options=OPTIONS),
        value=EntryView(name="when.conditions.0.value", label="Value 1"),
        error="Write a field.",
    )
    return RuleFormView(
        action="/automations/1/edit",
        save="Save changes",
        attempt="Try it",
        name=EntryView(name="name", label="Name", value="Drawings", required=True),
        when=(CHOSEN, EntryView(name="at", label="At", value="09:00", kind="time")),
        conditions=(condition,),
        do=(replace(CHOSEN, name="what"),),
        arguments=(TEXT,),
        further=(EntryView(name="do.more", label="More"),),
        limit=(EntryView(name="limit.runs", label="Runs", value="60"),),
        kept_as_is=("Blocks",),
        trigger=SideView(mark=ICON, account="Studio"),
        target=SideView(mark=ICON, connect=LINK),
        place=replace(condition, value=replace(condition.value, name="when.conditions.1.value")),
        takes_conditions=True,
        variables=(VariableView(label="Summary", insert="{{ summary }}", sample="Ada drew a boat"),),
        samples=replace(CHOSEN, name="sample"),
        preview=PreviewView(lead="Message in #wall", drawing=DRAWING, why="The colour is blue."),
        event_fields=VALUES,
        fields_from="an example",
        json=EntryView(name="json", label="JSON", value="{}", area=True),
    )


def _logs(now: datetime) -> list[Page]:
    failed = RunView(
        id="1",
        outcome=OUTCOMES["failed"],
        at=now,
        started_by="Ada drew a boat",
        event=LinkView(label="The event", href="/activity/1"),
        attempts=3,
        inputs=VALUES,
        cause="The wall is full.",
        mend="Clear the wall.",
        mend_link=LINK,
        open=True,
    )
    worked = RunView(id="2", outcome=OUTCOMES["done"], at=now, started_by="Due", output='{\n  "ok": true\n}')
    version = VersionView(
        number=2,
        at=now,
        sentence="When a drawing is done, hang it up.",
        only=("colour is “red”",),
        values=VALUES,
        json="{}",
        restore_action=None,
    )
    older = replace(version, number=1, restore_action="/automations/1/versions/1/restore", values=(), only=())
    return [
        RunsPage(
            about=ABOUT, runs=(failed, worked), here="/automations/1", older_href="/automations/1?before=9"
        ),
        RunsPage(about=ABOUT, runs=(worked,), here="/automations/1?before=9", newest_href="/automations/1"),
        RunsPage(
            about=ABOUT,
            runs=(),
            here="/automations/1?q=tide",
            older_href="/automations/1?q=tide&before=9",
            states=(TabView(label="All", href="/automations/1?q=tide", current=True),),
            search=SearchView(label="Search runs", action="/automations/1", query="tide", as_typed=False),
            is_narrowed=True,
            is_partial=True,
        ),
        RunsPage(about=ABOUT, runs=(), here="/automations/1", try_link=LINK),
        VersionsPage(about=ABOUT, versions=(version, older)),
    ]

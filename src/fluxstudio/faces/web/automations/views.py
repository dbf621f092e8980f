"""Automations: the list, the gallery, and one with its runs, its dry run, its form and its versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.automations.form_views import EntryView, RuleFormView, ValueView
from fluxstudio.faces.web.components.views import (
    BannerView,
    HeadView,
    LinkView,
    OutcomeView,
    PagerView,
    SearchView,
    TabView,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchView:
    """Switches one automation; `action` takes the form with `on` and comes back to `back`."""

    action: str
    label: str
    on: bool
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """How it stands with an automation that is switched on.

    `state` is a badge where not all is well, `problem` says why and what to do about it. Where the provider
    may be asked for what it waits for, a form goes to `listen_action`."""

    state: OutcomeView | None = None
    accounts: tuple[str, ...] = ()
    listens_to: str | None = None
    heard_at: datetime | None = None
    problem: BannerView | None = None
    listen_action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationRow:
    """One automation in the list. `marks` are those of the providers it listens and speaks to."""

    id: str
    name: str
    href: str
    sentence: str
    switch: SwitchView
    marks: tuple[Markup, ...]
    health: HealthView
    only: tuple[str, ...] = ()
    last: OutcomeView | None = None
    last_at: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationsPage:
    """Every automation of a user."""

    template: ClassVar[str] = "automations/list.html"
    head: HeadView
    rows: tuple[AutomationRow, ...]
    gallery: LinkView
    here: str
    search: SearchView | None = None
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionView:
    """An automation to begin with; `needs` are providers still to be connected."""

    name: str
    href: str
    sentence: str
    marks: tuple[Markup, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryPage:
    """Automations to begin with."""

    template: ClassVar[str] = "automations/gallery.html"
    head: HeadView
    suggestions: tuple[SuggestionView, ...]
    scratch: LinkView


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunResultView:
    """What would come of one event or one time: `values` to be sent, or `why` nothing would be.

    `problem` says what would go wrong.
    """

    at: datetime | None
    summary: str
    values: tuple[ValueView, ...] = ()
    why: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunView:
    """A dry run. `problem` keeps it from working at all; where nothing has
    happened, `example` stands in and `hint` leads to what can be done about it."""

    sentence: str
    problem: BannerView | None
    would: tuple[DryRunResultView, ...]
    passed: tuple[DryRunResultView, ...] = ()
    on_time: bool = False
    example: DryRunResultView | None = None
    hint: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectFirstView:
    """What has to be connected before an automation can work; each action takes a form with `returnTo`."""

    words: str
    actions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FillPage:
    """One suggestion and its blanks. With `pending_href` what they can be filled with is still being read."""

    template: ClassVar[str] = "automations/fill.html"
    head: HeadView
    marks: tuple[Markup, ...]
    action: str
    attempt: str
    entries: tuple[EntryView, ...] = ()
    connect: ConnectFirstView | None = None
    notice: str | None = None
    dry_run: DryRunView | None = None
    pending_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPage:
    """A rule made from nothing."""

    template: ClassVar[str] = "automations/new.html"
    head: HeadView
    form: RuleFormView
    problem: BannerView | None = None
    dry_run: DryRunView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteView:
    """What deleting would do; `href` asks, `action` takes the form."""

    href: str
    action: str
    name: str
    cancel_href: str
    loses: tuple[str, ...]
    keeps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutView:
    """What stands on every page of one automation."""

    head: HeadView
    switch: SwitchView
    marks: tuple[Markup, ...]
    tabs: tuple[TabView, ...]
    delete: DeleteView
    health: HealthView
    only: tuple[str, ...] = ()
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run: what started it, what it sent, what came back, and of a failure the cause and the fix.

    `made` leads to what it made at the provider, `retry_action` takes a form that runs it again; `again` and
    `before` lead to the run that repeats it, and to the one it repeats.
    """

    id: str
    outcome: OutcomeView
    at: datetime
    started_by: str
    event: LinkView | None = None
    version: int = 1
    attempts: int = 0
    inputs: tuple[ValueView, ...] = ()
    output: str | None = None
    cause: str | None = None
    mend: str | None = None
    mend_link: LinkView | None = None
    open: bool = False
    href: str | None = None
    made: LinkView | None = None
    retry_action: str | None = None
    again: LinkView | None = None
    before: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """Where an automation tells that it fails; `action` takes the form with `channel` and `connection`.

    `connections` are (id, name) of those that can send messages.
    """

    action: str
    channel: str = ""
    connection: str = ""
    connections: tuple[tuple[str, str], ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsPage:
    """What one automation did, newest first; or `one` run of it.

    `states` and `search` narrow the list; `is_partial` says that a search has not looked at all runs, and
    `is_narrowed` that there may be others.
    """

    template: ClassVar[str] = "automations/runs.html"
    about: AboutView
    runs: tuple[RunView, ...]
    here: str
    older_href: str | None = None
    newest_href: str | None = None
    try_link: LinkView | None = None
    one: bool = False
    states: tuple[TabView, ...] = ()
    search: SearchView | None = None
    is_narrowed: bool = False
    is_partial: bool = False
    notice: NoticeView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TryPage:
    """What one automation would have done; `problem` in place of it where it cannot work any more."""

    template: ClassVar[str] = "automations/try.html"
    about: AboutView
    dry_run: DryRunView | None
    problem: BannerView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPage:
    """One automation as a form."""

    template: ClassVar[str] = "automations/edit.html"
    about: AboutView
    form: RuleFormView
    problem: BannerView | None = None
    dry_run: DryRunView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """What an automation said from then on; `restore_action` lets it say so again (None: it does now)."""

    number: int
    at: datetime
    sentence: str
    only: tuple[str, ...]
    values: tuple[ValueView, ...]
    json: str
    restore_action: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsPage:
    """What one automation has said so far, newest first; `older_href` leads to the page before."""

    template: ClassVar[str] = "automations/versions.html"
    about: AboutView
    versions: tuple[VersionView, ...]
    older_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePage:
    """Asks before an automation is deleted; the same words as the dialog, for those without JavaScript."""

    template: ClassVar[str] = "automations/delete.html"
    head: HeadView
    delete: DeleteView


AutomationPage = (
    AutomationsPage
    | GalleryPage
    | FillPage
    | NewPage
    | RunsPage
    | TryPage
    | EditPage
    | VersionsPage
    | DeletePage
)

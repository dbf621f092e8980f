"""Activity: the list of events, one of them, and the question before many are replayed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.components.views import (
    EmptyView,
    HeadView,
    LinkView,
    OutcomeView,
    SearchView,
    StateView,
    StepView,
    TabView,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event. `why` is the cause of the last failure; `replay_action` takes a form that tries it again.

    `run_failed` says that an automation it started failed, and `failed_run` leads to that run where it is the
    reader's own; the form then runs it again and nothing else.
    """

    id: str
    href: str
    icon: Markup
    provider_name: str
    text: str
    received_at: datetime
    state: StateView
    account: str | None = None
    why: str | None = None
    replay_action: str | None = None
    run_failed: bool = False
    failed_run: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRunView:
    """A run that an event started. `made` leads to what it made, `retry_action` takes a form to repeat it."""

    id: str
    name: str
    outcome: OutcomeView
    at: datetime
    href: str | None = None
    cause: str | None = None
    mend: str | None = None
    made: LinkView | None = None
    retry_action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAllView:
    """Replaying what was given up on: `count` of them, of which `most` at once; of `provider_name` only.

    `action` takes the form with `from`; `ask_href` is the page that asks first.
    """

    count: int
    most: int
    action: str
    ask_href: str
    cancel_href: str
    provider: str = ""
    provider_name: str | None = None

    @property
    def now(self) -> int:
        """How many one press replays."""
        return min(self.count, self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPage:
    """Events, newest first; `empty` where there are none.

    `states` and `providers` narrow the list, `search` by words; `searched_to` is the time of the last event
    that a search has looked at where it has not looked at all. With `live_href` it is the first page, which
    keeps itself up to date from there; `only` is the provider it is narrowed to.
    """

    template: ClassVar[str] = "activity/list.html"
    head: HeadView
    states: tuple[TabView, ...]
    providers: tuple[TabView, ...]
    rows: tuple[EventRow, ...] = ()
    search: SearchView | None = None
    searched_to: datetime | None = None
    empty: EmptyView | None = None
    only: str = ""
    live_href: str | None = None
    newest_href: str | None = None
    older_href: str | None = None
    replay_all: ReplayAllView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """One event: what came of it, attempt by attempt, and all that the provider sent.

    `next_at` is when it is tried again, `unknown_shape` what it lacks that its type always has,
    `payload_deleted` why what was sent is not there any more. With
    `whole_href` the payload was too long and stands there in full.
    """

    template: ClassVar[str] = "activity/event.html"
    head: HeadView
    event: EventRow
    event_type: str
    delivery_key: str
    attempts: int
    steps: tuple[StepView, ...]
    payload: str
    live_href: str
    link: LinkView | None = None
    runs: tuple[EventRunView, ...] = ()
    next_at: datetime | None = None
    unknown_shape: str | None = None
    whole_href: str | None = None
    payload_deleted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPage:
    """Asks before many events are replayed; the same words as the dialog, for those without JavaScript."""

    template: ClassVar[str] = "activity/replay.html"
    head: HeadView
    replay_all: ReplayAllView

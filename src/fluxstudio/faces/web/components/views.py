"""What components show: plain frozen values that presenters fill and macros read.

Words arrive ready to print; times are aware datetimes; every `href` is a path of ours or a checked `https`
address. Nothing here holds a token or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from markupsafe import Markup

StepState = Literal["done", "now", "next", "failed"]
Tone = Literal["good", "attention", "bad", "neutral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateView:
    """How far an event has come: a word with its tone and icon. `key` changes whenever it looks different."""

    key: str
    words: str
    tone: Tone
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyView:
    """What stands in place of a list with nothing in it: what will be here, and how to get it."""

    title: str
    words: str
    icon: str
    action: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """How a run ended: a word with its tone, and an icon where that of the tone does not fit."""

    words: str
    tone: Tone
    icon: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step of something that takes several."""

    label: str
    state: StepState
    at: datetime | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt to connect: its steps, and for a failure the cause and its mend."""

    id: str
    started_at: datetime
    outcome: Literal["connected", "declined", "failed", "waiting", "abandoned"]
    steps: tuple[StepView, ...]
    account: str | None = None
    cause: str | None = None
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """Why a connection does not work: what happened, since when, what still works."""

    what: str
    since: datetime
    still_works: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingView:
    """One setting an operator must give, by its name in the environment."""

    name: str
    purpose: str
    is_set: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TabView:
    """One of several views of a page, such as one account of several."""

    label: str
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedField:
    """A text field with some of what it can be filled with, (value, words) each.

    `href` answers a GET with `q` with those that have these letters in them. `picker` lays a list to search
    in over it, which shows `words` for the value and `hints` beside values; `about` names another field
    whose value goes to `href` as `field`.
    """

    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    href: str | None = None
    picker: bool = False
    words: str = ""
    hints: Mapping[str, str] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBlockView:
    """A part of something that will be written at a provider; `parts` are HTML."""

    kind: Literal["heading", "text", "fields", "buttons", "small"]
    parts: tuple[Markup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingView:
    """What will be written at a provider, as people will see it; nothing yet without blocks and title.

    `by` is who it comes from, and `app` says that this is an app. `place` is where it will be.
    """

    kind: Literal["message", "issue", "comment"]
    by: str
    blocks: tuple[DrawnBlockView, ...] = ()
    app: bool = False
    place: str = ""
    title: str = ""
    labels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PointView:
    """One value of a chart."""

    label: str
    value: float
    failed: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """Values over something, drawn on the server; `caption` names them and `unit` follows each number.

    With `shows_failed` the part of each bar that failed is drawn in its foot.
    """

    caption: str
    points: tuple[PointView, ...]
    unit: str = ""
    kind: Literal["line", "bars"] = "line"
    in_time: bool = True
    shows_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """Somewhere to go: words, address, an icon of `static/icons.svg`, whether it leaves the product."""

    label: str
    href: str
    icon: str | None = None
    external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoView:
    """The form that takes back what was just done."""

    action: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerView:
    """What just happened, above the page: `title` says it in one sentence, `detail` says what to do.

    A good or neutral one becomes a toast, with `undo` where it can be taken back.
    """

    tone: Tone
    title: str
    detail: str | None = None
    action: LinkView | None = None
    undo: UndoView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadView:
    """The top of a page: title, one sentence, at most one primary action, and the page it hangs below."""

    title: str
    sentence: str | None = None
    action: LinkView | None = None
    parent: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One text field of a form, as it was sent and what is wrong with it."""

    name: str
    label: str
    value: str = ""
    help: str | None = None
    error: str | None = None
    placeholder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """What came of an action, said next to it."""

    tone: Tone
    text: str
    detail: str | None = None
    link: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerView:
    """Where one is in a long list: in words, and the addresses of the pages before and after."""

    words: str
    newer_href: str | None = None
    older_href: str | None = None
    newer_label: str = "Previous"
    older_label: str = "Next"
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """Searches a list: `action` answers a GET with `q` and what is `hidden`, `as_typed` or on Enter."""

    label: str
    action: str
    query: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    as_typed: bool = True

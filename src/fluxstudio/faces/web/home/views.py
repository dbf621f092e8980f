"""Home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.components.views import HeadView, LinkView


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitView:
    """One thing the product gives."""

    icon: str
    title: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStepView:
    """One of the first steps: `is_next` is the one to do now."""

    title: str
    words: str
    done: bool
    action: LinkView
    is_next: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistView:
    """The first steps with how many are done; `marks` are those of the providers."""

    steps: tuple[FirstStepView, ...]
    done: int
    close_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionRow:
    """Something that needs attention: what is wrong, why, since when, and where to look at it.

    `tone` is bad or attention.
    """

    title: str
    why: str
    action: LinkView
    at: datetime | None = None
    icon: str = "alert"
    mark: Markup | None = None
    tone: str = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class HappeningRow:
    """Something that happened lately."""

    href: str
    text: str
    at: datetime
    mark: Markup
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDataView:
    """What the demo offers to begin with: a form to `add_action`, or `links` once it was sent.

    `close_action` puts it away.
    """

    title: str
    words: str
    add_action: str | None = None
    links: tuple[LinkView, ...] = ()
    close_action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """What somebody sees first.

    `benefits` are there on the first visit, `checklist` until it is done or put away, `working` says in words
    that nothing needs attention. `show_action` brings a checklist back that was put away. Only the demo has
    `sample_data`.
    """

    template: ClassVar[str] = "home/home.html"
    head: HeadView
    marks: tuple[Markup, ...] = ()
    benefits: tuple[BenefitView, ...] = ()
    sample_data: SampleDataView | None = None
    checklist: ChecklistView | None = None
    attention: tuple[AttentionRow, ...] = ()
    working: str | None = None
    lately: tuple[HappeningRow, ...] = ()
    show_action: str | None = None

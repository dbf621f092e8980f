"""What the page of insights shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fluxstudio.faces.web.components.views import ChartView, EmptyView, HeadView, TabView, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class TileView:
    """One number of the range: what it counts, a note below, and how it compares with the range before."""

    label: str
    value: str
    note: str = ""
    change: str = ""
    tone: Tone = "neutral"
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownView:
    """A table of what a figure is made of. `columns` are (words, is number) pairs."""

    title: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """Why tries to connect failed, how often, and what fixes it."""

    provider: str
    count: int
    cause: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetView:
    """A rate limit in use. `percent` is how much of it is used, `note` what follows from that."""

    title: str
    percent: int
    note: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """One part of the page: its charts, its tables, or why there is nothing to show yet."""

    id: str
    title: str
    charts: tuple[ChartView, ...] = ()
    breakdowns: tuple[BreakdownView, ...] = ()
    causes: tuple[CauseView, ...] = ()
    budgets: tuple[BudgetView, ...] = ()
    empty: EmptyView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightsPage:
    """The figures of a range."""

    template: ClassVar[str] = "insights/insights.html"
    head: HeadView
    ranges: tuple[TabView, ...]
    scopes: tuple[TabView, ...]
    tiles: tuple[TileView, ...]
    sections: tuple[SectionView, ...]
    csv_href: str
    note: str

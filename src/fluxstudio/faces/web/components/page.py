"""The page that shows every component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.components.views import (
    AttemptView,
    BannerView,
    ChartView,
    HeadView,
    ResultView,
    StepView,
)


@dataclass(frozen=True, slots=True)
class FamilySample:
    """What a page family shows of itself: a template of its own, and what that is filled with."""

    template: str
    context: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentsPage:
    """Every component in every state, for those who build it."""

    template: ClassVar[str] = "components/page.html"
    head: HeadView
    now: datetime
    icon: Markup
    icons: tuple[str, ...]
    steps: tuple[StepView, ...]
    attempts: tuple[AttemptView, ...]
    charts: tuple[ChartView, ...]
    banners: tuple[BannerView, ...]
    results: tuple[ResultView, ...]
    families: tuple[FamilySample, ...]
    options: tuple[tuple[str, str], ...]

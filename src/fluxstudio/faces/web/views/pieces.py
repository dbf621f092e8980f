"""The page that shows every piece of the interface, and the charts it draws."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from markupsafe import Markup

from fluxstudio.faces.web.views.integrations import AttemptView, CardView, StepView
from fluxstudio.faces.web.views.shell import BannerView, HeadView, ResultView


@dataclass(frozen=True, slots=True, kw_only=True)
class PointView:
    """One value of a chart."""

    label: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """Values over something, drawn on the server; `caption` names them and `unit` follows each number."""

    caption: str
    points: tuple[PointView, ...]
    unit: str = ""
    kind: Literal["line", "bars"] = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecesPage:
    """Every piece of the interface in every state, for those who build it."""

    template: ClassVar[str] = "pages/pieces.html"
    head: HeadView
    now: datetime
    icon: Markup
    icons: tuple[str, ...]
    steps: tuple[StepView, ...]
    attempts: tuple[AttemptView, ...]
    charts: tuple[ChartView, ...]
    banners: tuple[BannerView, ...]
    results: tuple[ResultView, ...]
    cards: tuple[CardView, ...]
    options: tuple[tuple[str, str], ...]

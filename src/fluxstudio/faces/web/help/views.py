"""Help: the list of guides, and one guide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.components.views import HeadView


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideRow:
    """One guide in the list."""

    title: str
    about: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPage:
    """Every guide."""

    template: ClassVar[str] = "help/list.html"
    head: HeadView
    rows: tuple[GuideRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidePage:
    """One guide; `html` is made of the documentation."""

    template: ClassVar[str] = "help/guide.html"
    head: HeadView
    html: Markup

"""What pages that list what an account holds have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from fluxstudio.faces.web.components.views import BannerView, HeadView, PagerView, SearchView, TabView


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshForm:
    """Has the provider asked now; takes a form."""

    action: str
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessView:
    """How old what is shown is; `stale` is out of date, and `reason` says why it is not newer."""

    read_at: datetime
    stale: bool = False
    reason: str | None = None
    refresh: RefreshForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingView:
    """What the pages that list a provider's things share.

    `tabs` choose among accounts or teams, `pager` leads through long lists. With `pending_href` the page
    shows a skeleton and loads its results from there; `problem` takes the place of results that could not
    be read.
    """

    head: HeadView
    icon: Markup
    tabs: tuple[TabView, ...] = ()
    search: SearchView | None = None
    pager: PagerView | None = None
    freshness: FreshnessView | None = None
    pending_href: str | None = None
    problem: BannerView | None = None

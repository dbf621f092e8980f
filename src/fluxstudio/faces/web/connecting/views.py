"""What people see before and after they were at a provider, and what is posted to the page that waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from markupsafe import Markup

Tone = Literal["good", "neutral", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedPage:
    """How a connect ended.

    `message` is JSON for the opener at `origin`, both empty where nobody waits. `back_href` leads back to the
    page that began, at `back_place`; without an opener the page goes there by itself if it `leads_back`.
    """

    template: ClassVar[str] = "connecting/connected.html"
    title: str
    detail: str
    tone: Tone
    icon: Markup | None = None
    message: str = ""
    origin: str = ""
    back_href: str | None = None
    back_place: str = ""
    leads_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeparturePage:
    """Asks whether to connect a provider for a person, on behalf of a page at `place`.

    A pop-up `goes_on` without being asked where that page itself has opened it.
    """

    template: ClassVar[str] = "connecting/departure.html"
    action: str
    provider: str
    icon: Markup
    person: str
    place: str
    goes_on: bool = False

"""Settings → Set-up: the app at each provider, and what was found about this installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from markupsafe import Markup

from fluxstudio.faces.web.components.views import HeadView, LinkView, SettingView, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class AppView:
    """Our app at one provider: where it is registered, with which address, and the settings it gives us.

    `manifest` is text that registers it when pasted there, empty where the provider takes none.
    """

    provider: str
    name: str
    icon: Markup
    state: Literal["set", "simulated", "missing"]
    redirect_uri: str
    settings: tuple[SettingView, ...]
    console: LinkView | None = None
    manifest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """What was found about one thing, in words that follow its name; and the mend of what is not good."""

    tone: Tone
    name: str
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaView:
    """The findings about one part of the installation."""

    title: str
    findings: tuple[FindingView, ...]

    def count(self, tone: Tone) -> int:
        """How many findings are of this kind."""
        return sum(finding.tone == tone for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPage:
    """Settings → Set-up. With `pending_href` the checks still run, and that address waits for them."""

    template: ClassVar[str] = "setup/setup.html"
    head: HeadView
    apps: tuple[AppView, ...]
    areas: tuple[AreaView, ...] = ()
    pending_href: str | None = None

    def count(self, tone: Tone) -> int:
        """How many findings are of this kind."""
        return sum(area.count(tone) for area in self.areas)

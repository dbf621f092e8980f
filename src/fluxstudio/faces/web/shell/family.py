"""Page families: each a folder with its routes, its templates and styles, and its place in the navigation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter

from fluxstudio.core.automations.run_history import UnseenFailures
from fluxstudio.kit.plugins import discover_modules

PACKAGES = ("fluxstudio.faces.web",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationPlace:
    """An entry of the side navigation: its words, where it leads, its icon, and where it stands among others.

    Pages below `href` and below any of `others` belong to it. One `in_settings` is listed there, with what it
    is `about`, and not in the navigation. One `in_menu` stands in the account menu on a
    phone, where the bar has no room for it. `failures` counts what failed there and was not looked at yet.
    """

    label: str
    href: str
    icon: str
    order: int
    others: tuple[str, ...] = ()
    for_admins: bool = False
    in_menu: bool = False
    in_settings: bool = False
    about: str = ""
    failures: Callable[[UnseenFailures], int] | None = None

    def match(self, path: str) -> int:
        """How closely a page belongs here: the length of the path it lies below, 0 where it does not."""
        starts = (self.href, *self.others)
        return max(
            (
                len(start)
                for start in starts
                if path == start or (start != "/" and path.startswith(f"{start}/"))
            ),
            default=0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something to do that search offers: its label, where it leads, and more `words` that find it.

    The address of one that `submits` takes a form of the account menu. The lowest `order` comes first.
    """

    label: str
    href: str
    icon: str = "chevron-right"
    words: str = ""
    for_admins: bool = False
    submits: bool = False
    order: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a page family brings: its place in the navigation, and `commands` that search offers.

    `samples` fills its `samples.html`, which the page of components shows.
    """

    router: APIRouter
    place: NavigationPlace | None = None
    commands: tuple[Command, ...] = ()
    samples: Callable[[datetime], Mapping[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class PageFamily:
    """A family that was found, the name of its folder, and where that lies."""

    name: str
    folder: Path
    family: Family


def discover(packages: Iterable[str] = PACKAGES) -> tuple[PageFamily, ...]:
    """Every folder of these packages and every `fluxstudio.pages` entry point that declares a `family`."""
    return tuple(
        PageFamily(module.__name__.rpartition(".")[2], Path(str(module.__file__)).parent, declared)
        for module in discover_modules(packages, "fluxstudio.pages")
        if isinstance(declared := getattr(module, "family", None), Family)
    )

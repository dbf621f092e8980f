"""The side navigation, made of the places that page families declare."""

from __future__ import annotations

from collections.abc import Iterable

from fluxstudio.core.automations.run_history import UnseenFailures
from fluxstudio.faces.web.shell.family import PageFamily
from fluxstudio.faces.web.shell.views import NavItem


def navigation(
    families: Iterable[PageFamily], path: str, unseen: UnseenFailures, *, admin: bool
) -> tuple[NavItem, ...]:
    """The entries for somebody who looks at the page of this path, with the failures they have not seen."""
    places = [entry.family.place for entry in families if entry.family.place is not None]
    return tuple(
        NavItem(
            label=place.label,
            href=place.href,
            icon=place.icon,
            current=place.holds(path),
            failures=place.failures(unseen) if place.failures else 0,
            in_menu=place.in_menu,
        )
        for place in sorted(places, key=lambda place: place.order)
        if admin or not place.for_admins
    )

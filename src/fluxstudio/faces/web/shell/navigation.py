"""The side navigation, made of the places that page families declare and of the providers that have pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fluxstudio.core.automations.run_history import UnseenFailures
from fluxstudio.core.registry import Registry
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.shell.account_pages import provider_page
from fluxstudio.faces.web.shell.family import PageFamily
from fluxstudio.faces.web.shell.paths import INTEGRATIONS, SETTINGS
from fluxstudio.faces.web.shell.views import NavItem


def navigation(
    families: Iterable[PageFamily], registry: Registry, path: str, unseen: UnseenFailures, *, admin: bool
) -> tuple[NavItem, ...]:
    """The entries for somebody who looks at the page of this path, with the failures they have not seen."""
    places = [entry.family.place for entry in families if entry.family.place is not None]
    closest = max(places, key=lambda place: place.match(path), default=None)
    items: list[NavItem] = []
    for place in sorted(places, key=lambda place: place.order):
        if place.in_settings or (place.for_admins and not admin):
            continue
        holds = closest is not None and (place is closest or (closest.in_settings and place.href == SETTINGS))
        item = NavItem(
            label=place.label,
            href=place.href,
            icon=place.icon,
            current=holds and place.match(path) > 0,
            failures=place.failures(unseen) if place.failures else 0,
            in_menu=place.in_menu,
        )
        below = list(_providers(registry, path)) if place.href == INTEGRATIONS else []
        if any(entry.current for entry in below):
            item = replace(item, current=False)
        items += [item, *below]
    return tuple(items)


def _providers(registry: Registry, path: str) -> Iterator[NavItem]:
    """The pages of providers, below the integrations."""
    for registered in registry:
        page = provider_page(registered) if registered.configured else None
        if page is not None:
            yield NavItem(
                label=registered.provider.name,
                href=page.href,
                icon=page.icon or "plug",
                mark=mark(registered),
                current=path.startswith(f"/integrations/{registered.provider.id}/"),
                in_menu=True,
            )

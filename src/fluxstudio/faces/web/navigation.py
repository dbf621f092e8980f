"""The places in the side navigation."""

from __future__ import annotations

from dataclasses import dataclass

from fluxstudio.core.automations.run_history import Unseen
from fluxstudio.faces.web.views import NavItem


@dataclass(frozen=True, slots=True)
class Place:
    """An entry: its words, where it leads, its icon, the paths besides its own that belong to it.

    One `in_menu` stands in the account menu on a phone, where the bar has no room for it.
    """

    label: str
    href: str
    icon: str
    others: tuple[str, ...] = ()
    for_admins: bool = False
    in_menu: bool = False

    def holds(self, path: str) -> bool:
        """Whether a page is this place, or lies below it."""
        return any(path == start or path.startswith(f"{start}/") for start in (self.href, *self.others))


PLACES = (
    Place("Integrations", "/settings/integrations", "plug", ("/integrations",)),
    Place("Activity", "/activity", "activity"),
    Place("Automations", "/automations", "bolt"),
    Place("Webhooks", "/settings/webhooks", "webhook"),
    Place("People", "/settings/people", "people", for_admins=True, in_menu=True),
    Place("Set-up", "/settings/setup", "wrench", for_admins=True),
)


def navigation(path: str, unseen: Unseen, *, admin: bool) -> tuple[NavItem, ...]:
    """The entries for somebody who looks at the page of this path, with the failures they have not seen."""
    failures = {"/activity": unseen.events, "/automations": unseen.runs}
    return tuple(
        NavItem(
            label=place.label,
            href=place.href,
            icon=place.icon,
            current=place.holds(path),
            failures=failures.get(place.href, 0),
            in_menu=place.in_menu,
        )
        for place in PLACES
        if admin or not place.for_admins
    )

"""Filling search results: places and actions of the product, then what a user's accounts hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote, urlencode

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import Registry
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.search.views import SearchGroup, SearchItem, SearchResults
from fluxstudio.faces.web.shell.account_pages import account_pages
from fluxstudio.faces.web.shell.family import PageFamily
from fluxstudio.faces.web.shell.paths import AUTOMATIONS, INTEGRATIONS
from fluxstudio.flows.search import HitKind, SearchHit, SearchResult
from fluxstudio.kit.search import SearchWords

KINDS: dict[HitKind, tuple[str, str]] = {
    "file": ("Files", "files"),
    "channel": ("Channels", "channels"),
    "repository": ("Repositories", "repositories"),
}
# What has a page of its own, and what of its id is not to be quoted there.
OWN_PAGES = {"file": "", "repository": "/"}
HIT_ICONS = {"file": "files", "channel": "hash", "repository": "repository"}


def results_of(
    words: SearchWords, query: str, groups: Iterable[SearchGroup], result: SearchResult, most: int
) -> SearchResults:
    """What matches, `most` of each kind."""
    waiting = sorted({entry.account.name for entry in result.waiting})
    note = f"Still reading {', '.join(waiting)}. Search again in a moment." if waiting else None
    short = [shortened(group, most) for group in groups if group.items]
    return SearchResults(query=query, groups=tuple(short), note=note if words else None)


def shortened(group: SearchGroup, most: int) -> SearchGroup:
    """The first of a group, and how many more there are."""
    shown = group.items[:most]
    more = group.more + len(group.items) - len(shown)
    return SearchGroup(name=group.name, label=group.label, items=shown, more=more)


def hit_groups(registry: Registry, result: SearchResult, most: int) -> Iterator[SearchGroup]:
    """What accounts hold, `most` of each kind, and the user's automations."""
    rules = tuple(
        SearchItem(
            label=rule.name,
            href=f"{AUTOMATIONS}/{rule.id}",
            detail="" if rule.enabled else "Off",
            icon="bolt",
        )
        for rule in result.rules
    )
    yield SearchGroup(name="automations", label="Automations", items=rules)
    for kind, (label, page) in KINDS.items():
        hits = [hit for hit in result.hits if hit.kind == kind]
        items = tuple(_hit(registry, hit, page) for hit in hits[:most])
        yield SearchGroup(name=page, label=label, items=items, more=len(hits) - len(items))


def _hit(registry: Registry, hit: SearchHit, page: str) -> SearchItem:
    entry = hit.connection
    registered = registry.get(entry.provider)
    fields = {"connection": entry.id, "q": hit.name}
    if hit.kind == "channel" and hit.detail:
        # A message to a private one is written by its id.
        fields = {"connection": entry.id, "to": hit.key}
    if hit.kind in OWN_PAGES:
        # Its own page, and not the list with it alone.
        page, fields = f"{page}/{quote(hit.key, safe=OWN_PAGES[hit.kind])}", {"connection": entry.id}
    return SearchItem(
        label=hit.name,
        href=f"/integrations/{entry.provider}/{page}?{urlencode(fields)}",
        detail=" · ".join(text for text in (hit.detail, entry.account.name) if text),
        icon=HIT_ICONS[hit.kind],
        mark=mark(registered),
    )


def own_groups(
    words: SearchWords,
    families: Sequence[PageFamily],
    registry: Registry,
    listed: Sequence[ListedConnection],
    *,
    admin: bool,
) -> Iterator[SearchGroup]:
    """The product's pages, and what can be done, as far as they match and are for this user."""
    places = [*_places(families, admin=admin), *_account_places(registry, listed)]
    actions = [*_connects(registry, listed), *_commands(families, admin=admin)]
    yield SearchGroup(name="pages", label="Go to", items=_matching(words, places))
    yield SearchGroup(name="actions", label="Actions", items=_matching(words, actions))


def _matching(words: SearchWords, entries: Iterable[tuple[SearchItem, str]]) -> tuple[SearchItem, ...]:
    ranked = [
        (rank, item)
        for item, more in entries
        if (rank := words.rank(item.label, item.detail, more)) is not None
    ]
    return tuple(item for _, item in sorted(ranked, key=lambda entry: entry[0]))


def _places(families: Sequence[PageFamily], *, admin: bool) -> Iterator[tuple[SearchItem, str]]:
    places = [entry.family.place for entry in families if entry.family.place is not None]
    for place in sorted(places, key=lambda place: place.order):
        if admin or not place.for_admins:
            yield SearchItem(label=place.label, href=place.href, icon=place.icon), ""


def _account_places(
    registry: Registry, listed: Sequence[ListedConnection]
) -> Iterator[tuple[SearchItem, str]]:
    for entry in listed:
        registered = registry.get(entry.provider)
        for page in account_pages(registered, entry) if entry.is_active else ():
            item = SearchItem(
                label=page.label,
                href=page.href,
                detail=entry.account.name,
                icon=page.icon or "chevron-right",
                mark=mark(registered),
            )
            yield item, registered.provider.name


def _commands(families: Sequence[PageFamily], *, admin: bool) -> Iterator[tuple[SearchItem, str]]:
    commands = [command for entry in families for command in entry.family.commands]
    for command in sorted(commands, key=lambda command: command.order):
        if admin or not command.for_admins:
            item = SearchItem(
                label=command.label, href=command.href, icon=command.icon, submits=command.submits
            )
            yield item, command.words


def _connects(registry: Registry, listed: Sequence[ListedConnection]) -> Iterator[tuple[SearchItem, str]]:
    live = [entry for entry in listed if entry.is_active]
    for registered in registry:
        provider = registered.provider
        mine = [entry for entry in live if entry.provider == provider.id]
        href = f"{INTEGRATIONS}#card-{provider.id}"
        label = (
            f"Add another {provider.name} {provider.identity.noun}" if mine else f"Connect {provider.name}"
        )
        if registered.configured:
            yield SearchItem(label=label, href=href, icon="plug", mark=mark(registered)), "integration"
        for entry in mine:
            if entry.status in {"expired", "error"}:
                label = f"Reconnect {provider.name}"
                detail = entry.account.name
                item = SearchItem(label=label, href=href, detail=detail, icon="plug", mark=mark(registered))
                yield item, "fix broken expired"

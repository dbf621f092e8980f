"""Filling the page of a design file from what its provider answers, whatever is missing in that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from fluxstudio.core.rate_limits.provider import BudgetLeft
from fluxstudio.faces.web.components.views import EmptyView, PagerView, SearchView, StateView
from fluxstudio.faces.web.designs.file_views import (
    AssetGroupView,
    AssetsView,
    AssetView,
    CommentView,
    DesignVersionView,
    FileAuthorView,
    ThreadView,
    VersionGroupView,
    VersionsView,
)
from fluxstudio.faces.web.shell import filters
from fluxstudio.faces.web.shell.account_list import moment
from fluxstudio.faces.web.shell.paging import Window, pager

DELETED = FileAuthorView(name="Deleted user")
# So many versions in a row that nobody named stand behind their number, with some of who made them.
FOLDED_VERSIONS, NAMED_AUTHORS = 3, 3
EARLIEST = datetime.min.replace(tzinfo=UTC)
STYLE_TYPES = {"FILL": "Colors", "TEXT": "Text", "EFFECT": "Effects", "GRID": "Grids"}
NO_COMMENTS = {
    "open": EmptyView(
        title="No open comments",
        words="Comments on this file will appear here. Write the first one above.",
        icon="files",
    ),
    "resolved": EmptyView(
        title="No resolved comments",
        words="Comments that were marked as resolved will appear here.",
        icon="check-circle",
    ),
}


def author(user: Any) -> FileAuthorView:
    """Somebody at the provider, as far as it says who."""
    if not isinstance(user, Mapping) or not user.get("handle"):
        return DELETED
    picture = user.get("img_url")
    return FileAuthorView(
        name=str(user["handle"]), picture_href=picture if isinstance(picture, str) else None
    )


def budget_view(provider_name: str, left: BudgetLeft, now: datetime) -> StateView:
    """How many costly calls are left, and until when there are none."""
    if left.blocked_seconds:
        until = filters.ago(now + timedelta(seconds=left.blocked_seconds), now)
        words, tone, icon = (
            f"{provider_name} asks us to wait. Full file reads work again {until}.",
            "attention",
            "clock",
        )
    elif left.calls == 0:
        words, tone, icon = "No full file reads left this minute. Saved data is shown.", "attention", "clock"
    else:
        words, tone, icon = (
            f"{left.calls} of {left.total} full file reads left this minute",
            "neutral",
            "clock",
        )
    return StateView(key="budget", words=words, tone=tone, icon=icon)  # type: ignore[arg-type]


def threads(comments: Iterable[Mapping[str, Any]], *, resolved: bool) -> list[ThreadView]:
    """Comments in threads, the newest thread first; a reply whose comment is gone begins one of its own."""
    entries = [entry for entry in comments if entry.get("id")]
    roots = {str(entry["id"]): entry for entry in entries if not entry.get("parent_id")}
    replies: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        parent = str(entry.get("parent_id") or "")
        if parent in roots:
            replies.setdefault(parent, []).append(entry)
        elif parent:
            roots[str(entry["id"])] = entry
    newest = sorted(roots.values(), key=_written_at, reverse=True)
    return [
        ThreadView(
            comment=_comment(entry),
            replies=tuple(map(_comment, sorted(replies.get(str(entry["id"]), ()), key=_written_at))),
            resolved_at=moment(entry.get("resolved_at")),
        )
        for entry in newest
        if bool(entry.get("resolved_at")) is resolved
    ]


def _written_at(entry: Mapping[str, Any]) -> datetime:
    return moment(entry.get("created_at")) or EARLIEST


def _comment(entry: Mapping[str, Any]) -> CommentView:
    return CommentView(
        id=str(entry["id"]),
        author=author(entry.get("user")),
        message=str(entry.get("message") or ""),
        at=moment(entry.get("created_at")),
    )


def versions_view(
    entries: Sequence[Mapping[str, Any]], href: Callable[[str], str], older: str | None, newest: str | None
) -> VersionsView:
    """Versions, newest first."""
    versions = [
        DesignVersionView(
            href=href(str(entry["id"])),
            author=author(entry.get("user")),
            label=entry.get("label") or None,
            description=entry.get("description") or None,
            at=moment(entry.get("created_at")),
        )
        for entry in entries
        if entry.get("id")
    ]
    return VersionsView(
        groups=tuple(
            _version_group(tuple(group), is_named=is_named)
            for is_named, group in groupby(versions, lambda version: version.label is not None)
        ),
        older_href=older,
        newest_href=newest,
    )


def _version_group(versions: tuple[DesignVersionView, ...], *, is_named: bool) -> VersionGroupView:
    """Versions that were all named, or all not."""
    if is_named or len(versions) < FOLDED_VERSIONS:
        return VersionGroupView(versions=versions)
    names = list(dict.fromkeys(version.author.name for version in versions))
    by = ", ".join(names[:NAMED_AUTHORS]) + (" and others" if len(names) > NAMED_AUTHORS else "")
    return VersionGroupView(versions=versions, words=f"{filters.plural(len(versions), 'autosave')} by {by}")


def components_view(
    entries: Iterable[Mapping[str, Any]], search: SearchView, page: int, href: Callable[[int], str]
) -> AssetsView:
    """Components by the frame they are in."""
    assets = sorted(
        ((_frame(entry), _asset(entry)) for entry in entries if _matches(entry, search.query)),
        key=lambda pair: (pair[0].lower(), pair[1].name.lower()),
    )
    return _assets(assets, search, page, href, "component")


def styles_view(
    entries: Iterable[Mapping[str, Any]], search: SearchView, page: int, href: Callable[[int], str]
) -> AssetsView:
    """Styles by their type, in the order the file has them."""
    order = list(STYLE_TYPES)
    assets = sorted(
        (
            (str(entry.get("style_type") or ""), _asset(entry))
            for entry in entries
            if _matches(entry, search.query)
        ),
        key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order),
    )
    named = [(STYLE_TYPES.get(kind, "Other"), asset) for kind, asset in assets]
    return _assets(named, search, page, href, "style")


def _assets(
    assets: Sequence[tuple[str, AssetView]],
    search: SearchView,
    page: int,
    href: Callable[[int], str],
    noun: str,
) -> AssetsView:
    window = Window.of(assets, page)
    groups = tuple(
        AssetGroupView(title=title, assets=tuple(asset for _, asset in pairs))
        for title, pairs in groupby(window.rows, lambda pair: pair[0])
    )
    leads: PagerView | None = pager(window, href, noun, search=search.query) if assets else None
    return AssetsView(
        search=search, groups=groups, pager=leads, empty=None if assets else _none(noun, search)
    )


def _none(noun: str, search: SearchView) -> EmptyView:
    if search.query:
        return EmptyView(
            title=f"No {noun} matches “{search.query}”",
            words="Try part of its name or its description.",
            icon="search",
        )
    return EmptyView(
        title=f"No {noun}s published",
        words=f"Publish the file as a library, and its {noun}s will appear here.",
        icon="pieces",
    )


def _frame(entry: Mapping[str, Any]) -> str:
    frame = entry.get("containing_frame")
    return str((isinstance(frame, Mapping) and frame.get("name")) or "Not in a frame")


def _asset(entry: Mapping[str, Any]) -> AssetView:
    return AssetView(
        name=str(entry.get("name") or "Untitled"),
        detail=str(entry.get("description") or ""),
        picture_href=entry.get("thumbnail_url") or None,
    )


def _matches(entry: Mapping[str, Any], query: str) -> bool:
    texts = (entry.get("name"), entry.get("description"))
    return any(query.lower() in str(text or "").lower() for text in texts)

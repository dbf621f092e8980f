"""The pages of design files, each in its states."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from fluxstudio.faces.web.components.samples import ICON
from fluxstudio.faces.web.components.views import (
    BannerView,
    EmptyView,
    FieldView,
    HeadView,
    LinkView,
    PagerView,
    SearchView,
    StateView,
    TabView,
)
from fluxstudio.faces.web.designs.file_views import (
    AssetGroupView,
    AssetsView,
    AssetView,
    CommentsView,
    CommentView,
    DesignFilePage,
    DesignVersionView,
    ExportView,
    FileAuthorView,
    FileSummaryView,
    ThreadView,
    VersionGroupView,
    VersionsView,
    WatchView,
)
from fluxstudio.faces.web.designs.views import (
    FilesPage,
    FileView,
    FollowedView,
    FollowingView,
    ProjectView,
    SourceForm,
)
from fluxstudio.faces.web.shell.list_views import FreshnessView, ListingView, RefreshForm
from fluxstudio.faces.web.shell.templating import Page

PROBLEM = BannerView(tone="attention", title="Plotter does not answer. Try again in a minute.")
EMPTY = EmptyView(title="Nothing here", words="It will appear here.", icon="files")
PAGER = PagerView(words="51–100 of 204 threads", newer_href="?page=1", older_href="?page=3")
SEARCH = SearchView(label="Find components", action="/file/components", query="b")


def pages(now: datetime) -> list[Page]:
    """A file with each of its tabs, and what stands in their place."""
    page = _file(now)
    bare = FileSummaryView(name="Bare", href="https://example.org/b", open_label="Open in Plotter")
    return [
        *(replace(page, body=body) for body in _bodies(now)),
        replace(page, summary=bare, watch=WatchView(), freshness=None, body=None, problem=PROBLEM),
        replace(page, summary=None, body=None, problem=PROBLEM),
        replace(page, summary=None, body=None, pending_href="/file?part=results"),
    ]


def files(listing: ListingView, now: datetime) -> FilesPage:
    """The list of files, with something just unfollowed."""
    return FilesPage(
        listing=listing,
        projects=(
            ProjectView(
                name="Product",
                files=(
                    FileView(
                        name="Checkout",
                        href="/files/1",
                        thumbnail_href="/t.png",
                        edited_at=now - timedelta(hours=3),
                    ),
                    FileView(name="Icons", href="/files/2", project="Product"),
                ),
            ),
            ProjectView(name="Archive", files=()),
            ProjectView(name="", files=(FileView(name="Loose", href="/files/3"),)),
        ),
        source=SourceForm(
            action="/sources",
            address=FieldView(name="url", label="Team address", value="x", error="Not an address."),
            button="Add",
            home=LinkView(label="Open Plotter", href="https://plotter.example", external=True),
            hidden={"connection": "c1"},
        ),
        following=FollowingView(
            words="Following 1 team",
            action="/sources/remove",
            places=(FollowedView(kind="team", name="Harbour", hidden={"kind": "team", "id": "1"}),),
        ),
        orders=(
            TabView(label="By project", href="?", current=True),
            TabView(label="Name", href="?sort=name"),
        ),
    )


def _file(now: datetime) -> DesignFilePage:
    return DesignFilePage(
        head=HeadView(
            title="<b>Checkout</b>", sentence="Seen as Ada.", parent=LinkView(label="Files", href="/files")
        ),
        icon=ICON,
        tab="comments",
        tabs=(
            TabView(label="Comments", href="/file", current=True),
            TabView(label="Export", href="/file/export"),
        ),
        summary=FileSummaryView(
            name="<b>Checkout</b>",
            href="https://example.org/1",
            open_label="Open in Plotter",
            picture_href="/preview.png",
            project="Product",
            edited_at=now - timedelta(hours=3),
            edited_by=FileAuthorView(name="Mei"),
            budget=StateView(key="budget", words="18 of 20 left", tone="neutral", icon="clock"),
            unfollow={"kind": "file", "id": "1"},
            unfollow_action="/sources/remove",
        ),
        watch=WatchView(
            automations=(LinkView(label="Comments to #design", href="/automations/1"),),
            add=(
                LinkView(label="Comments", href="/gallery/a"),
                LinkView(label="Versions", href="/gallery/b"),
            ),
        ),
        freshness=FreshnessView(read_at=now, refresh=RefreshForm(action="/file/refresh")),
    )


def _bodies(now: datetime) -> tuple[CommentsView | VersionsView | AssetsView | ExportView, ...]:
    ada, gone = FileAuthorView(name="Ada", picture_href="/a.png"), FileAuthorView(name="Deleted user")
    comment = CommentView(id="1", author=ada, message="<script>\nTwo lines", at=now)
    reply = CommentView(id="2", author=gone, message="Yes")
    comments = CommentsView(
        picks=(TabView(label="Open (1)", href="/file", current=True),),
        threads=(
            ThreadView(comment=comment, replies=(reply,), reply="Typed", error="Plotter does not answer."),
            ThreadView(comment=replace(comment, id="3"), resolved_at=now),
        ),
        pager=PAGER,
        action="/file/comments",
        hidden={"connection": "c1"},
        message="Typed",
        error="Write a comment first.",
    )
    export = ExportView(
        action="/file/export",
        frames=(("0:1", "Home"), ("0:2", "Trips")),
        frame="0:1",
        frame_name="Home",
        formats=(("png", "PNG"), ("svg", "SVG")),
        scales=(("1", "1×"),),
    )
    assets = AssetsView(
        search=SEARCH,
        groups=(
            AssetGroupView(
                title="Actions",
                assets=(
                    AssetView(name="Button", detail="Press", picture_href="/b.png"),
                    AssetView(name="Link"),
                ),
            ),
        ),
        pager=PAGER,
    )
    return (
        comments,
        replace(comments, threads=(), pager=None, empty=EMPTY, replies_to="9"),
        VersionsView(
            groups=(
                VersionGroupView(
                    versions=(
                        DesignVersionView(
                            href="https://example.org/v",
                            author=ada,
                            label="Final",
                            description="Really",
                            at=now,
                        ),
                    )
                ),
                VersionGroupView(
                    versions=(DesignVersionView(href="https://example.org/w", author=gone),),
                    words="1 autosave",
                ),
            ),
            older_href="?cursor=1",
            newest_href="?",
        ),
        VersionsView(),
        assets,
        replace(assets, groups=(), pager=None, empty=EMPTY),
        replace(export, rendered_href="/home.png"),
        replace(export, frame="", frame_name=""),
        replace(export, problem=PROBLEM),
        replace(export, empty=EMPTY),
    )

"""What the tabs of a design file show, each with the one call that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.components.banners import problem_banner
from fluxstudio.faces.web.components.views import EmptyView, TabView
from fluxstudio.faces.web.designs.file_presenter import (
    NO_COMMENTS,
    components_view,
    styles_view,
    threads,
    versions_view,
)
from fluxstudio.faces.web.designs.file_views import CommentsView, ExportView, FileBody, ThreadView
from fluxstudio.faces.web.shell.account_list import AccountListing
from fluxstudio.faces.web.shell.paging import Window, pager
from fluxstudio.flows.call import Outcome
from fluxstudio.sdk import DesignFileReader, PartialList

TABS: Mapping[str, str] = {
    "comments": "Comments",
    "versions": "Versions",
    "components": "Components",
    "styles": "Styles",
    "export": "Export",
}
SHOWN_VERSIONS = 100
FORMATS = (("png", "PNG"), ("svg", "SVG"))
SCALES = (("1", "1×"), ("2", "2×"), ("3", "3×"), ("4", "4×"))
NO_FRAMES = EmptyView(
    title="No frames in this file", words="Draw a frame in it, then refresh this page.", icon="picture"
)


@dataclass(frozen=True, slots=True)
class CommentDraft:
    """What somebody wrote, the comment it replies to (empty for none), and why it was not sent."""

    message: str
    replies_to: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class TabContent:
    """What a tab shows and the answer it is made of, or why it cannot be shown."""

    view: FileBody | None = None
    outcome: Outcome | None = None
    error: FluxStudioError | None = None


@dataclass
class FileTab:
    """One tab of a file."""

    listing: AccountListing
    reader: DesignFileReader
    key: str
    tab: str
    fields: Mapping[str, str]
    draft: CommentDraft | None = None

    @property
    def query(self) -> dict[str, str]:
        """What of the address belongs to this tab."""
        names = {
            "comments": ("show", "page"),
            "versions": ("cursor",),
            "export": ("frame", "format", "scale"),
        }
        return {name: self.fields.get(name, "") for name in names.get(self.tab, ("q", "page"))}

    async def load(self) -> TabContent:
        """Ask the provider for what the tab shows; never raises for what it answers."""
        loads = {
            "comments": self._comments,
            "versions": self._versions,
            "components": self._components,
            "styles": self._styles,
            "export": self._export,
        }
        try:
            return await loads[self.tab]()
        except FluxStudioError as error:
            return TabContent(view=self._unread(), error=error)

    def _unread(self) -> FileBody | None:
        """Where comments cannot be read, what somebody wrote is still there to be sent."""
        if self.tab != "comments" or self.draft is None:
            return None
        return self._composer(CommentsView())

    def _href(self, page: int) -> str:
        query = {**self.query, "page": str(page) if page > 1 else ""}
        return self.listing.path(**query)

    async def _comments(self) -> TabContent:
        outcome = await self.listing.ask(self.reader.comments, fileKey=self.key)
        show = "resolved" if self.fields.get("show") == "resolved" else "open"
        kinds = {name: threads(outcome.value, resolved=name == "resolved") for name in ("open", "resolved")}
        window = Window.of(kinds[show], self.listing.list_request.page)
        view = CommentsView(
            picks=tuple(
                TabView(
                    label=f"{name.capitalize()} ({len(kinds[name]):,})",
                    href=self.listing.path(show=name if name == "resolved" else ""),
                    current=name == show,
                )
                for name in kinds
            ),
            threads=tuple(map(self._drafted, window.rows)),
            pager=pager(window, self._href, "thread") if kinds[show] else None,
            empty=None if kinds[show] else NO_COMMENTS[show],
        )
        return TabContent(self._composer(view), outcome)

    def _drafted(self, thread: ThreadView) -> ThreadView:
        if self.draft is None or self.draft.replies_to != thread.comment.id:
            return thread
        return replace(thread, reply=self.draft.message, error=self.draft.error)

    def _composer(self, view: CommentsView) -> CommentsView:
        """The same with a form for a new comment; a reply whose thread is not shown is written there."""
        draft = self.draft
        in_thread = draft is not None and any(
            draft.replies_to == thread.comment.id for thread in view.threads
        )
        message, error = (draft.message, draft.error) if draft is not None and not in_thread else ("", None)
        provider = self.listing.registered.provider.id
        return replace(
            view,
            action=f"/integrations/{provider}/{self.listing.section.path}/comments",
            hidden=self.listing.hidden,
            replies_to=draft.replies_to if draft is not None and not in_thread else "",
            message=message,
            error=error,
        )

    async def _versions(self) -> TabContent:
        cursor = self.fields.get("cursor") or None
        outcome = await self.listing.ask(
            self.reader.versions, fileKey=self.key, most=SHOWN_VERSIONS, cursor=cursor
        )
        following = outcome.value.next_cursor if isinstance(outcome.value, PartialList) else None
        web = self.listing.registered.hosts["web"]
        view = versions_view(
            outcome.value,
            lambda version: web + self.reader.version_path(self.key, version),
            self.listing.path(cursor=following) if following else None,
            self.listing.path() if cursor else None,
        )
        return TabContent(view, outcome)

    async def _components(self) -> TabContent:
        outcome = await self.listing.ask(self.reader.components, fileKey=self.key)
        search = self.listing.view().search
        assert search is not None
        page = self.listing.list_request.page
        return TabContent(components_view(outcome.value, search, page, self._href), outcome)

    async def _styles(self) -> TabContent:
        outcome = await self.listing.ask(self.reader.styles, fileKey=self.key)
        search = self.listing.view().search
        assert search is not None
        page = self.listing.list_request.page
        return TabContent(styles_view(outcome.value, search, page, self._href), outcome)

    async def _export(self) -> TabContent:
        outcome = await self.listing.ask(self.reader.frames, fileKey=self.key)
        names = {str(frame["id"]): _frame_words(frame) for frame in outcome.value}
        chosen = self.fields.get("frame", "")
        form = ExportView(
            action=self.listing.path().partition("?")[0],
            hidden=self.listing.hidden,
            frames=tuple(names.items()),
            frame=chosen if chosen in names else "",
            frame_name=names.get(chosen, ""),
            formats=FORMATS,
            format=_one_of(FORMATS, self.fields.get("format")),
            scales=SCALES,
            scale=_one_of(SCALES, self.fields.get("scale")),
            empty=None if names else NO_FRAMES,
        )
        return TabContent(await self._rendered(form) if form.frame else form, outcome)

    async def _rendered(self, form: ExportView) -> ExportView:
        """The form with the image it asks for, or with why there is none."""
        scale = None if form.format == "svg" else float(form.scale)
        try:
            rendered = await self.listing.ask(
                self.reader.render, fileKey=self.key, ids=form.frame, format=form.format, scale=scale
            )
        except FluxStudioError as error:
            return replace(form, problem=problem_banner(error))
        address = rendered.value["images"].get(form.frame)
        if not isinstance(address, str):
            name = self.listing.registered.provider.name
            words = f"{name} can’t render this frame. Choose another one, or check that it is visible."
            return replace(form, problem=problem_banner(FluxStudioError(words)))
        return replace(form, rendered_href=address)


def _frame_words(frame: Mapping[str, Any]) -> str:
    """ "Home (Screens, 390 × 844)"."""
    width, height = frame.get("width"), frame.get("height")
    size = f", {round(width)} × {round(height)}" if width and height else ""
    return f"{frame['name']} ({frame['page']}{size})"


def _one_of(choices: tuple[tuple[str, str], ...], text: str | None) -> str:
    return text if text in dict(choices) else choices[0][0]

"""Writing to a channel: the form of a kind of message, and how it will look there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from markupsafe import Markup

from fluxstudio.faces.web.components.views import (
    BannerView,
    DrawingView,
    HeadView,
    ResultView,
    SuggestedField,
    TabView,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFieldView:
    """A field of a message, as it was written and with what is wrong with it."""

    name: str
    label: str
    kind: Literal["line", "text", "choice", "date", "url", "pairs"]
    value: str = ""
    help: str = ""
    error: str | None = None
    required: bool = True
    largest: int = 300
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """The form of a message: `action` takes `channel`, the fields, `remember` and `hidden`.

    `result` says what came of sending it, and `default` which channel `many` of its kind go to unless
    another is chosen.
    """

    action: str
    channel: SuggestedField
    fields: tuple[DraftFieldView, ...]
    preview: DrawingView
    many: str
    channel_error: str | None = None
    default: str | None = None
    remember: bool = False
    result: ResultView | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """The form that shares a file: `action` takes `channel`, `comment`, `file` and `hidden`."""

    action: str
    channel: SuggestedField
    limit: str
    comment: str = ""
    channel_error: str | None = None
    file_error: str | None = None
    result: ResultView | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposePage:
    """Writing to a channel: one kind of message, or a file; `problem` takes their place."""

    template: ClassVar[str] = "channels/compose.html"
    head: HeadView
    icon: Markup
    accounts: tuple[TabView, ...] = ()
    kinds: tuple[TabView, ...] = ()
    draft: DraftView | None = None
    upload: UploadView | None = None
    problem: BannerView | None = None

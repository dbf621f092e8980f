"""Design tokens: what the pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.views import EmptyView, HeadView, StateView


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRow:
    """A sync in the list."""

    href: str
    title: str
    detail: str
    pull_request: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncsPage:
    """Every sync of the person; `empty` where there is none."""

    template: ClassVar[str] = "design_tokens/list.html"
    head: HeadView
    syncs: tuple[SyncRow, ...] = ()
    empty: EmptyView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncFormPage:
    """The form of a new sync, with what was entered and what is wrong with it.

    `source` is the name of what holds the design; `policies` are what each choice says.
    """

    template: ClassVar[str] = "design_tokens/form.html"
    head: HeadView
    action: str
    cancel_href: str
    source: str
    file_placeholder: str
    policies: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenValueView:
    """A value in words, with a swatch where it is a colour."""

    words: str
    swatch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChangeRow:
    """One change: what was, and what will be."""

    kind: str
    path: str
    field: str
    before: TokenValueView
    after: TokenValueView


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenConflictRow:
    """One conflict with its three values; it can be decided where it is one of values.

    `words` say which `field` it is.
    """

    path: str
    field: str
    words: str
    reason: str
    base: TokenValueView
    design: TokenValueView
    repository: TokenValueView
    decidable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRunRow:
    """A run of before."""

    at: datetime
    state: StateView
    detail: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPreviewView:
    """What a run would do now."""

    changes: tuple[TokenChangeRow, ...]
    diff: str
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSourceView:
    """Where variables come from, in words; `hint` says what keeps them away, `href` leads to the choice."""

    words: str
    href: str
    hint: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenProblemView:
    """What keeps events from a sync, and what to do."""

    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSourcePage:
    """The choice of where variables come from. `code` is shown once, with when it expires."""

    template: ClassVar[str] = "design_tokens/source.html"
    head: HeadView
    source: str
    action: str
    plugin_href: str
    kind: str
    folder: str = ""
    code: str = ""
    code_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPage:
    """One sync: what is to be decided, what a run would do, and what runs did."""

    template: ClassVar[str] = "design_tokens/sync.html"
    head: HeadView
    source: str
    action: str
    pull_request: str | None
    policy: str
    schedule: str
    held: bool
    rewritten: bool = False
    variables: TokenSourceView
    channel: str = ""
    problems: tuple[TokenProblemView, ...] = ()
    conflicts: tuple[TokenConflictRow, ...] = ()
    preview: SyncPreviewView | None = None
    skipped: tuple[str, ...] = ()
    runs: tuple[TokenRunRow, ...] = ()

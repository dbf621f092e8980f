"""Design tokens: what the pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.views import EmptyView, HeadView, SearchView, StateView, TabView


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
class TokenValueView:
    """A value in words, with a swatch where it is a colour, or refers to one."""

    words: str
    swatch: str | None = None
    is_alias: bool = False


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
    """One conflict with its three values, and what its two buttons do; `advice` where there are none.

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
    take: str = ""
    keep: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRunRow:
    """A run of before."""

    at: datetime
    state: StateView
    detail: str
    url: str | None
    changes: tuple[TokenChangeRow, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """A line of a file before and after: `kind` is same, changed, removed or added."""

    kind: str
    before: str = ""
    after: str = ""
    before_number: int | None = None
    after_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPreviewView:
    """What a run would do now.

    `diff` is what differs in the file, each place with its surroundings; `held` says why nothing would
    be written.
    """

    changes: tuple[TokenChangeRow, ...]
    diff: tuple[tuple[DiffLine, ...], ...] = ()
    diff_cut: bool = False
    more: int = 0
    conflicts: int = 0
    held: str = ""
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MakingStepView:
    """One step of making a sync: `state` is done, now or next; `summary` is what was chosen."""

    label: str
    state: str
    href: str | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncMakingPage:
    """Making a sync, one step at a time. `step` is design, repository, rules or preview.

    `carried` are the values of other steps, `values` all of them; choices give words and a sentence.
    """

    template: ClassVar[str] = "design_tokens/making.html"
    head: HeadView
    step: str
    steps: tuple[MakingStepView, ...]
    here: str
    action: str
    back_href: str
    source: str
    file_placeholder: str
    next_step: str = ""
    policies: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    schedules: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    is_new_file: bool = False
    branch: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    carried: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    preview: SyncPreviewView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeCell:
    """A token's value in a mode; where a run would change it, as it is now and as it will be."""

    before: TokenValueView | None = None
    after: TokenValueView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModesRow:
    """A token with a cell for each mode; `kind` is what a run would do to it: added, changed or deleted."""

    path: str
    type: str
    kind: str
    cells: tuple[ModeCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTablePage:
    """The tokens of one collection, in every mode."""

    template: ClassVar[str] = "design_tokens/table.html"
    head: HeadView
    groups: tuple[TabView, ...]
    search: SearchView
    modes: tuple[str, ...]
    rows: tuple[ModesRow, ...]
    nothing: str
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
    channel_error: str | None = None
    problems: tuple[TokenProblemView, ...] = ()
    conflicts: tuple[TokenConflictRow, ...] = ()
    preview: SyncPreviewView | None = None
    skipped: tuple[str, ...] = ()
    runs: tuple[TokenRunRow, ...] = ()

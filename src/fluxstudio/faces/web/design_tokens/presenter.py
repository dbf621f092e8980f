"""Syncs of design tokens in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.core.design_tokens.libraries import StoredLibrary
from fluxstudio.core.design_tokens.syncs import TokenRun, TokenSync
from fluxstudio.faces.web.components.views import StateView
from fluxstudio.faces.web.design_tokens.views import (
    SyncPreviewView,
    SyncRow,
    TokenChangeRow,
    TokenConflictRow,
    TokenRunRow,
    TokenSourceView,
    TokenValueView,
)
from fluxstudio.faces.web.shell.paths import DESIGN_TOKENS
from fluxstudio.flows.design_tokens.notation.colors import color_text, read_color

MAX_ROWS = 100
MAX_WORDS, MAX_PARTS = 80, 10
HEX = re.compile(r"#[0-9a-f]{6}([0-9a-f]{2})?")
UNDECIDABLE = frozenset({"held", "deleted", "name"})
OUTCOMES: Mapping[str, StateView] = {
    "nothing": StateView(key="nothing", words="Up to date", tone="neutral", icon="check-circle"),
    "pull_request": StateView(key="pull_request", words="Proposed", tone="good", icon="check-circle"),
    "held": StateView(key="held", words="Needs you", tone="attention", icon="alert"),
    "failed": StateView(key="failed", words="Failed", tone="bad", icon="cross-circle"),
}
SOURCE = "Figma"
FILE_PLACEHOLDER = "https://www.figma.com/design/…"
POLICY_CHOICES: Mapping[str, str] = {
    "ask": "Ask me",
    "repository": "The repository wins",
    "figma": "Figma wins",
}
POLICIES: Mapping[str, str] = {
    "ask": "Ask me; until then the repository’s value stays",
    "figma": "Figma wins",
    "repository": "The repository wins",
}


REFUSED: Mapping[str, str] = {
    "plan": "Figma shares variables over its API on the Enterprise plan only, so this sync has styles alone. "
    "Add variables with the plugin or with exported files, which work on every plan.",
    "scope": "FluxStudio has no access to variables, so this sync has styles alone. On the Enterprise plan, "
    "reconnect Figma and grant access. On any plan, use the plugin or exported files.",
}
NOTHING_RECEIVED = "Send variables with the plugin, or add exported files."
ORIGINS: Mapping[str, str] = {
    "files": "Exported files",
    "folder": "Exported files in the repository",
    "plugin": "The plugin for Figma",
}


def sync_row(sync: TokenSync) -> SyncRow:
    """A sync for the list."""
    return SyncRow(
        href=f"{DESIGN_TOKENS}/{sync.id}",
        title=f"{sync.repository} · {sync.path}",
        detail=f"Figma file {sync.file_key}",
        pull_request=str(sync.proposal["url"]) if sync.proposal else None,
    )


def preview_view(changes: Sequence[Mapping[str, Any]], diff: str) -> SyncPreviewView:
    """What a run would do."""
    rows = tuple(change_row(change) for change in changes[:MAX_ROWS])
    return SyncPreviewView(changes=rows, diff=diff, more=max(0, len(changes) - MAX_ROWS))


def change_row(change: Mapping[str, Any]) -> TokenChangeRow:
    """One change, with swatches."""
    return TokenChangeRow(
        kind=str(change["kind"]).capitalize(),
        path=str(change["path"]),
        field=field_words(str(change["field"])),
        before=value_view(change["before"]),
        after=value_view(change["after"]),
    )


def conflict_row(conflict: Mapping[str, Any]) -> TokenConflictRow:
    """One conflict, with its three values."""
    return TokenConflictRow(
        path=str(conflict["path"]),
        field=str(conflict["field"]),
        words=field_words(str(conflict["field"])),
        reason=str(conflict.get("reason") or ""),
        base=value_view(conflict["base"]),
        design=value_view(conflict["ours"]),
        repository=value_view(conflict["theirs"]),
        decidable=conflict["field"] not in UNDECIDABLE,
    )


def run_row(run: TokenRun) -> TokenRunRow:
    """A run of before."""
    parts = []
    if run.changes:
        parts.append(f"{len(run.changes):,} {'change' if len(run.changes) == 1 else 'changes'}")
    if run.conflicts:
        parts.append(f"{len(run.conflicts):,} to decide")
    return TokenRunRow(
        at=run.ended_at,
        state=OUTCOMES["held" if run.outcome == "nothing" and run.conflicts else run.outcome],
        detail=run.problem or ", ".join(parts),
        url=run.url,
    )


def source_view(sync: TokenSync, stored: StoredLibrary | None, refused: str | None) -> TokenSourceView:
    """Where a sync's variables come from, and what to do where they do not come."""
    href = f"{DESIGN_TOKENS}/{sync.id}/source"
    if sync.source_kind == "folder":
        return TokenSourceView(words=f"Exported files in {sync.source_folder}", href=href)
    if sync.source_kind == "api":
        words = f"{SOURCE}’s API, styles only" if refused else f"{SOURCE}’s API"
        return TokenSourceView(words=words, href=href, hint=REFUSED.get(refused or "", ""))
    if stored is None:
        return TokenSourceView(words="Nothing received yet", href=href, hint=NOTHING_RECEIVED)
    words = ORIGINS[stored.origin]
    return TokenSourceView(words=words, href=href, received_at=stored.received_at)


def value_view(value: Any) -> TokenValueView:
    """A value in a few words, with a swatch for a colour."""
    if value is None:
        return TokenValueView(words="–")
    color = read_color(value) if isinstance(value, dict | str) else None
    if color is not None and color.space == "srgb" and "none" not in color.channels:
        words = color_text(color)
        return TokenValueView(words=words, swatch=words if HEX.fullmatch(words) else None)
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return TokenValueView(words=f"{value['value']}{value['unit']}")
    if isinstance(value, dict | list) and value:
        parts = value.values() if isinstance(value, dict) else value
        words = ", ".join(value_view(part).words for part in list(parts)[:MAX_PARTS])
    else:
        words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return TokenValueView(words=words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…")


def field_words(name: str) -> str:
    """A field as people call it."""
    mode = name.removeprefix("$extensions.com.figma.modes.")
    return f"{mode} mode" if mode != name else name.removeprefix("$extensions.com.figma.").removeprefix("$")

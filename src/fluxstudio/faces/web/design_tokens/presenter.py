"""Syncs of design tokens in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from fluxstudio.core.design_tokens.libraries import StoredLibrary
from fluxstudio.core.design_tokens.syncs import TokenRun, TokenSync
from fluxstudio.faces.web.components.views import StateView
from fluxstudio.faces.web.design_tokens.diffing import hunks
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
from fluxstudio.flows.design_tokens.notation.references import alias_in

MAX_ROWS, MAX_RUN_ROWS = 100, 20
MAX_WORDS, MAX_PARTS = 80, 10
HEX = re.compile(r"#[0-9a-f]{6}([0-9a-f]{2})?")
OUTCOMES: Mapping[str, StateView] = {
    "nothing": StateView(key="nothing", words="Up to date", tone="neutral", icon="check-circle"),
    "pull_request": StateView(key="pull_request", words="Proposed", tone="good", icon="check-circle"),
    "held": StateView(key="held", words="Needs you", tone="attention", icon="alert"),
    "failed": StateView(key="failed", words="Failed", tone="bad", icon="cross-circle"),
}
SOURCE = "Figma"
FILE_PLACEHOLDER = "https://www.figma.com/design/…"
POLICY_CHOICES: Mapping[str, tuple[str, str]] = {
    "ask": ("Ask me", "The repository’s value stays until you decide."),
    "repository": ("The repository wins", "Figma’s value is listed on the pull request, and left out."),
    "figma": ("Figma wins", "The repository’s value is listed on the pull request, and replaced."),
}
FORMAT_CHOICES: Mapping[str, tuple[str, str]] = {
    "dtcg": (
        "Design Tokens 2025.10",
        "$value and $type, colors as objects. For Terrazzo and Style Dictionary 5.",
    ),
    "legacy": ("value and type", "Colors and lengths as text. For Style Dictionary 3 and Tokens Studio."),
}
SCHEDULE_CHOICES: Mapping[str, str] = {
    "": "After changes",
    "0 6 * * *": "After changes, and every day at 06:00 UTC",
    "0 6 * * 1": "After changes, and every Monday at 06:00 UTC",
}
POLICIES: Mapping[str, str] = {
    "ask": "Ask me; until then the repository’s value stays",
    "figma": "Figma wins",
    "repository": "The repository wins",
}


class ColorNames(Protocol):
    """The colours that names of tokens lead to."""

    def get(self, name: str) -> str | None:
        """The colour of a name, None where it leads to none."""


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


def preview_view(
    changes: Sequence[Mapping[str, Any]],
    before: str = "",
    after: str = "",
    *,
    conflicts: Sequence[Mapping[str, Any]] = (),
    skipped: Sequence[Mapping[str, Any]] = (),
) -> SyncPreviewView:
    """What a run would do to a file."""
    rows = tuple(change_row(change) for change in changes[:MAX_ROWS])
    diff, is_cut = hunks(before, after)
    held = [str(conflict.get("reason") or "") for conflict in conflicts if conflict["field"] == "held"]
    return SyncPreviewView(
        changes=rows,
        diff=diff,
        diff_cut=is_cut,
        more=max(0, len(changes) - MAX_ROWS),
        conflicts=sum(conflict["field"] != "held" for conflict in conflicts),
        held=f"Nothing yet: {held[0]}." if held else "",
        skipped=tuple(skipped_words(entry) for entry in skipped),
    )


def skipped_words(entry: Mapping[str, Any]) -> str:
    """What could not be read, and why."""
    mode = f" ({entry['mode']} mode)" if entry.get("mode") else ""
    return f"{entry['name']}{mode}: {entry['reason']}"


def change_row(change: Mapping[str, Any]) -> TokenChangeRow:
    """One change, with swatches."""
    whole = change["kind"] in {"added", "deleted"} or change["field"] == "$value"
    return TokenChangeRow(
        kind=str(change["kind"]).capitalize(),
        path=str(change["path"]),
        field="" if whole else field_words(str(change["field"])),
        before=value_view(change["before"]),
        after=value_view(change["after"]),
    )


def conflict_row(conflict: Mapping[str, Any]) -> TokenConflictRow:
    """One conflict, with its three values."""
    name, reason = str(conflict["field"]), str(conflict.get("reason") or "")
    take, keep, advice = _decision(name, reason, gone=conflict["theirs"] is None)
    return TokenConflictRow(
        path=str(conflict["path"]),
        field=name,
        words=field_words(name),
        reason=reason,
        base=value_view(conflict["base"]),
        design=value_view(conflict["ours"]),
        repository=value_view(conflict["theirs"]),
        decidable=bool(take),
        take=take,
        keep=keep,
        advice=advice,
    )


def _decision(name: str, reason: str, *, gone: bool) -> tuple[str, str, str]:
    """What the two buttons of a conflict say; without them, what to do."""
    if name == "held":
        return "", "", "Check that this is meant, then press Agree and sync."
    if reason == "occupied":
        return "", "", "Rename one of the two, then sync again."
    if name == "deleted" and reason.startswith("referred"):
        return "", "", "Point those tokens elsewhere, then sync again."
    if reason.startswith(("refers", "would refer", "it may have")):
        return "", "", ""
    if name == "deleted":
        return ("Add it back", "Leave it out", "") if gone else ("Delete it", "Keep it", "")
    return f"Use {SOURCE}’s", "Keep repository’s", ""


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
        changes=tuple(change_row(change) for change in run.changes[:MAX_RUN_ROWS]),
        more=max(0, len(run.changes) - MAX_RUN_ROWS),
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


def value_view(value: Any, colors: ColorNames | None = None) -> TokenValueView:
    """A value in a few words, with a swatch for a colour; `colors` are those that references lead to."""
    if value is None:
        return TokenValueView(words="–")
    alias = alias_in(value)
    if alias is not None:
        swatch = colors.get(alias) if colors else None
        return TokenValueView(words=alias, swatch=swatch, is_alias=True)
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
    if mode != name:
        return f"{mode} mode"
    return name.removeprefix("$extensions.com.figma.").removeprefix("$").replace(".", " · ")

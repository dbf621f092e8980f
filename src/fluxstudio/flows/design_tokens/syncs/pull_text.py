"""What a pull request says: what changes, what is left to decide, and what could not be told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BEGIN, END = "<!-- fluxstudio:begin -->", "<!-- fluxstudio:end -->"
MAX_PULL_TEXT_CHARACTERS = 60_000
MAX_SHOWN_CHARACTERS = 120
# What would act in GitHub's Markdown: mentions, references, links, HTML, tables, comments, emphasis.
ACTIVE = re.compile(r"([\\`*_{}\[\]()#+!|<>~@&:$-])")


def escaped(text: str) -> str:
    """Text of others as text: it mentions nobody, closes nothing and looks like nothing else."""
    flat = " ".join(text.split())[:MAX_SHOWN_CHARACTERS]
    safe = "".join(sign if sign.isprintable() else "�" for sign in flat).encode("utf-8", "replace").decode()
    safe = ACTIVE.sub(lambda match: f"&#{ord(match[1])};", safe)
    return re.sub(r"\b(clos|fix|resolv)", "\\1\u2060", safe, flags=re.IGNORECASE)


def body_of(
    changes: Sequence[Mapping[str, Any]],
    conflicts: Sequence[Mapping[str, Any]],
    skipped: Sequence[Mapping[str, Any]],
    *,
    sync_url: str,
) -> str:
    """The pull request's text. It is the same for the same merge, so that nothing new means no edit."""
    parts = [
        BEGIN,
        f"Design tokens changed in Figma. [Open the sync]({sync_url}) to see both sides and to decide.",
        _section("Changes", ("What", "Token", "Field", "Before", "After"), map(_change, changes)),
        _section(
            "To decide",
            ("Token", "Field", "Last agreed", "Figma", "Repository"),
            map(_conflict, conflicts),
        ),
        _section("Not read from Figma", ("Name", "Reason"), map(_skipped, skipped)),
    ]
    text = "\n\n".join(part for part in parts if part)
    if len(text) > MAX_PULL_TEXT_CHARACTERS:
        text = (
            text[:MAX_PULL_TEXT_CHARACTERS].rsplit("\n", 1)[0]
            + f"\n\nThere is more: [see all of it]({sync_url})."
        )
    return f"{text}\n\n{END}"


def with_body(existing: str | None, ours: str) -> str:
    """A pull request's text with our part renewed, and what people wrote around it kept."""
    if existing is None or BEGIN not in existing or END not in existing:
        return ours if not existing else f"{existing}\n\n{ours}"
    before, _, rest = existing.partition(BEGIN)
    return before + ours + rest.partition(END)[2]


def title_of(changes: Sequence[Mapping[str, Any]]) -> str:
    """The pull request's title."""
    paths = {str(change["path"]) for change in changes}
    return f"Update {len(paths)} design token{'' if len(paths) == 1 else 's'} from Figma"


def _section(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"### {title}", "", f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads), *lines])


def _change(change: Mapping[str, Any]) -> Sequence[str]:
    return (
        str(change["kind"]),
        escaped(str(change["path"])),
        escaped(str(change["field"])),
        shown(change["before"]),
        shown(change["after"]),
    )


def _conflict(conflict: Mapping[str, Any]) -> Sequence[str]:
    reason = f" ({escaped(str(conflict['reason']))})" if conflict.get("reason") else ""
    return (
        escaped(str(conflict["path"])),
        escaped(str(conflict["field"])) + reason,
        shown(conflict["base"]),
        shown(conflict["ours"]),
        shown(conflict["theirs"]),
    )


def _skipped(entry: Mapping[str, Any]) -> Sequence[str]:
    mode = f" ({escaped(str(entry['mode']))})" if entry.get("mode") else ""
    return escaped(str(entry["name"])) + mode, escaped(str(entry["reason"]))


def shown(value: Any) -> str:
    """A value in a cell: colours by their code, lengths with their unit."""
    if value is None:
        return "–"
    if isinstance(value, dict) and isinstance(value.get("hex"), str):
        alpha = f" {value['alpha']}" if "alpha" in value else ""
        return escaped(value["hex"] + alpha)
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return escaped(f"{value['value']}{value['unit']}")
    return escaped(value if isinstance(value, str) else json.dumps(value))

"""What is written to a channel as Slack will draw it, of arguments that may still be incomplete."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from fluxstudio.providers.slack import updates
from fluxstudio.providers.slack.updates import HEADLINES, UpdateType
from fluxstudio.sdk import DrawnBlock
from fluxstudio.sdk.markup.document import Document, of_plain
from fluxstudio.sdk.markup.read_mrkdwn import read

# Slack links addresses that stand by themselves; one in angle brackets is a link already.
ADDRESS = re.compile(r"(?<![<|\w])https?://[^\s<>|]+[^\s<>|.,:;!?)\]'\"]")


def message(values: Mapping[str, Any]) -> Sequence[DrawnBlock]:
    """A message: its blocks where it has some, else its text."""
    blocks = values.get("blocks")
    if isinstance(blocks, list) and blocks:
        return list(_drawn(block for block in blocks if isinstance(block, Mapping)))
    text = str(values.get("text") or values.get("message") or "")
    linked = ADDRESS.sub(lambda address: f"<{address[0]}>", text)
    return [DrawnBlock(kind="text", parts=(_read(linked),))] if text.strip() else []


def project_update(values: Mapping[str, Any]) -> Sequence[DrawnBlock]:
    """A project update."""
    kind, fields = values.get("updateType"), values.get("fields")
    update = cast("UpdateType", kind if kind in HEADLINES else "updated")
    _, blocks = updates.project_update(
        str(values.get("projectName") or "Project"),
        update,
        _text(values, "details"),
        fields if isinstance(fields, list | Mapping) else None,
        _text(values, "url"),
    )
    return list(_drawn(blocks))


def task_notification(values: Mapping[str, Any]) -> Sequence[DrawnBlock]:
    """A task, and who does it."""
    _, blocks = updates.task_notification(
        str(values.get("taskTitle") or "Task"),
        str(values.get("assignee") or "Someone"),
        _text(values, "dueDate"),
        _text(values, "url"),
    )
    return list(_drawn(blocks))


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return str(value) if value else None


def _drawn(blocks: Iterable[Mapping[str, Any]]) -> Iterable[DrawnBlock]:
    """Blocks of Block Kit as people see them; what has no words is left out."""
    for block in blocks:
        match block:
            case {"type": "header"}:
                yield DrawnBlock(kind="heading", parts=(of_plain(_words(block.get("text"))),))
            case {"type": "section"}:
                yield from _section(block)
            case {"type": "actions", "elements": buttons} if buttons:
                yield DrawnBlock(kind="buttons", parts=tuple(of_plain(_label(button)) for button in buttons))
            case {"type": "context", "elements": texts} if texts:
                yield DrawnBlock(kind="small", parts=_each(texts))


def _section(block: Mapping[str, Any]) -> Iterator[DrawnBlock]:
    if block.get("text"):
        yield DrawnBlock(kind="text", parts=(_read(_words(block["text"])),))
    if block.get("fields"):
        yield DrawnBlock(kind="fields", parts=_each(block["fields"]))
    if block.get("accessory"):
        yield DrawnBlock(kind="buttons", parts=(of_plain(_label(block["accessory"])),))


def _each(texts: Any) -> tuple[Document, ...]:
    return tuple(_read(_words(text)) for text in texts) if isinstance(texts, list) else ()


def _words(text: Any) -> str:
    words = text.get("text") if isinstance(text, Mapping) else None
    return words if isinstance(words, str) else ""


def _label(button: Any) -> str:
    return _words(button.get("text")) if isinstance(button, Mapping) else ""


def _read(text: str) -> Document:
    return read(text, {})

"""The messages that FluxStudio writes itself: project updates and task notifications."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from fluxstudio.providers.slack import blocks
from fluxstudio.providers.slack.blocks import Block
from fluxstudio.providers.slack.shapes import UpdateField

UpdateType = Literal["created", "updated", "completed", "milestone", "archived"]
Value = str | int | float | bool

HEADLINES: Mapping[UpdateType, str] = {
    "created": "New project",
    "updated": "Project updated",
    "completed": "Project completed",
    "milestone": "Milestone reached",
    "archived": "Project archived",
}
SUMMARY = 300
MAX_UPDATE_FIELDS = 40


class TextLimits(NamedTuple):
    """The characters that the parts of an update may take."""

    details: int
    label: int
    value: int


# Tried in turn until all blocks together are short enough for Slack.
ROOMS = (
    TextLimits(blocks.SECTION, blocks.LABEL, blocks.FIELD - blocks.LABEL),
    TextLimits(blocks.SECTION, blocks.LABEL, 800),
    TextLimits(2_000, 100, 400),
    TextLimits(1_500, 80, 200),
    TextLimits(800, 60, 100),
)


def project_update(
    name: str,
    update: UpdateType,
    details: str | None,
    fields: Mapping[str, Value] | Sequence[UpdateField] | None,
    url: str | None,
) -> tuple[str, list[Block]]:
    """The notification text and the blocks of a project update."""
    name, headline = blocks.one_line(name), HEADLINES[update]
    text = f"{headline}: {blocks.escape(name, SUMMARY)}"
    if details and details.strip():
        text += f". {blocks.escape(details, SUMMARY)}"
    pairs = _pairs(fields)[:MAX_UPDATE_FIELDS]
    for room in ROOMS:
        built = _update_blocks(name, headline, details, pairs, url, room)
        if blocks.length(built) <= blocks.TOGETHER:
            break
    return text, built


def _update_blocks(
    name: str,
    headline: str,
    details: str | None,
    pairs: Sequence[tuple[str, str]],
    url: str | None,
    room: TextLimits,
) -> list[Block]:
    lines = f"*{headline}*"
    if details and details.strip():
        lines += "\n" + blocks.escape(details, room.details - len(lines) - 1)
    built: list[Block] = [blocks.header(name), blocks.section(lines)]
    built += blocks.field_sections([blocks.worded_field(*pair, room.label, room.value) for pair in pairs])
    if url:
        built.append(blocks.actions(blocks.button("Open project", url)))
    built.append(blocks.context("Sent by FluxStudio"))
    return built


def task_notification(title: str, assignee: str, due: str | None, url: str | None) -> tuple[str, list[Block]]:
    """The notification text and the blocks of a task notification."""
    title = blocks.one_line(title)
    who, when = person(assignee), moment(due) if due and due.strip() else None
    text = f"Task for {who}: {blocks.escape(title, SUMMARY)}" + (f", due {when}" if when else "")
    fields = [blocks.field("Assigned to", who)] + ([blocks.field("Due", when)] if when else [])
    accessory = blocks.button("Open task", url) if url else None
    return text, [
        blocks.section(blocks.bold(title, blocks.SECTION), accessory),
        *blocks.field_sections(fields),
        blocks.context("Sent by FluxStudio"),
    ]


def is_person(words: str) -> bool:
    """Whether words are the id of somebody in Slack."""
    return re.fullmatch(r"[UW][A-Z0-9]{7,20}", words) is not None


def person(words: str) -> str:
    """Somebody's name as mrkdwn; a Slack user id becomes a mention."""
    return f"<@{words}>" if is_person(words) else blocks.escape(words, SUMMARY)


def moment(words: str) -> str:
    """A date or time as mrkdwn: a date in words, a time in each reader's own time zone, else as it is."""
    try:
        parsed = datetime.fromisoformat(words.strip())
    except ValueError:
        return blocks.escape(words, SUMMARY)
    if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", words.strip()) or parsed.tzinfo is None:
        day = day_in_words(parsed.date())
        return day if parsed.time() == datetime.min.time() else f"{day}, {parsed:%H:%M}"
    fallback = f"{day_in_words(parsed.date())}, {parsed:%H:%M %Z}"
    return f"<!date^{int(parsed.timestamp())}^{{date_long}}, {{time}}|{fallback}>"


def day_in_words(day: date) -> str:
    """Friday 4 December 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def summary_of(fields: Sequence[Mapping[str, Any]]) -> str:
    """A notification text for blocks that came without one: their first words."""
    for block in fields:
        text = block.get("text")
        words = text.get("text") if isinstance(text, Mapping) else None
        if isinstance(text, Mapping) and isinstance(words, str) and words.strip():
            marked_up = text.get("type") == "mrkdwn"
            return blocks.cut(words, SUMMARY) if marked_up else blocks.escape(words, SUMMARY)
    return "New message"


def _pairs(fields: Mapping[str, Value] | Sequence[UpdateField] | None) -> list[tuple[str, str]]:
    if not fields:
        return []
    if isinstance(fields, Mapping):
        return [(str(label), _value_text(value)) for label, value in fields.items()]
    return [(field["title"], _value_text(field["value"])) for field in fields]


def _value_text(value: Value) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)

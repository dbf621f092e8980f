"""Small typed builders for Block Kit that stay within its limits.

Limits: the pages of docs.slack.dev/reference/block-kit, checked 2026-11-22. What is too long is cut and ends
in “…”. A caller's words become mrkdwn only through `escape`, so they neither mention nor link by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from fluxstudio.sdk.markup.write_mrkdwn import apart, unheard

BLOCKS = 50
HEADER = 150
SECTION = 3000
FIELD = 2000
FIELDS = 10
LABEL = 200
BUTTON = 75
URL = 3000
CONTEXT_ELEMENTS = 10
ACTION_ELEMENTS = 25
MESSAGE = 40_000
# All blocks of a message. Slack refuses from about 13,200 characters, and earlier with more blocks
# (slackapi/bolt-js#2509, measured by its reporter, read 2026-11-29; there is no official figure).
TOGETHER = 12_000
PER_OBJECT = 10
# What stands where there are no words: empty texts are refused.
NOTHING = "–"


class PlainText(TypedDict):
    type: Literal["plain_text"]
    text: str
    emoji: bool


class MrkdwnText(TypedDict):
    type: Literal["mrkdwn"]
    text: str


class Button(TypedDict):
    type: Literal["button"]
    text: PlainText
    url: str
    action_id: str


class HeaderBlock(TypedDict):
    type: Literal["header"]
    text: PlainText


class SectionBlock(TypedDict):
    type: Literal["section"]
    text: NotRequired[MrkdwnText]
    fields: NotRequired[list[MrkdwnText]]
    accessory: NotRequired[Button]


class ActionsBlock(TypedDict):
    type: Literal["actions"]
    elements: list[Button]


class ContextBlock(TypedDict):
    type: Literal["context"]
    elements: list[MrkdwnText]


Block = HeaderBlock | SectionBlock | ActionsBlock | ContextBlock

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def bold(words: str, most: int) -> str:
    """A caller's words in bold, however many asterisks are in them."""
    return f"*{escape(apart(words, '*'), most - 2)}*"


def escape(words: str, most: int = SECTION) -> str:
    """A caller's words as mrkdwn of at most `most` characters; never cut inside an entity."""
    escaped = [_ENTITIES.get(character, character) for character in unheard(words.strip())]
    if sum(map(len, escaped)) <= most:
        return "".join(escaped)
    parts, room = [], most - 1
    for piece in escaped:
        room -= len(piece)
        if room < 0:
            break
        parts.append(piece)
    return "".join(parts).rstrip() + "…"


def one_line(words: str) -> str:
    """Words without line breaks, which would end bold type."""
    return " ".join(words.split())


def cut(words: str, most: int) -> str:
    """Plain words of at most `most` characters."""
    words = words.strip()
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def plain_text(words: str, most: int) -> PlainText:
    """A plain text object."""
    return {"type": "plain_text", "text": cut(words, most) or NOTHING, "emoji": True}


def mrkdwn(text: str) -> MrkdwnText:
    """A text object of mrkdwn that is already escaped and short enough."""
    return {"type": "mrkdwn", "text": text or NOTHING}


def header(words: str) -> HeaderBlock:
    """A large line of plain text."""
    return {"type": "header", "text": plain_text(one_line(words), HEADER)}


def section(text: str, accessory: Button | None = None) -> SectionBlock:
    """A paragraph of mrkdwn, with a button at its side if given."""
    block: SectionBlock = {"type": "section", "text": mrkdwn(text)}
    if accessory is not None:
        block["accessory"] = accessory
    return block


def field(label: str, value: str, most: int = LABEL) -> MrkdwnText:
    """A label in bold, of so many characters at most, above its mrkdwn value."""
    name = bold(one_line(label) or NOTHING, most + 2)
    return mrkdwn(f"{name}\n{value or NOTHING}")


def worded_field(label: str, words: str, label_most: int, most: int) -> MrkdwnText:
    """A field whose value is a caller's words; both are cut to so many characters."""
    return field(label, escape(words, most - len("**\n")), label_most)


def length(value: object) -> int:
    """How many characters blocks take together: their texts, and something for each object."""
    if isinstance(value, Mapping):
        return PER_OBJECT + sum(map(length, value.values()))
    if isinstance(value, list):
        return sum(map(length, value))
    return len(value) if isinstance(value, str) else 0


def field_sections(fields: Sequence[MrkdwnText]) -> Iterable[SectionBlock]:
    """Fields in as many sections as they need, ten in each."""
    for start in range(0, len(fields), FIELDS):
        yield {"type": "section", "fields": list(fields[start : start + FIELDS])}


def button(words: str, url: str) -> Button:
    """A button that opens an address."""
    return {"type": "button", "text": plain_text(words, BUTTON), "url": url, "action_id": "open"}


def actions(*buttons: Button) -> ActionsBlock:
    """Buttons in a row. Slack refuses a block in which two have one id, so each gets a number of its own."""
    elements = [
        button if place == 1 else Button(**{**button, "action_id": f"{button['action_id']}_{place}"})
        for place, button in enumerate(buttons[:ACTION_ELEMENTS], 1)
    ]
    return {"type": "actions", "elements": elements}


def context(*texts: str) -> ContextBlock:
    """Small print of mrkdwn."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:CONTEXT_ELEMENTS]]}

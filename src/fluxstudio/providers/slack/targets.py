"""What the texts of Block Kit are marked up in: each text object says so itself.

Source: docs.slack.dev/reference/block-kit “Composition objects”, “Blocks” and “Rich text”, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fluxstudio.providers.slack.updates import is_person
from fluxstudio.sdk.markup import IDENTITY, LINE, MARKDOWN, MRKDWN, PLAIN, URL, Markup, Text

PLAIN_TYPES = frozenset({"plain_text", "text", "raw_text", "emoji"})
ADDRESSES = frozenset({"url", "title_url", "title_link", "author_link", "author_icon", "footer_icon"})
WORDS = frozenset({"alt_text", "value", "name", "provider_name", "color", "style"})
INERT = "\u200b"


@dataclass(frozen=True, slots=True)
class Blocks(Markup):
    """Block Kit: the object a text stands in says what it means. What is not known counts as mrkdwn."""

    def inside(self, key: str | int, container: Any) -> Markup:
        """See `Markup.inside`."""
        if isinstance(container[key], Mapping | list):
            return self
        if isinstance(key, int):
            return MRKDWN
        if key == "text" and container.get("type") in PLAIN_TYPES:
            return PLAIN
        if key == "text" and container.get("type") == "markdown":
            return MARKDOWN
        if key in ADDRESSES or key.endswith("_url"):
            return URL
        if key == "type" or key.endswith("_id") or key == "range":
            return IDENTITY
        if key == "value" and "title" in container:
            # A field of an attachment; the values of buttons and options are for programs.
            return MRKDWN
        return LINE if key in WORDS else MRKDWN


@dataclass(frozen=True, slots=True)
class Person(Markup):
    """A name, or the id of somebody in Slack; what somebody else wrote is only ever a name."""

    def fill(self, template: str, values: Mapping[str, Text]) -> str:
        """See `Markup.fill`."""
        made = LINE.fill(template, values)
        return made + INERT if values and is_person(made) else made


BLOCKS = Blocks()
PERSON = Person()

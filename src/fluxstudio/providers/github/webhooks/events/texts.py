"""Which texts of GitHub's events are Markdown.

Source: docs.github.com “Webhook events and payloads”, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.providers.github.webhooks.events.reading import Payload
from fluxstudio.sdk.markup import Source, marked, spoken

# Longer texts are looked at this far for a sentence about them.
MAX_MARKDOWN_CHARACTERS = 2000


def texts(event_type: str, event: Payload) -> Mapping[str, Any]:
    """The event with its Markdown told from plain text."""
    return marked(event, _source)


def _source(field: str, of: Mapping[str, Any]) -> Source:
    match field:
        case "body" | "note":
            return "markdown"
        case "description":
            is_milestone = "due_on" in of
            is_advisory = "ghsa_id" in of
            return "markdown" if is_milestone or is_advisory else "plain"
        case "summary" | "text":
            is_check_output = "annotations_count" in of
            return "markdown" if is_check_output else "plain"
        case "from":
            return "markdown"
    return "plain"


def words(markdown: str) -> str:
    """What Markdown says, without what is hidden in it."""
    return spoken(markdown[:MAX_MARKDOWN_CHARACTERS], "markdown")

"""Which of Figma's events we have caused: a comment written here comes back as FILE_COMMENT with its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.sdk import Echo


def made(operation: str, answer: Mapping[str, Any]) -> Sequence[str]:
    """The comment that was written."""
    written = answer.get("id")
    return [f"comment {written}"] if operation == "post_comment" and isinstance(written, str) else []


def heard(event_type: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """The comment that an event tells of."""
    told = payload.get("comment_id")
    return [f"comment {told}"] if event_type == "FILE_COMMENT" and isinstance(told, str) else []


ECHO = Echo(made=made, heard=heard)

"""Structured logs on standard error, one line an event, with nothing secret in it."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

SECRET = re.compile(
    r"(figd_|figu_|xox[a-z]-|xoxe[.-]|gh[a-z]_|github_pat_|eyJ[\w-]+\.)[\w.\-]+"
    r"|(?i:(bearer|basic)\s+)[\w.~+/=-]{8,}"
    r"|(?i:(password|secret|token|code|state|verifier)=)[^&\s]+"
    # Whatever else looks random, since nobody knows every provider's tokens; ids of ours are UUIDs and stay.
    r"|(?<![\w-])(?!(?:[0-9a-f]+-){4}[0-9a-f]{12}(?![\w-]))(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{24,}"
)


# Whatever some terminal or reader of logs takes for the end of a line, or for a command.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def hide(text: str) -> str:
    """The text with everything that looks like a token or a secret blotted out."""
    return SECRET.sub(lambda match: f"{match[1] or match[2] or match[3] or ''}…", text)


def _one_line(text: str) -> str:
    return CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {name: _hidden(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(entry) for entry in value]
    return value


def _hide_all(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    return {key: _hidden(value) for key, value in event.items()}


def _on_one_line(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    return {key: _one_line(str(value)) for key, value in event.items()}


def set_up(*, as_json: bool, quiet: bool = False) -> None:
    """Log as JSON lines or as `key=value` lines; line breaks in values are written as escapes in both.

    `quiet` leaves everything out but what ends the process.
    """
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        renderer = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide_all,
            # JSON encodes them by itself.
            *([] if as_json else [_on_one_line]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL if quiet else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )

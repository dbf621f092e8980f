"""Structured logs on standard error, one line an event, with nothing secret in it."""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

from fluxstudio.kit.trace import current_ids

SECONDS_BETWEEN_TRACEBACKS = 600.0
MAX_TRACEBACK_PLACES = 500
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
    # The id of a trace looks random, and is hexadecimal by the time it comes here.
    return {key: value if key == "trace" else _hidden(value) for key, value in event.items()}


def _on_one_line(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    return {key: _one_line(str(value)) for key, value in event.items()}


def _with_ids(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """What is logged while a request is answered can be found by its id, and by that of its trace."""
    return {**event, **current_ids()}


class Tracebacks:
    """A processor that lets each traceback through once in a while, however often it comes."""

    def __init__(self, seconds: float = SECONDS_BETWEEN_TRACEBACKS) -> None:
        self._seconds = seconds
        self._shown: dict[tuple[str, str, int], float] = {}

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        error = event.get("exc_info")
        if not isinstance(error, BaseException):
            return event
        place, now = _place_of(error), time.monotonic()
        if now - self._shown.get(place, -self._seconds) < self._seconds:
            file, line = place[1:]
            return {**event, "exc_info": None, "raised_at": f"{file}:{line}", "traceback": "as before"}
        if len(self._shown) >= MAX_TRACEBACK_PLACES:
            self._shown.clear()
        self._shown[place] = now
        return event


def _place_of(error: BaseException) -> tuple[str, str, int]:
    """What kind of error it is, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    file, line = (frames[0].filename, frames[0].lineno or 0) if frames else ("", 0)
    return type(error).__name__, file.rpartition("/")[2], line


def set_up(*, as_json: bool, quiet: bool = False, level: str = "info") -> None:
    """Log as JSON lines or as `key=value` lines; line breaks in values are written as escapes in both.

    `quiet` leaves everything out but what ends the process, `level` what is below it.
    """
    lowest = logging.CRITICAL if quiet else logging.getLevelNamesMapping()[level.upper()]
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        renderer = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _with_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            Tracebacks(),
            structlog.processors.format_exc_info,
            _hide_all,
            # JSON encodes them by itself.
            *([] if as_json else [_on_one_line]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )

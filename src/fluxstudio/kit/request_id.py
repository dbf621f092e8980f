"""The id of the request that is being answered, for answers and logs."""

from __future__ import annotations

import secrets
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


def begin_request() -> str:
    """A new id for the request that this task answers."""
    request_id = secrets.token_hex(8)
    _current.set(request_id)
    return request_id


def current_request() -> str:
    """The id of the request that this task answers; empty outside of one."""
    return _current.get()

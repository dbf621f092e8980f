"""The id of the request that is being answered, and the trace it belongs to, for answers and logs."""

from __future__ import annotations

import secrets
from contextvars import ContextVar

# Id, and trace where there is one.
_current: ContextVar[tuple[str, str | None]] = ContextVar("request_id", default=("", None))


def begin_request(trace: str | None = None) -> str:
    """A new id for the request that this task answers, which its caller may say is part of a trace."""
    request_id = secrets.token_hex(8)
    _current.set((request_id, trace))
    return request_id


def current_request() -> str:
    """The id of the request that this task answers; empty outside of one."""
    return _current.get()[0]


def current_ids() -> dict[str, str]:
    """`request` and `trace` as log lines name them; nothing outside of a request."""
    request_id, trace = _current.get()
    ids = {"request": request_id} if request_id else {}
    return ids if trace is None else {**ids, "trace": trace}

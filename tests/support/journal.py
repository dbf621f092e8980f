"""What the product logs, as it would be written."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from fluxstudio import logs


@contextmanager
def journal(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log of everything done within, with all that the product does to keep secrets out of it."""
    written = io.StringIO()
    before = structlog.get_config()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        logs.set_up(as_json=True)
        # A logger that remembered this journal would write into it for the rest of the tests.
        structlog.configure(cache_logger_on_first_use=False)
    try:
        yield written
    finally:
        structlog.configure(**before)

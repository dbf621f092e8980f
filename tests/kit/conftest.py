"""Servers and clients for what goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.raw import Serve, raw_servers


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers that say exactly what they are told to."""
    async with raw_servers() as serve:
        yield serve

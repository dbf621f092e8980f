"""A process that ends takes nothing new, and lets what is under way come to its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fluxstudio.kit.draining import Drain
from fluxstudio.kit.service_manager import ServiceManager
from tests.support.supervisor import supervisor


async def test_the_end_waits_for_what_is_under_way_and_no_longer() -> None:
    drain = Drain(60)
    with drain.under_way():
        ending = asyncio.create_task(drain.finish())
        await drain.stopping.wait()
        assert not ending.done()
    assert await ending is True


async def test_what_outlasts_its_time_is_left_and_said_to_be() -> None:
    drain = Drain(0)
    with drain.under_way():
        assert await drain.finish() is False
        assert drain.seconds_left() == 0


async def test_probes_know_of_the_end_before_requests_are_refused() -> None:
    drain = Drain(60, notice_seconds=60)
    ending = asyncio.create_task(drain.finish())
    await drain.leaving.wait()
    assert not drain.stopping.is_set()
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert drain.stopping.is_set()
    assert drain.seconds_left() == 0


async def test_a_service_manager_hears_of_start_signs_of_life_and_end() -> None:
    with supervisor() as manager:
        service = ServiceManager(manager.address, watchdog_seconds=0.01)
        async with service.served():
            assert [await manager.hears() for _ in range(3)] == [["READY=1"], ["WATCHDOG=1"], ["WATCHDOG=1"]]
        service.stopping(60)
        while (text := await manager.hears()) == ["WATCHDOG=1"]:
            pass
        assert text == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=90000000"]


async def test_a_manager_that_has_gone_or_never_was_harms_nobody(tmp_path: Path) -> None:
    for address in (None, str(tmp_path / "nowhere"), "@nobody-listens-here"):
        async with ServiceManager(address).served():
            pass

"""A raw call through the proxy beside the same call by a bare httpx2 that knows the token."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from statistics import median

import httpx2

from bench.stage import installation
from fluxstudio.sdk.simulation.faults import Fault

# Seconds that the provider takes to answer: none, as one in the same region, as one usually does.
DELAYS = (0.0, 0.02, 0.1)
USER_PATH = "/user"

Call = Callable[[], Awaitable[httpx2.Response]]


async def proxying(repetitions: int, seconds: float) -> None:
    """Print the ratio of both, in turn, for a provider that takes so long."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(installation())
        ada = await running.client()
        await running.connect(ada, "github")
        simulator = running.simulators["github"]
        api = running.services.registry["github"].hosts["api"]
        bare = await stack.enter_async_context(
            httpx2.AsyncClient(headers={"authorization": f"Bearer {next(iter(simulator.grants.tokens))}"})
        )

        async def directly() -> httpx2.Response:
            return await bare.get(f"{api}{USER_PATH}")

        async def proxied() -> httpx2.Response:
            return await ada.get(f"/api/proxy/github{USER_PATH}")

        print(f"A raw call through the proxy beside a bare httpx2, {repetitions} repetitions; medians")
        for delay in DELAYS:
            simulator.faults.active[:] = [Fault(match=f"{USER_PATH}$", kind="latency", delay=delay)]
            times = [[await _timed(call) for call in (directly, proxied)] for _ in range(repetitions * 20)]
            one, other = (median(column) for column in zip(*times, strict=True))
            print(
                f"  a provider that takes {1000 * delay:.0f} ms: {1000 * one:.1f} ms and "
                f"{1000 * other:.1f} ms, {other / one:.2f} ×"
            )


async def _timed(call: Call) -> float:
    began = time.perf_counter()
    answer = await call()
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return took

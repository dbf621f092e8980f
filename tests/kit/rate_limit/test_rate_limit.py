"""Counting requests: how many fit, when there is room again, and what it costs."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from limits import parse

from fluxstudio.kit.rate_limit.local import LocalLimiter
from fluxstudio.kit.rate_limit.redis import SharedLimiter
from tests.support.redis import redis_server

THREE = parse("3/minute")


class Watch:
    """A clock that a test moves."""

    def __init__(self, now: float = 0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def test_no_more_than_the_amount_fits_and_others_are_counted_apart() -> None:  # R43
    limiter = LocalLimiter(Watch())
    assert [await limiter.hit("user", THREE, "ada") == 0 for _ in range(5)] == [True] * 3 + [False] * 2
    assert await limiter.hit("user", THREE, "mei") == 0
    assert await limiter.hit("address", THREE, "ada") == 0


async def test_the_end_of_a_window_does_not_double_the_amount() -> None:  # R43
    watch = Watch(60 * 1000 - 0.1)
    limiter = LocalLimiter(watch)
    assert [await limiter.hit("user", THREE, "ada") for _ in range(3)] == [0, 0, 0]
    watch.now += 0.2
    assert await limiter.hit("user", THREE, "ada") > 0


@given(
    amount=st.integers(1, 20),
    steps=st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=60),
)
@settings(deadline=None)
def test_there_is_room_after_the_time_it_says_and_not_before(amount: int, steps: list[float]) -> None:  # R43
    asyncio.run(_walk(amount, steps))


async def _walk(amount: int, steps: list[float]) -> None:
    watch = Watch()
    limiter = LocalLimiter(watch)
    rate = parse(f"{amount}/minute")
    for step in steps:
        watch.now += step
        for _ in range(amount + 1):
            wait = await limiter.hit("user", rate, "ada")
            if wait == 0:
                continue
            assert 0 < wait <= 120
            refused_at = watch.now
            watch.now = refused_at + wait * 0.99
            assert await limiter.hit("user", rate, "ada") > 0
            watch.now = refused_at + wait + 1e-6
            assert await limiter.hit("user", rate, "ada") == 0
            break


async def test_who_is_not_heard_of_again_takes_no_room() -> None:
    watch = Watch()
    limiter = LocalLimiter(watch)
    for number in range(1000):
        await limiter.hit("address", THREE, str(number))
    watch.now += 120
    await limiter.hit("address", THREE, "new")
    (window,) = limiter._windows.values()
    assert len(window._present) + len(window._before) == 1


async def test_counting_takes_no_longer_where_many_are_counted() -> None:
    few, many = LocalLimiter(), LocalLimiter()
    rate = parse("1000000/minute")
    for number in range(20_000):
        await many.hit("address", rate, str(number))
    with_few, with_many = zip(*[(await _seconds(few), await _seconds(many)) for _ in range(7)], strict=True)
    assert min(with_many) < 10 * min(with_few)


async def _seconds(limiter: LocalLimiter) -> float:
    rate = parse("1000000/minute")
    begun = time.process_time()
    for number in range(1000):
        await limiter.hit("address", rate, str(number))
    return time.process_time() - begun


async def test_two_processes_share_one_count_in_redis(tmp_path: Path) -> None:  # R43
    async with redis_server(tmp_path) as server:
        one, two = (SharedLimiter(server.url, prefix="test") for _ in range(2))
        waits = [await limiter.hit("user", THREE, "ada") for limiter in (one, two, one, two, one)]
        assert [wait == 0 for wait in waits] == [True] * 3 + [False] * 2
        assert all(0 < wait <= 120 for wait in waits[3:])
        await one.aclose()
        await two.aclose()


async def back(limiter: SharedLimiter) -> None:
    """Wait until the limiter counts in Redis again."""
    async with asyncio.timeout(60):
        while limiter.away:
            await asyncio.sleep(0.02)


async def test_what_was_counted_can_be_taken_back_here_and_in_redis(tmp_path: Path) -> None:
    async with redis_server(tmp_path) as server:
        for limiter in (LocalLimiter(), SharedLimiter(server.url, prefix="test")):
            for _ in range(2):
                assert [await limiter.hit("user", THREE, "ada") == 0 for _ in range(4)] == [True] * 3 + [
                    False
                ]
                await limiter.forget("user", THREE, "ada")
            await limiter.aclose()


async def test_without_redis_each_process_counts_for_itself_and_returns_to_it(tmp_path: Path) -> None:  # F19
    async with redis_server(tmp_path) as server:
        limiter = SharedLimiter(server.url, prefix="test", pause=0.05)
        assert [await limiter.hit("user", THREE, "ada") == 0 for _ in range(4)] == [True] * 3 + [False]
        await server.kill()
        assert [await limiter.hit("user", THREE, "ada") == 0 for _ in range(4)] == [True] * 3 + [False]
        assert limiter.away
        await server.start()
        await back(limiter)
        assert await limiter.hit("user", THREE, "ada") == 0
        await limiter.aclose()


async def test_a_redis_that_says_nothing_delays_one_call_and_no_other(tmp_path: Path) -> None:  # F19
    async with redis_server(tmp_path) as server:
        limiter = SharedLimiter(server.url, prefix="test", seconds=0.2, pause=0.05)
        await limiter.hit("user", THREE, "ada")
        server.freeze()
        assert await limiter.hit("user", THREE, "ada") == 0
        # A hundred waits of 0.2 s would take 20 s, on any machine.
        async with asyncio.timeout(10):
            for number in range(100):
                assert await limiter.hit("user", THREE, str(number)) == 0
        server.thaw()
        await back(limiter)
        await limiter.aclose()


async def test_a_redis_that_was_never_there_stops_nothing() -> None:  # F19
    limiter = SharedLimiter("redis://127.0.0.1:1/0", prefix="test")
    assert [await limiter.hit("user", THREE, "ada") == 0 for _ in range(4)] == [True] * 3 + [False]
    await limiter.aclose()

"""Counting what somebody asks for: in this process, or in Redis for all processes together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog
from limits import RateLimitItem as Rate
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

__all__ = ["Limiter", "LocalLimiter", "Rate", "SharedLimiter"]


class Limiter(Protocol):
    """Counts by name and key over a sliding window.

    `shared` says whether other processes count along, `away` that they cannot for now.
    """

    shared: bool

    @property
    def away(self) -> bool:
        """Whether what is shared does not answer."""

    async def hit(self, name: str, rate: Rate, key: str) -> float:
        """Count one: 0 where the rate allows it, else the seconds until it will; nothing is counted then."""

    async def forget(self, name: str, rate: Rate, key: str) -> None:
        """Take back whatever was counted."""

    async def aclose(self) -> None:
        """Stop."""


class _Window:
    """The counts of the present window and of the one before, which weighs less the longer it is over."""

    def __init__(self, rate: Rate, now: Callable[[], float]) -> None:
        self._now = now
        self._amount = rate.amount
        self._length = rate.get_expiry()
        self._number = -1.0
        self._present: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def hit(self, key: str) -> float:
        number, into = divmod(self._now(), self._length)
        if number != self._number:
            self._before = self._present if number == self._number + 1 else {}
            self._present = {}
            self._number = number
        present, before = self._present.get(key, 0), self._before.get(key, 0)
        if present + before * (1 - into / self._length) + 1 <= self._amount:
            self._present[key] = present + 1
            return 0.0
        room = self._amount - 1
        if present <= room:
            return self._length * (1 - (room - present) / before) - into
        return self._length * (2 - room / present) - into

    def forget(self, key: str) -> None:
        self._present.pop(key, None)
        self._before.pop(key, None)


class LocalLimiter:
    """Counts in this process, by a clock in seconds that only goes forward.

    Whoever was counted is forgotten two windows later.
    """

    shared = False
    away = False

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._windows: dict[str, _Window] = {}

    async def hit(self, name: str, rate: Rate, key: str) -> float:
        """Count one: 0 where the rate allows it, else the seconds until it will; nothing is counted then."""
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = _Window(rate, self._now)
        return window.hit(key)

    async def forget(self, name: str, rate: Rate, key: str) -> None:
        """Take back whatever was counted."""
        if name in self._windows:
            self._windows[name].forget(key)

    async def aclose(self) -> None:
        """Nothing is open."""


class SharedLimiter:
    """Counts in Redis; in this process for as long as Redis does not answer.

    A call waits `seconds` for Redis at most. Once it did not answer nobody waits for it any more, until a
    look every `pause` seconds finds it back.
    """

    shared = True

    def __init__(self, url: str, *, prefix: str, seconds: float = 0.25, pause: float = 1.0) -> None:
        self._seconds = seconds
        self._pause = pause
        self._redis = Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
        )
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=prefix,
            connection_pool=self._redis.connection_pool,  # type: ignore[arg-type]
        )
        self._shared = SlidingWindowCounterRateLimiter(storage)
        self._local = LocalLimiter()
        self._watch: asyncio.Task[None] | None = None

    @property
    def away(self) -> bool:
        """Whether Redis did not answer when last asked."""
        return self._watch is not None

    async def hit(self, name: str, rate: Rate, key: str) -> float:
        """Count one: 0 where the rate allows it, else the seconds until it will; nothing is counted then."""
        if self._watch is None:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._hit(name, rate, key)
            except (RedisError, OSError, TimeoutError) as error:
                self._went_away(error)
        return await self._local.hit(name, rate, key)

    async def forget(self, name: str, rate: Rate, key: str) -> None:
        """Take back whatever was counted, as far as Redis can be reached."""
        await self._local.forget(name, rate, key)
        if self._watch is None:
            try:
                async with asyncio.timeout(self._seconds):
                    await self._shared.clear(rate, name, key)
            except (RedisError, OSError, TimeoutError) as error:
                self._went_away(error)

    async def _hit(self, name: str, rate: Rate, key: str) -> float:
        if await self._shared.hit(rate, name, key):
            return 0.0
        window = await self._shared.get_window_stats(rate, name, key)
        return max(window.reset_time - time.time(), 0.001)

    def _went_away(self, error: Exception) -> None:
        if self._watch is None:
            log.warning("redis_away", reason=type(error).__name__)
            self._watch = asyncio.create_task(self._until_back())

    async def _until_back(self) -> None:
        while self._watch is not None:
            await asyncio.sleep(self._pause)
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._redis.ping()
                self._watch = None
        log.info("redis_back")

    async def aclose(self) -> None:
        """Close every connection to Redis."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        await self._redis.aclose()

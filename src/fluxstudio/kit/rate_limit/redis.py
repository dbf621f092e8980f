"""Counting what somebody asks for in Redis, for all processes together."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import structlog
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from fluxstudio.kit.rate_limit.local import LocalLimiter, Rate

log = structlog.get_logger(__name__)


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

    async def look(self) -> None:
        """Ask whether Redis is there, so that `away` is right from the start."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError) as error:
            self._went_away(error)

    async def hit(self, name: str, rate: Rate, key: str) -> float:
        """Count one: 0 where the rate allows it, else the seconds until it will; nothing is counted then."""
        if self._watch is None:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._hit(name, rate, key)
            except (RedisError, OSError, TimeoutError) as error:
                self._went_away(error)
        return await self._local.hit(name, rate, key)

    async def room(self, name: str, rate: Rate, key: str) -> tuple[int, float]:
        """How many more fit now, and after how many seconds the window is over."""
        if self._watch is None:
            try:
                async with asyncio.timeout(self._seconds):
                    window = await self._shared.get_window_stats(rate, name, key)
                    return max(0, window.remaining), max(window.reset_time - time.time(), 0.0)
            except (RedisError, OSError, TimeoutError) as error:
                self._went_away(error)
        return await self._local.room(name, rate, key)

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

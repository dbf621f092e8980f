"""The keys of an identity provider, fetched from its JSON Web Key Set and followed as they change."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from limits import RateLimitItemPerMinute

from fluxstudio.errors import Unavailable
from fluxstudio.kit.http import Garbage, Host, HttpClient, HttpError
from fluxstudio.kit.jwk import VerificationKey, key_set
from fluxstudio.kit.rate_limit.local import LocalLimiter

log = structlog.get_logger(__name__)

MAX_KEY_SET_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class KeySetTimeouts:
    """How long things may take, in seconds.

    A set is `fresh` at first, then fetched anew while it goes on to be used; a failed fetch is repeated after
    `pause`. When the provider does not answer, the last set is `trusted` for no longer than most tokens live.
    A token that names an unknown key has the set fetched at once, `unknown` times in a minute for each source
    of such tokens and no sooner than `apart` after the last fetch, which it waits for. Beyond that unknown
    keys have it fetched in the background, `behind` after the last one: so a new key is found within seconds
    however many keys others make up.
    """

    deadline: float = 5
    fresh: float = 300
    pause: float = 15
    trusted: float = 3600
    unknown: int = 6
    apart: float = 1
    behind: float = 5


class RemoteKeys:
    """The key set at one address. Nothing but this address is ever asked."""

    def __init__(self, url: str, timeouts: KeySetTimeouts | None = None) -> None:
        self._url = url
        self._timeouts = timeouts or KeySetTimeouts()
        self._http = HttpClient(
            [Host(url, private=True)], seconds=self._timeouts.deadline, most=MAX_KEY_SET_BYTES
        )
        self._limiter = LocalLimiter()
        self._unknown = RateLimitItemPerMinute(self._timeouts.unknown)
        self._keys: tuple[VerificationKey, ...] = ()
        self._fetched_at = float("-inf")
        self._next_fetch = float("-inf")
        self._began_at = float("-inf")
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def candidates(self, kid: str | None, source: str = "") -> list[VerificationKey]:
        """The keys that may have signed a token which names `kid`, or names none; `source` sent it.

        Raises `Unavailable` where that cannot be told: the provider does not answer, and the keys we hold are
        too old or do not include this one.
        """
        now = time.monotonic()
        if now > self._fetched_at + self._timeouts.trusted:
            self._keys = ()
        elif now > self._next_fetch:
            self._fetch()
        keys = self._keys_of_id(kid)
        if not keys:
            await self._look_again(kid, source)
            keys = self._keys_of_id(kid)
        if not keys and self._failed:
            raise Unavailable("Tokens cannot be checked right now. Keep yours and try again in a moment.")
        return keys

    def _keys_of_id(self, kid: str | None) -> list[VerificationKey]:
        return [key for key in self._keys if kid is None or key.kid is None or key.kid == kid]

    async def _look_again(self, kid: str | None, source: str) -> None:
        """Have the set fetched for an unknown key: at once where its source may, else soon."""
        if self._under_way:
            await asyncio.shield(self._fetch())
            if self._keys_of_id(kid):
                return
        if await self._limiter.hit("unknown", self._unknown, source) == 0:
            await asyncio.shield(self._fetch(self._timeouts.apart))
        elif self._began_at + self._timeouts.behind <= time.monotonic():
            self._fetch()

    @property
    def _under_way(self) -> bool:
        return self._fetching is not None and not self._fetching.done()

    def _fetch(self, apart: float = 0) -> asyncio.Task[None]:
        """The fetch under way, or a new one that begins so long after the last; all wait for the same."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch_now(self._began_at + apart - time.monotonic()))
        return self._fetching

    async def _fetch_now(self, wait: float) -> None:
        if wait > 0:
            await asyncio.sleep(wait)
        self._began_at = time.monotonic()
        try:
            keys = key_set(await self._document())
        except (HttpError, ValueError) as error:
            self._failed = True
            self._next_fetch = time.monotonic() + self._timeouts.pause
            log.warning("key_set_not_fetched", reason=str(error))
            return
        if self._failed or {key.kid for key in keys} != {key.kid for key in self._keys}:
            log.info("key_set_fetched", keys=len(keys))
        self._keys, self._failed = keys, False
        self._fetched_at = time.monotonic()
        self._next_fetch = self._fetched_at + self._timeouts.fresh

    async def _document(self) -> Any:
        answer = await self._http.request("GET", self._url, headers={"accept": "application/json"})
        if answer.status != 200:
            raise Garbage(f"the key set's host answered with status {answer.status}")
        return answer.json()

    async def aclose(self) -> None:
        """Stop fetching."""
        if self._fetching is not None:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError):
                await self._fetching
        await self._http.aclose()

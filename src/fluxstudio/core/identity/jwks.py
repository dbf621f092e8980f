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
from fluxstudio.kit.limiting import LocalLimiter

log = structlog.get_logger(__name__)

LARGEST = 512 * 1024


@dataclass(frozen=True, slots=True)
class KeyPatience:
    """How long things may take, in seconds.

    A set is `fresh` at first, then fetched anew while it goes on to be used; a failed fetch is repeated after
    `pause`. When the provider does not answer, the last set is `trusted` for no longer than most tokens live.
    Tokens that name unknown keys cause `unknown` fetches in a minute at most, whoever makes them up.
    """

    deadline: float = 5
    fresh: float = 300
    pause: float = 15
    trusted: float = 3600
    unknown: int = 6


class RemoteKeys:
    """The key set at one address. Nothing but this address is ever asked."""

    def __init__(self, url: str, patience: KeyPatience | None = None) -> None:
        self._url = url
        self._patience = patience or KeyPatience()
        self._http = HttpClient([Host(url, private=True)], seconds=self._patience.deadline, most=LARGEST)
        self._limiter = LocalLimiter()
        self._unknown = RateLimitItemPerMinute(self._patience.unknown)
        self._keys: tuple[VerificationKey, ...] = ()
        self._fetched_at = float("-inf")
        self._next_fetch = float("-inf")
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def candidates(self, kid: str | None) -> list[VerificationKey]:
        """The keys that may have signed a token which names `kid`, or names none.

        Raises `Unavailable` where that cannot be told: the provider does not answer, and the keys we hold are
        too old or do not include this one.
        """
        now = time.monotonic()
        if now > self._fetched_at + self._patience.trusted:
            self._keys = ()
        elif now > self._next_fetch:
            self._fetch()
        found = self._named(kid)
        if not found and (self._under_way or await self._limiter.hit("unknown", self._unknown, "") == 0):
            await asyncio.shield(self._fetch())
            found = self._named(kid)
        if not found and self._failed:
            raise Unavailable("Tokens cannot be checked right now. Keep yours and try again in a moment.")
        return found

    def _named(self, kid: str | None) -> list[VerificationKey]:
        return [key for key in self._keys if kid is None or key.kid is None or key.kid == kid]

    @property
    def _under_way(self) -> bool:
        return self._fetching is not None and not self._fetching.done()

    def _fetch(self) -> asyncio.Task[None]:
        """The fetch under way, or a new one; however many wait for it, there is one."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch_now())
        return self._fetching

    async def _fetch_now(self) -> None:
        try:
            keys = key_set(await self._document())
        except (HttpError, ValueError) as error:
            self._failed = True
            self._next_fetch = time.monotonic() + self._patience.pause
            log.warning("key_set_not_fetched", reason=str(error))
            return
        if self._failed or {key.kid for key in keys} != {key.kid for key in self._keys}:
            log.info("key_set_fetched", keys=len(keys))
        self._keys, self._failed = keys, False
        self._fetched_at = time.monotonic()
        self._next_fetch = self._fetched_at + self._patience.fresh

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

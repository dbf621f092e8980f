"""What is measured: each of ours beside the least that could do the same."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis import Redis

from bench.report import Pace
from bench.stage import CALL, CHECK, Person, Stage
from bench.wire import pour_again
from fluxstudio.core.tokens.vault import TokenOwner, Vault
from fluxstudio.kit.sealing import Keyset

CONNECTIONS = 32

Contender = Callable[[float], Awaitable[Pace]]
"""Does one thing over and over for some seconds, and says at which pace it did."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Contenders that do the same. The first is what the others are compared with; `least` is what ours,
    the last, has to reach of it by processor time, where that was promised.
    """

    title: str
    contenders: Mapping[str, Contender]
    least: float | None = None


def measures(on: Stage) -> list[Measure]:
    """Every measure."""

    def repeated(url: str, *headers: Mapping[str, str]) -> Contender:
        """The same GET over every connection; of several sets of headers each gets its turn."""
        return partial(_repeated, on, url, list(islice(cycle(headers or [{}]), CONNECTIONS)))

    tokens = [person.bearer() for person in on.people]
    cookies = [{"cookie": person.browser.cookies(on.product)} for person in on.people]

    def behind_redis(base: str) -> dict[str, Contender]:
        return {"the same behind a Redis GET": repeated(f"{base}/redis")} if on.redis else {}

    return [
        Measure(
            f"Warm provider call, {CONNECTIONS} connections",
            {
                "bare FastAPI route, same bytes": repeated(f"{on.bare}/call"),
                **behind_redis(on.bare),
                "FluxStudio": repeated(on.product + CALL, *tokens),
            },
            0.5,
        ),
        Measure(
            f"Sign-in check, {CONNECTIONS} connections",
            {
                "bare FastAPI route, same bytes": repeated(f"{on.checks}/check"),
                **behind_redis(on.checks),
                "FluxStudio": repeated(on.product + CHECK, *cookies),
            },
        ),
        Measure(
            f"Connect flow, {len(on.connecting)} people",
            {
                "Authlib + Starlette, no vault": _connecting(on, on.authlib, on.connect_with_authlib),
                "FluxStudio": _connecting(on, on.product, on.connect),
            },
            0.8,
        ),
        Measure(
            "Unseal one token",
            {
                "plain AES-256-GCM": _decrypting(),
                **({"a Redis GET": _getting(on.redis)} if on.redis else {}),
                "FluxStudio": _opening(),
            },
        ),
    ]


async def _repeated(on: Stage, url: str, headers: Sequence[Mapping[str, str]], seconds: float) -> Pace:
    before = on.processor_seconds(url)
    poured = await pour_again(url, headers, seconds)
    return Pace(poured.rate, (on.processor_seconds(url) - before) / poured.answers)


def _connecting(on: Stage, url: str, connect: Callable[[Person], Awaitable[None]]) -> Contender:
    """Everybody connects again and again."""

    async def run(seconds: float) -> Pace:
        before, begun = on.processor_seconds(url), time.perf_counter()

        async def again(person: Person) -> int:
            done = 0
            while not done or time.perf_counter() < begun + seconds:
                await connect(person)
                done += 1
            return done

        done = sum(await asyncio.gather(*map(again, on.connecting)))
        return Pace(done / (time.perf_counter() - begun), (on.processor_seconds(url) - before) / done)

    return run


def _opening() -> Contender:
    """Open a sealed token: unwrap its data key, then decrypt it, each bound to its place."""
    vault = Vault(Keyset.new())
    owner = TokenOwner(uuid4(), "figma", "client", "account")
    sealed = vault.seal_tokens(owner, f"figu_{secrets.token_urlsafe(30)}", None)
    return _repeating(lambda: vault.open_token(owner, "access_token", sealed.data_key, sealed.access_token))


def _decrypting() -> Contender:
    """Decrypt a token of the same length with a key at hand."""
    cipher, nonce = AESGCM(secrets.token_bytes(32)), secrets.token_bytes(12)
    sealed = cipher.encrypt(nonce, f"figu_{secrets.token_urlsafe(30)}".encode(), b"place")
    return _repeating(lambda: cipher.decrypt(nonce, sealed, b"place"))


def _getting(redis: str) -> Contender:
    """Get a token of the same length from Redis, one after the other."""
    store = Redis.from_url(f"{redis}/2")
    store.set("token", secrets.token_bytes(45))
    return _repeating(lambda: store.get("token"))


def _repeating(work: Callable[[], object]) -> Contender:
    async def run(seconds: float) -> Pace:
        before, begun, done = time.process_time(), time.perf_counter(), 0
        while time.perf_counter() < begun + seconds:
            for _ in range(100):
                work()
            done += 100
        return Pace(done / (time.perf_counter() - begun), (time.process_time() - before) / done)

    return run

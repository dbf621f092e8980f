"""How much each may ask for: users by who they are, everybody else by where they come from."""

from __future__ import annotations

import math
from typing import NamedTuple

from limits import RateLimitItemPerDay, RateLimitItemPerMinute

from fluxstudio.core.identity.addresses import address_key
from fluxstudio.core.identity.users import Actor
from fluxstudio.errors import RateLimited
from fluxstudio.kit.addresses import source_of
from fluxstudio.kit.rate_limit.local import Limiter
from fluxstudio.kit.signatures import sha256
from fluxstudio.settings import Settings

# Wrong signatures: by one network for one provider, and by all of them together.
QUESTIONS = RateLimitItemPerMinute(30)
# Each is kept for a day.
IDEMPOTENCY_KEYS = RateLimitItemPerDay(20_000)
FORGED, FORGED_TOGETHER = RateLimitItemPerMinute(20), RateLimitItemPerMinute(300)


class RateRoom(NamedTuple):
    """A limit of so many requests in so many seconds: how many are left, and when the window is over."""

    amount: int
    window_seconds: int
    left: int
    reset_seconds: int


class InboundLimits:
    """The limits on requests. Every method counts one and raises `RateLimited` where there is no room."""

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self._limiter = limiter
        self._user = settings.rate("user")
        self._address = settings.rate("address")
        self._sign_in = settings.rate("sign_in")
        self._sign_in_email = settings.rate("sign_in_email")
        self._sign_in_account = settings.rate("sign_in_account")
        self._sign_in_browser = settings.rate("sign_in_browser")
        self._sign_up = settings.rate("sign_up")

    async def user(self, actor: Actor) -> None:
        """A request of somebody we know."""
        wait = await self._limiter.hit("user", self._user, actor.user_id.hex)
        if wait:
            raise _too_many(f"You have used up your {self._user.amount} requests", wait)

    async def user_room(self, actor: Actor) -> RateRoom:
        """How much of their limit a user has left."""
        left, seconds = await self._limiter.room("user", self._user, actor.user_id.hex)
        return RateRoom(self._user.amount, self._user.get_expiry(), left, math.ceil(seconds))

    async def stranger(self, address: str | None) -> None:
        """A request of somebody we do not know, from this network address."""
        wait = await self._limiter.hit("address", self._address, source_of(address))
        if wait:
            raise _too_many("Too many requests without a valid sign-in come from your network", wait)

    async def sign_in(self, address: str | None, email: str, browser: str | None) -> None:
        """A try to sign in.

        `browser` is the cookie of one that has signed in to this account before: it has a limit of its own,
        which nobody else can use up. From anywhere else tries count for the network, for the account from
        that network, and for the account from all networks together; whether there is such an account changes
        nothing.
        """
        account = sha256(address_key(email)).hex()
        network = source_of(address)
        counts = [
            ("sign-in", self._sign_in, network),
            ("sign-in-email", self._sign_in_email, f"{network} {account}"),
            ("sign-in-account", self._sign_in_account, account),
        ]
        if browser:
            counts = [("sign-in-browser", self._sign_in_browser, f"{sha256(browser).hex()} {account}")]
        for name, rate, key in counts:
            wait = await self._limiter.hit(name, rate, key)
            if wait:
                raise _too_many("Too many attempts to sign in", wait)

    async def signed_in(self, address: str | None, email: str) -> None:
        """The try that was right: those before it from this network no longer count against the account."""
        key = f"{source_of(address)} {sha256(address_key(email)).hex()}"
        await self._limiter.forget("sign-in-email", self._sign_in_email, key)

    async def password(self, actor: Actor) -> None:
        """A try of somebody who is signed in to tell their password once more."""
        wait = await self._limiter.hit("password", self._sign_in_email, actor.user_id.hex)
        if wait:
            raise _too_many("Too many wrong passwords", wait)

    async def question(self, actor: Actor) -> None:
        """A question to a database."""
        wait = await self._limiter.hit("question", QUESTIONS, actor.user_id.hex)
        if wait:
            raise _too_many(f"You have asked {QUESTIONS.amount} questions in a minute", wait)

    async def idempotency_key(self, actor: Actor) -> None:
        """A request with an idempotency key."""
        wait = await self._limiter.hit("idempotency", IDEMPOTENCY_KEYS, actor.user_id.hex)
        if wait:
            raise _too_many(f"You have sent {IDEMPOTENCY_KEYS.amount} idempotency keys in a day", wait)

    async def forged(self, address: str | None, target: str) -> None:
        """A request whose signature was wrong, for the address and for what it was meant for."""
        source = source_of(address)
        wait = await self._limiter.hit("forged", FORGED, f"{target}:{source}")
        if not wait:
            wait = await self._limiter.hit("forged-together", FORGED_TOGETHER, target)
        if wait:
            raise _too_many("Too many requests here did not prove who sent them", wait)

    async def sign_up(self, address: str | None) -> None:
        """A new account."""
        wait = await self._limiter.hit("sign-up", self._sign_up, source_of(address))
        if wait:
            raise _too_many("Too many accounts were made from your network", wait)


def _too_many(what: str, wait: float) -> RateLimited:
    seconds = max(1, round(wait))
    return RateLimited(f"{what}. Wait {seconds} {'second' if seconds == 1 else 'seconds'}, then go on.", wait)

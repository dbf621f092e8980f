"""How much each may ask for: users by who they are, everybody else by where they come from."""

from __future__ import annotations

from limits import RateLimitItemPerMinute

from fluxstudio.core.people import Actor
from fluxstudio.errors import RateLimited
from fluxstudio.kit.addresses import source_of
from fluxstudio.kit.limiting import Limiter
from fluxstudio.kit.signatures import sha256
from fluxstudio.settings import Settings

# Wrong signatures: by one network for one provider, and by all of them together.
FORGED, FORGED_TOGETHER = RateLimitItemPerMinute(20), RateLimitItemPerMinute(300)


class Allowances:
    """The limits on requests. Every method counts one and raises `RateLimited` where there is no room."""

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self._limiter = limiter
        self._user = settings.rate("user")
        self._address = settings.rate("address")
        self._sign_in = settings.rate("sign_in")
        self._sign_in_email = settings.rate("sign_in_email")
        self._sign_up = settings.rate("sign_up")

    async def user(self, actor: Actor) -> None:
        """A request of somebody we know."""
        wait = await self._limiter.hit("user", self._user, actor.user_id.hex)
        if wait:
            raise _too_many(f"You have used up your {self._user.amount} requests", wait)

    async def stranger(self, address: str | None) -> None:
        """A request of somebody we do not know, from this network address."""
        wait = await self._limiter.hit("address", self._address, source_of(address))
        if wait:
            raise _too_many("Too many requests without a valid sign-in come from your network", wait)

    async def sign_in(self, address: str | None, email: str) -> None:
        """A try to sign in; counted for the address and for the person it is about."""
        wait = await self._limiter.hit("sign-in", self._sign_in, source_of(address))
        if not wait:
            wait = await self._limiter.hit("sign-in-email", self._sign_in_email, _person(email))
        if wait:
            raise _too_many("There were too many tries to sign in", wait)

    async def signed_in(self, email: str) -> None:
        """The try that was right: those before it no longer count against the person."""
        await self._limiter.forget("sign-in-email", self._sign_in_email, _person(email))

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


def _person(email: str) -> str:
    return sha256(email.strip().lower()).hex()


def _too_many(what: str, wait: float) -> RateLimited:
    seconds = max(1, round(wait))
    return RateLimited(f"{what}. Wait {seconds} {'second' if seconds == 1 else 'seconds'}, then go on.", wait)

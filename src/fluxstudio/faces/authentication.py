"""Who is calling: by a signed API token, an access token, or the session of a browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request

from fluxstudio.core.identity import embed_tokens
from fluxstudio.core.identity.access_tokens import ACCESS_TOKEN_PREFIX
from fluxstudio.core.identity.embed_tokens import EMBED_TOKEN_PREFIX
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import AdminRequired, Forbidden, InvalidToken, MissingToken
from fluxstudio.faces import csrf
from fluxstudio.faces.cookies import Cookies
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.kit.addresses import source_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READ, WRITE = "read", "write"


class Authenticator:
    """Tells who is calling and what their browser is bound to."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.cookies = Cookies(secure=services.settings.base_url.startswith("https://"))

    async def actor(self, request: Request, *scopes: str) -> Actor:
        """Who is calling the API, by token or by session.

        An access token has to have one of the `scopes`: without any it is `read` or `write`, by the method.
        Raises `MissingToken`, `InvalidToken`, `RateLimited`, `Unavailable` where a token cannot be checked
        now, `ScopeMissing`, or `Forbidden` for a forged request.
        """
        try:
            actor = await self.actor_or_none(request)
            if actor is None:
                raise MissingToken
        except (MissingToken, InvalidToken):
            await self.count(request, None)
            raise
        await self.count(request, actor)
        is_safe = request.method in SAFE
        if actor.rights is not None:
            actor.require(*(scopes or (READ if is_safe else WRITE,)))
        if not is_safe and not request.headers.get("authorization"):
            self.check_csrf(request, request.headers.get("x-csrf-token"))
        return actor

    async def actor_or_none(self, request: Request) -> Actor | None:
        """Whose token or session a request carries, uncounted; None without either. Raises `InvalidToken`.

        Looked up once for each request.
        """
        state = request.scope.setdefault("state", {})
        if "actor" not in state:
            state["actor"] = await self.look_up(request)
        actor: Actor | None = state["actor"]
        return actor

    async def look_up(self, request: Request) -> Actor | None:
        """What `actor_or_none` says, at this moment: for answers that go on after their request has begun."""
        header = request.headers.get("authorization", "")
        if header:
            client = request.scope.get("client")
            return await self._of_token(header, source_of(client[0] if client else None))
        return await self.signed_in(request)

    async def _of_token(self, header: str, source: str) -> Actor:
        scheme, _, rest = header.partition(" ")
        token = rest.strip()
        if scheme.lower() != "bearer" or not token:
            raise InvalidToken("Send the token as `Authorization: Bearer <token>`.")
        if token.startswith(ACCESS_TOKEN_PREFIX):
            return await self._services.access_tokens.holder(token)
        if token.startswith(EMBED_TOKEN_PREFIX):
            return await embed_tokens.holder(self._services.db, token)
        claims = await self._services.tokens.read(token, source)
        return await self._services.users.from_claims(claims)

    async def count(self, request: Request, actor: Actor | None) -> None:
        """Count a request against what its user may ask for, or its address. Raises `RateLimited`."""
        limits = self._services.inbound_limits
        if actor is None:
            await limits.stranger(address_of(request))
            return
        try:
            await limits.user(actor)
        finally:
            request.scope.setdefault("state", {})["room"] = await limits.user_room(actor)

    async def signed_in(self, request: Request) -> Actor | None:
        """Whose session the browser holds, or None."""
        value = request.cookies.get(self.cookies.session)
        return await self._services.sessions.of(value) if value else None

    def browser(self, request: Request) -> str | None:
        """What the browser is bound to, or None on a first visit."""
        value = request.cookies.get(self.cookies.browser)
        return value if value and 20 <= len(value) <= 100 else None

    def known_browser(self, request: Request) -> str | None:
        """What a browser holds that has signed in before, or None."""
        value = request.cookies.get(self.cookies.known_browser)
        return value if value and 20 <= len(value) <= 100 else None

    def session(self, request: Request) -> str:
        """The value of the browser's session cookie, empty where it has none."""
        return request.cookies.get(self.cookies.session, "")

    def csrf(self, browser: str, session: str) -> str:
        """The token a form of this browser and session has to carry, each time another one."""
        return csrf.token(browser, session)

    def check_csrf(self, request: Request, sent: object) -> None:
        """Raises `Forbidden` unless the request comes from a page of ours in this browser."""
        # Both are ours: what `Host` may say was looked at before.
        ours = {csrf.origin_of(self._services.settings.base_url), csrf.origin_of(str(request.base_url))}
        came_from = request.headers.get("origin")
        belongs = csrf.belongs(sent, self.browser(request), self.session(request))
        if not belongs or (came_from is not None and came_from not in ours):
            raise Forbidden("This form is too old or was not ours. Load the page again and repeat it.")


def authenticator_of(request: Request) -> Authenticator:
    """The authenticator of the running product."""
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


def services_of(request: Request) -> Services:
    """The services of the running product."""
    services: Services = request.app.state.services
    return services


async def current_actor(request: Request) -> Actor:
    """Who is calling. Raises `MissingToken` or `InvalidToken`."""
    return await authenticator_of(request).actor(request)


def require_scope(*scopes: str) -> Callable[[Request], Awaitable[Actor]]:
    """A dependency: who is calling; an access token needs one of these scopes, and nothing else.

    Whoever names another user to act for has to be checked for `acts_for_others`.
    """

    async def actor(request: Request) -> Actor:
        return await authenticator_of(request).actor(request, *scopes)

    return actor


async def current_admin(request: Request) -> Actor:
    """The administrator who is calling. Raises `AdminRequired` for everybody else.

    An access token needs the scope `admin`, which only those of administrators have.
    """
    actor = await authenticator_of(request).actor(request, "admin")
    if not actor.is_admin:
        raise AdminRequired
    return actor


async def current_person(request: Request) -> Actor:
    """Who is calling, but no access token: for what would outlast it. Raises `Forbidden`."""
    actor = await current_actor(request)
    if actor.rights is not None:
        raise Forbidden("An access token cannot do this. Sign in, or send an API token of your own.")
    return actor

"""Who is calling: a signed API token or the session of a browser."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from starlette.responses import Response

from fluxstudio.core.people import Actor, Claims
from fluxstudio.core.services import Services
from fluxstudio.errors import AdminRequired, Forbidden, InvalidToken, MissingToken
from fluxstudio.kit.signatures import same, sha256
from fluxstudio.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
Key = OctKey | RSAKey | ECKey | OKPKey


class TokenReader:
    """Reads API tokens (JWT). Which algorithms count follows from the configured key, never the token."""

    def __init__(self, settings: Settings) -> None:
        self._key, self._algorithms = _key_of(settings)
        self._required: dict[str, Any] = {"exp": {"essential": True}}
        if settings.jwt_issuer:
            self._required["iss"] = {"essential": True, "value": settings.jwt_issuer}
        if settings.jwt_audience:
            self._required["aud"] = {"essential": True, "value": settings.jwt_audience}

    def read(self, token: str) -> Claims:
        """The claims of a valid token. Raises `InvalidToken`, which does not say what was wrong in detail."""
        try:
            found = jwt.decode(token, self._key, algorithms=self._algorithms).claims
            jwt.JWTClaimsRegistry(leeway=30, **self._required).validate(found)
        except (JoseError, ValueError, TypeError, KeyError):
            raise InvalidToken(
                "This token is not valid or has expired. Fetch a new one and try again."
            ) from None
        return _claims(found)


def _key_of(settings: Settings) -> tuple[Key | KeySet, list[str]]:
    if settings.jwt_public_key:
        text = settings.jwt_public_key.replace("\\n", "\n")
        for kind, algorithms in ((RSAKey, ["RS256"]), (ECKey, ["ES256"]), (OKPKey, ["EdDSA", "Ed25519"])):
            try:
                key = kind.import_key(json.loads(text) if text.lstrip().startswith("{") else text)
            except (JoseError, ValueError, TypeError, KeyError):
                continue
            return key, algorithms
        raise ValueError("JWT_PUBLIC_KEY is neither an RSA, an EC P-256 nor an Ed25519 public key")
    if settings.jwt_secret is None:
        raise ValueError("JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL has to be set")
    return OctKey.import_key(settings.jwt_secret.get_secret_value()), ["HS256"]


def _claims(found: dict[str, Any]) -> Claims:
    subject = found.get("sub") or found.get("id")
    if not isinstance(subject, str | int) or not str(subject) or len(str(subject)) > 255:
        raise InvalidToken("This token does not say who you are: it needs a `sub` or an `id`.")
    role = found.get("role") or found.get("userType")

    def text(name: str, most: int) -> str | None:
        value = found.get(name)
        return value[:most] if isinstance(value, str) and value else None

    return Claims(
        subject=str(subject),
        email=text("email", 320),
        name=text("name", 200),
        role=None if role is None else ("admin" if role == "admin" else "member"),
    )


@dataclass(frozen=True, slots=True)
class Cookies:
    """The two cookies of a browser: who is signed in, and which browser it is."""

    secure: bool

    @property
    def session(self) -> str:
        """The name of the session cookie."""
        return self._name("fluxstudio_session")

    @property
    def browser(self) -> str:
        """The name of the cookie that tells browsers apart."""
        return self._name("fluxstudio_browser")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def put(self, response: Response, name: str, value: str, *, days: int) -> None:
        """Set one of the cookies."""
        response.set_cookie(
            name, value, max_age=days * 86400, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def drop(self, response: Response, name: str) -> None:
        """Delete one of the cookies."""
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")


class Gate:
    """Tells who is calling and what their browser is bound to."""

    def __init__(self, services: Services, tokens: TokenReader) -> None:
        self._services = services
        self._tokens = tokens
        self.cookies = Cookies(secure=services.settings.base_url.startswith("https://"))

    async def actor(self, request: Request) -> Actor:
        """Who is calling. Raises `MissingToken`, `InvalidToken`, or `Forbidden` for a forged request."""
        header = request.headers.get("authorization", "")
        if header:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise InvalidToken("Send the token as `Authorization: Bearer <token>`.")
            return await self._services.people.from_claims(self._tokens.read(token.strip()))
        actor = await self.signed_in(request)
        if actor is None:
            raise MissingToken
        if request.method not in SAFE:
            self.check_csrf(request, request.headers.get("x-csrf-token"))
        return actor

    async def signed_in(self, request: Request) -> Actor | None:
        """Whose session the browser holds, or None."""
        value = request.cookies.get(self.cookies.session)
        return await self._services.people.of_session(value) if value else None

    def browser(self, request: Request) -> str | None:
        """What the browser is bound to, or None on a first visit."""
        value = request.cookies.get(self.cookies.browser)
        return value if value and 20 <= len(value) <= 100 else None

    def session(self, request: Request) -> str:
        """The value of the browser's session cookie, empty where it has none."""
        return request.cookies.get(self.cookies.session, "")

    def csrf(self, browser: str, session: str) -> str:
        """The token a form of this browser and session has to carry."""
        return sha256(f"csrf\x1f{browser}\x1f{session}").hex()

    def check_csrf(self, request: Request, sent: object) -> None:
        """Raises `Forbidden` unless the request comes from a page of ours in this browser."""
        browser = self.browser(request)
        came_from = request.headers.get("origin")
        elsewhere = came_from is not None and came_from != origin_of(self._services.settings.base_url)
        if (
            elsewhere
            or browser is None
            or not isinstance(sent, str)
            or not same(sent, self.csrf(browser, self.session(request)))
        ):
            raise Forbidden("This form is too old or was not ours. Load the page again and repeat it.")


def origin_of(url: str) -> str:
    """`scheme://host[:port]` as browsers write it in `Origin`."""
    return "/".join(url.split("/", 3)[:3])


def new_browser() -> str:
    """A fresh value that tells a browser apart: 256 random bits."""
    return secrets.token_urlsafe(32)


def gate_of(request: Request) -> Gate:
    """The gate of the running product."""
    gate: Gate = request.app.state.gate
    return gate


def services_of(request: Request) -> Services:
    """The services of the running product."""
    services: Services = request.app.state.services
    return services


async def current_actor(request: Request) -> Actor:
    """Who is calling. Raises `MissingToken` or `InvalidToken`."""
    return await gate_of(request).actor(request)


async def current_admin(request: Request) -> Actor:
    """The administrator who is calling. Raises `AdminRequired` for everybody else."""
    actor = await current_actor(request)
    if not actor.is_admin:
        raise AdminRequired
    return actor

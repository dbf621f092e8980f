"""Reading API tokens (JWT): who signed them, whether they hold now and here, and whom they speak for."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cachetools import LRUCache
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from fluxstudio.core.identity.jwks import RemoteKeys
from fluxstudio.core.identity.users import Claims
from fluxstudio.errors import InvalidToken
from fluxstudio.kit.jwk import NotSigned, VerificationKey, parse, public_key, secret_key
from fluxstudio.kit.signatures import sha256
from fluxstudio.settings import Settings, SettingsError

CLOCK_LEEWAY_SECONDS = 30
# Says that `sub` is the id of an account made here. Only `fluxstudio token` writes it.
ACCOUNT_CLAIM = "fluxstudio_account"
MAX_MEMOIZED_TOKENS = 4096


class MemoizedToken(NamedTuple):
    """A token that was valid at `seen_at`, and so stays until it expires, for as long as its key counts."""

    signer: VerificationKey
    claims: Claims
    seen_at: float
    expires_at: float

    def holds(self, keys: Iterable[VerificationKey], now: float) -> bool:
        """Whether the token need not be looked at again, by these keys and at this time."""
        return self.seen_at <= now < self.expires_at and any(self.signer is key for key in keys)


class TokenReader:
    """Reads API tokens. Which keys and algorithms count follows from the settings, never from the token.

    `now` tells the time in seconds since 1970. Where there are public keys a secret opens nothing. Raises
    `SettingsError` when there is no key that can be used.
    """

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self._keys = _keys_of(settings)
        required: dict[str, Any] = {"exp": {"essential": True}}
        if settings.jwt_issuer:
            required["iss"] = {"essential": True, "value": settings.jwt_issuer}
        if settings.jwt_audience:
            required["aud"] = {"essential": True, "value": settings.jwt_audience}
        self._now = now
        self._memoized: LRUCache[bytes, MemoizedToken] = LRUCache(MAX_MEMOIZED_TOKENS)
        self._rules = JWTClaimsRegistry(now=lambda: int(now()), leeway=CLOCK_LEEWAY_SECONDS, **required)

    def read(self, token: str, further: Iterable[VerificationKey] = ()) -> Claims:
        """The claims of a token that one of our keys or of the `further` ones has signed.

        Raises `InvalidToken`, which does not say what was wrong in detail.
        """
        digest, now = sha256(token), self._now()
        memoized = self._memoized.get(digest)
        keys = (*self._keys, *further)
        if memoized is not None and memoized.holds(keys, now):
            return memoized.claims
        try:
            signer, payload = _signed(token, keys)
            self._rules.validate(payload)
        except (NotSigned, JoseError, ValueError, TypeError, AttributeError, RecursionError):
            raise InvalidToken(
                "This token is not valid or has expired. Fetch a new one and try again."
            ) from None
        claims = _claims(payload)
        self._memoized[digest] = MemoizedToken(signer, claims, now, float(payload["exp"]))
        return claims


class RemoteTokenReader:
    """Reads API tokens whose keys an identity provider publishes and changes."""

    def __init__(self, reader: TokenReader, keys: RemoteKeys | None) -> None:
        self._reader = reader
        self._keys = keys

    async def read(self, token: str, source: str = "") -> Claims:
        """The claims of a valid token; `source` is the network it came from, which made-up key ids count for.

        Raises `InvalidToken`, or `Unavailable` while the keys to check it with cannot be had.
        """
        if self._keys is None:
            return self._reader.read(token)
        return self._reader.read(token, await self._keys.candidates(_key_id(token), source))

    async def aclose(self) -> None:
        """Stop following."""
        if self._keys is not None:
            await self._keys.aclose()


def _signed(token: str, keys: Sequence[VerificationKey]) -> tuple[VerificationKey, dict[str, Any]]:
    """Which of the keys has signed a token, and what it says. Raises `NotSigned` or `ValueError`."""
    parsed = parse(token)
    signer = next((key for key in keys if key.signed(parsed)), None)
    if signer is None:
        raise NotSigned
    return signer, json.loads(parsed.payload)


def _key_id(token: str) -> str | None:
    try:
        named = parse(token).headers().get("kid")
    except NotSigned:
        raise InvalidToken("This is not a signed token. Fetch one and try again.") from None
    return named if isinstance(named, str) else None


def _keys_of(settings: Settings) -> list[VerificationKey]:
    try:
        if settings.jwt_public_key:
            return [public_key(settings.jwt_public_key)]
        if settings.jwt_jwks_url:
            return []
        if settings.jwt_secret is not None:
            return [secret_key(settings.jwt_secret.get_secret_value())]
    except ValueError as error:
        name = "JWT_PUBLIC_KEY" if settings.jwt_public_key else "JWT_SECRET"
        raise SettingsError([f"{name} cannot be used: {error}."]) from None
    raise SettingsError(["Set JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL: API tokens are checked with it."])


def _claims(payload: dict[str, Any]) -> Claims:
    subject = payload.get("sub") or payload.get("id")
    if not isinstance(subject, str | int) or len(str(subject)) > 255 or not _storable(str(subject)):
        raise InvalidToken("This token does not say who you are: it needs a `sub` or an `id`.")
    role = payload.get("role") or payload.get("userType")

    def text(name: str, most: int) -> str | None:
        value = payload.get(name)
        return value[:most] if isinstance(value, str) and value and _storable(value) else None

    return Claims(
        subject=str(subject),
        email=text("email", 320),
        name=text("name", 200),
        role=None if role is None else ("admin" if role == "admin" else "member"),
        account=payload.get(ACCOUNT_CLAIM) is True,
        expires_at=float(payload["exp"]),
    )


def _storable(text: str) -> bool:
    """Whether a database can hold a text: it has no NUL and no half of a surrogate pair."""
    return re.search("[\x00\ud800-\udfff]", text) is None

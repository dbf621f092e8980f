"""OpenID Connect: an issuer's endpoints and keys, and what it says of somebody who signs in there.

The authorization code flow with PKCE, a nonce, and an ID token that one of the issuer's published keys has
signed (OpenID Connect Core 1.0, section 3.1; RFC 9700), and the way out again (RP-Initiated Logout 1.0).
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from fluxstudio.core.identity.jwks import RemoteKeys
from fluxstudio.errors import Unavailable
from fluxstudio.kit.http import Host, HttpClient, HttpError, origin
from fluxstudio.kit.jwk import NotSigned, parse
from fluxstudio.kit.pkce import challenge_of
from fluxstudio.settings import Settings

log = structlog.get_logger(__name__)

DISCOVERY_PATH = "/.well-known/openid-configuration"
DISCOVERY_SECONDS = 3600.0
ISSUER_SECONDS = 10.0
MAX_ISSUER_BYTES = 1024 * 1024
ID_TOKEN_LEEWAY_SECONDS = 60
SCOPES = ("openid", "profile", "email")
GROUPS = "groups"


class OpenIdAway(Unavailable):
    """The issuer does not answer."""

    def __init__(self) -> None:
        super().__init__("Single sign-on does not answer right now. Try again in a minute.")


class OpenIdRefused(Exception):
    """The issuer's answer does not prove who somebody is; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class OpenIdPerson:
    """Somebody as the issuer knows them. `email` is None unless the issuer has verified it."""

    issuer: str
    subject: str
    email: str | None
    name: str | None
    groups: frozenset[str]
    id_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenIdSession:
    """What signing out at an issuer needs of the sign-in there; None for an ID token that was not kept."""

    issuer: str
    id_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Endpoints:
    authorization: str
    token: str
    userinfo: str | None
    end_session: str | None
    by_header: bool
    issuer: str
    names_issuer: bool
    scopes: tuple[str, ...]
    fetched_at: float


class OpenIdIssuer:
    """One issuer, as the settings name it. Its endpoints are discovered, and looked up again every hour."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._client_id = settings.oidc_client_id
        secret = settings.oidc_client_secret
        self._secret = secret.get_secret_value() if secret is not None else ""
        self._wants_groups = bool(settings.oidc_admin_group)
        self._now = now
        self._discovery = self._client([settings.oidc_issuer])
        self._http: HttpClient | None = None
        self._keys: RemoteKeys | None = None
        self._keys_url = ""
        self._endpoints: _Endpoints | None = None

    def _client(self, urls: Sequence[str]) -> HttpClient:
        hosts = [Host(url, private=True) for url in urls]
        return HttpClient(hosts, seconds=ISSUER_SECONDS, most=MAX_ISSUER_BYTES)

    async def authorization_url(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where to send a browser. Raises `Unavailable` while the issuer cannot be reached."""
        endpoints = await self._discovered()
        fields = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(endpoints.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return _with_query(endpoints.authorization, fields)

    async def logout_url(self, session: OpenIdSession, return_uri: str, state: str) -> str | None:
        """Where to send a browser to sign out at the issuer as well; it comes back to `return_uri`.

        None where the issuer has no such endpoint, or is not the one the user signed in with.
        Raises `Unavailable` while it cannot be reached.
        """
        endpoints = await self._discovered()
        if endpoints.end_session is None or session.issuer != endpoints.issuer:
            return None
        hint = {"id_token_hint": session.id_token} if session.id_token else {}
        fields = {
            **hint,
            "client_id": self._client_id,
            "post_logout_redirect_uri": return_uri,
            "state": state,
        }
        return _with_query(endpoints.end_session, fields)

    async def person(
        self, answer: Mapping[str, str], redirect_uri: str, nonce: str, verifier: str
    ) -> OpenIdPerson:
        """Who came back with this answer. Raises `OpenIdRefused`, `OpenIdAway`."""
        endpoints = await self._discovered()
        named = answer.get("iss")
        if (named is not None and named != endpoints.issuer) or (named is None and endpoints.names_issuer):
            raise OpenIdRefused("the answer comes from another issuer (RFC 9207)")
        if "error" in answer or "code" not in answer:
            raise OpenIdRefused(f"the issuer answered {answer.get('error', 'without a code')[:80]}")
        tokens = await self._exchange(endpoints, answer["code"], redirect_uri, verifier)
        claims = await self._verified(endpoints, tokens.get("id_token"), nonce)
        more = await self._userinfo(endpoints, tokens.get("access_token"), claims["sub"])
        return _person(endpoints.issuer, {**more, **claims}, tokens["id_token"])

    async def _discovered(self) -> _Endpoints:
        present = self._endpoints
        if present is not None and time.monotonic() < present.fetched_at + DISCOVERY_SECONDS:
            return present
        try:
            answer = await self._discovery.request("GET", f"{self._issuer}{DISCOVERY_PATH}")
            document = answer.json() if answer.status == 200 else None
            endpoints, keys_url = self._read(document)
        except (HttpError, ValueError) as error:
            log.warning("openid_issuer_away", reason=str(error))
            if present is not None:
                return present
            raise OpenIdAway from None
        await self._follow(endpoints, keys_url)
        self._endpoints = endpoints
        return endpoints

    def _read(self, document: Any) -> tuple[_Endpoints, str]:
        """The endpoints in a discovery document, and where the keys are. Raises `ValueError`."""
        if not isinstance(document, dict):
            raise ValueError("the issuer has no discovery document")
        issuer = document.get("issuer")
        if not isinstance(issuer, str) or issuer.rstrip("/") != self._issuer:
            raise ValueError("the discovery document names another issuer")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        authorization, token, keys = (_address(document.get(name)) for name in names)
        userinfo = document.get("userinfo_endpoint")
        methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        offered = document.get("scopes_supported") or ()
        groups = (GROUPS,) if self._wants_groups and GROUPS in offered else ()
        endpoints = _Endpoints(
            authorization=authorization,
            token=token,
            userinfo=_address(userinfo) if userinfo else None,
            end_session=_optional_address(document.get("end_session_endpoint")),
            by_header="client_secret_basic" in methods,
            issuer=issuer,
            names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
            scopes=(*SCOPES, *groups),
            fetched_at=time.monotonic(),
        )
        return endpoints, keys

    async def _follow(self, endpoints: _Endpoints, keys_url: str) -> None:
        before, self._http = (
            self._http,
            self._client([endpoints.token, *([endpoints.userinfo] if endpoints.userinfo else [])]),
        )
        if before is not None:
            await before.aclose()
        if keys_url != self._keys_url:
            if self._keys is not None:
                await self._keys.aclose()
            self._keys, self._keys_url = RemoteKeys(keys_url), keys_url

    async def _exchange(
        self, endpoints: _Endpoints, code: str, redirect_uri: str, verifier: str
    ) -> Mapping[str, Any]:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if self._secret and endpoints.by_header:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields["client_id"] = self._client_id
            if self._secret:
                fields["client_secret"] = self._secret
        return await self._ask("POST", endpoints.token, headers, urlencode(fields).encode())

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Mapping[str, Any]:
        """The JSON object at one of the endpoints. Raises `OpenIdRefused`, `OpenIdAway`."""
        assert self._http is not None
        try:
            answer = await self._http.request(method, url, headers=headers, content=content)
            body = answer.json() if answer.status < 500 else None
        except HttpError as error:
            log.warning("openid_issuer_away", reason=str(error))
            raise OpenIdAway from None
        if answer.status >= 500:
            raise OpenIdAway
        if answer.status >= 400 or not isinstance(body, dict):
            problem = body.get("error") if isinstance(body, dict) else None
            raise OpenIdRefused(f"{urlsplit(url).path} answered {answer.status} {str(problem or '')[:80]}")
        return body

    async def _verified(self, endpoints: _Endpoints, token: Any, nonce: str) -> dict[str, Any]:
        """The claims of an ID token that is meant for us and for this sign-in."""
        assert self._keys is not None
        try:
            parsed = parse(token if isinstance(token, str) else "")
            kid = parsed.headers().get("kid")
            keys = await self._keys.candidates(kid if isinstance(kid, str) else None, "openid")
            if not any(key.signed(parsed) for key in keys):
                raise NotSigned
            claims: dict[str, Any] = json.loads(parsed.payload)
            JWTClaimsRegistry(
                now=lambda: int(self._now()),
                leeway=ID_TOKEN_LEEWAY_SECONDS,
                iss={"essential": True, "value": endpoints.issuer},
                aud={"essential": True, "value": self._client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (NotSigned, JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise OpenIdRefused(f"the ID token does not hold: {type(error).__name__}") from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise OpenIdRefused("the ID token was issued to another client")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise OpenIdRefused("the ID token names nobody")
        return claims

    async def _userinfo(self, endpoints: _Endpoints, token: Any, subject: str) -> Mapping[str, Any]:
        """What the issuer says of the person beside the ID token; nothing of anybody else."""
        if endpoints.userinfo is None or not isinstance(token, str):
            return {}
        try:
            claims = await self._ask("GET", endpoints.userinfo, {"authorization": f"Bearer {token}"})
        except OpenIdRefused as error:
            log.warning("openid_userinfo_refused", reason=error.reason)
            return {}
        return claims if claims.get("sub") == subject else {}

    async def aclose(self) -> None:
        """Close every connection to the issuer."""
        await self._discovery.aclose()
        if self._http is not None:
            await self._http.aclose()
        if self._keys is not None:
            await self._keys.aclose()


def openid_issuer(settings: Settings, now: Callable[[], float] = time.time) -> OpenIdIssuer | None:
    """The issuer that people sign in with; None where none is configured."""
    return OpenIdIssuer(settings, now) if settings.oidc_issuer and settings.oidc_client_id else None


def _address(value: Any) -> str:
    if not isinstance(value, str) or urlsplit(value).scheme not in {"http", "https"} or not origin(value):
        raise ValueError("the discovery document lacks an endpoint")
    return value


def _optional_address(value: Any) -> str | None:
    # An endpoint that signing in does without must not keep anybody from signing in.
    try:
        return _address(value)
    except ValueError:
        return None


def _with_query(url: str, fields: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"


def _person(issuer: str, claims: Mapping[str, Any], id_token: str) -> OpenIdPerson:
    def text(name: str, most: int) -> str | None:
        value = claims.get(name)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            return None
        return value.strip()[:most]

    groups = claims.get(GROUPS, ())
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    verified = claims.get("email_verified") in (True, "true")
    return OpenIdPerson(
        issuer=issuer,
        subject=claims["sub"],
        email=text("email", 320) if verified else None,
        name=text("name", 200) or text("preferred_username", 200),
        groups=frozenset(group for group in listed if isinstance(group, str)),
        id_token=id_token,
    )

"""How a provider's OAuth 2.0 is declared: endpoints, scopes, and where it strays from the RFC."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec

from fluxstudio.kit.http import HttpClient, Response

# Ten years: what an answer claims beyond that is as good as for ever.
MAX_TOKEN_SECONDS = 315_360_000.0


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission. `means` finishes the sentence “This lets you …” in plain words.

    An `optional` scope is not asked for, only used where it was given. `includes` names scopes that this one
    gives as well.
    """

    name: str
    means: str
    kind: Literal["read", "write"] = "read"
    optional: bool = False
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What a token endpoint gave us.

    `expires_in` and `refresh_expires_in` are seconds; None means that it does not expire. `scopes` is None
    when the provider does not say, which by RFC 6749 5.1 means "as asked for". `raw` is the whole answer.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_in: float | None = None
    refresh_expires_in: float | None = None
    scopes: tuple[str, ...] | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """An identity at the provider: a Figma user, a Slack workspace, a GitHub login.

    `id` is stable and unique at the provider. `name` is what a person calls the account, `person` who in it
    acts for us where that differs, `details` further JSON that operations or pages may use.
    """

    id: str
    name: str
    person: str | None = None
    avatar_url: str | None = None
    url: str | None = None
    email: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class OAuthRefused(Exception):
    """The provider's token endpoint said no. `error` is its code, as in RFC 6749 5.2."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description


def split_scopes(value: object) -> tuple[str, ...] | None:
    """The scopes in a answer's `scope`: a text split at spaces and commas, or a list. None without any."""
    if isinstance(value, list):
        value = " ".join(entry for entry in value if isinstance(entry, str))
    if isinstance(value, str) and value.strip():
        return tuple(part for part in value.replace(",", " ").split() if part)
    return None


def standard_token_answer(answer: Mapping[str, Any]) -> TokenAnswer:
    """Read a token answer as RFC 6749 5.1 describes it; an `error` counts whatever the HTTP status was.

    Raises `OAuthRefused` for an error answer and for one without an access token.
    """
    if answer.get("error"):
        raise OAuthRefused(str(answer["error"]), str(answer.get("error_description") or ""))
    token, refresh = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise OAuthRefused("invalid_response", "the answer holds no access token")
    return TokenAnswer(
        access_token=token,
        refresh_token=refresh if isinstance(refresh, str) and refresh else None,
        expires_in=_seconds(answer.get("expires_in")),
        refresh_expires_in=_seconds(answer.get("refresh_token_expires_in")),
        scopes=split_scopes(answer.get("scope")),
        raw=answer,
    )


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return min(seconds, MAX_TOKEN_SECONDS) if seconds > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """A provider's OAuth 2.0.

    URLs may begin with a host in braces (`{web}/oauth`), filled from the provider's `hosts`.
    `pkce` is True, False, or the name of the setting that switches it on (`"pkce"`: `SLACK_PKCE`).
    `refresh_form` gives the form of a refresh request; the default is RFC 6749 6.
    `read_token` turns a token endpoint's JSON into a `TokenAnswer` or raises `OAuthRefused`.
    `consent` counts how often the words of `scopes` came to allow more. A connection keeps the count that
    its person agreed to, so that whoever read earlier words is asked again before we do what those left out.
    `revocation` is the endpoint that ends a grant as RFC 7009 describes it; a provider that has a way of its
    own to be told with an access token declares `revoke` instead. With neither there is no way to end one.
    `declines_silently` says that a person who declines is never sent back to us.
    `dead_errors` are the answers to a refresh that mean the grant is gone for good.
    `issuer` is what an `iss` in the callback must equal (RFC 9207).
    `redirect_problem` says in a sentence why the provider would not send people back to an address, given
    whether PKCE is on; None where it would.
    """

    authorize: str
    token: str
    scopes: Sequence[Scope | str]
    consent: int = 0
    refresh: str | None = None
    refresh_form: Callable[[str], Mapping[str, str]] = lambda token: {
        "grant_type": "refresh_token",
        "refresh_token": token,
    }
    revocation: str | None = None
    revoke: Callable[[OAuthClient, str], Awaitable[None]] | None = None
    scope_separator: str = " "
    scope_param: str = "scope"
    authorize_params: Mapping[str, str] = field(default_factory=dict)
    pkce: bool | str = True
    client_auth: Literal["basic", "form"] = "basic"
    read_token: Callable[[Mapping[str, Any]], TokenAnswer] = standard_token_answer
    code_lives: timedelta = timedelta(minutes=10)
    declines_silently: bool = False
    dead_errors: Sequence[str] = ("invalid_grant",)
    issuer: str | None = None
    redirect_problem: Callable[[str, bool], str | None] = lambda redirect_uri, pkce: None

    @property
    def revocable(self) -> bool:
        """Whether the provider offers a way to end a grant."""
        return self.revoke is not None or self.revocation is not None

    def described_scopes(self) -> tuple[Scope, ...]:
        """Every declared scope; one declared by its bare name describes itself."""
        return tuple(
            Scope(entry, f"use {entry}") if isinstance(entry, str) else entry for entry in self.scopes
        )

    def asked_scopes(self) -> tuple[str, ...]:
        """The names of the scopes a connect asks for: all but the optional ones."""
        return tuple(scope.name for scope in self.described_scopes() if not scope.optional)

    def missing(self, required: Iterable[str], granted: Iterable[str]) -> list[str]:
        """Those of the needed scopes that the granted ones do not give, in their order."""
        granted_names = set(granted)
        lacking = [name for name in required if name not in granted_names]
        if not lacking:
            return lacking
        for scope in self.described_scopes():
            if scope.name in granted_names:
                granted_names.update(scope.includes)
        return [name for name in lacking if name not in granted_names]


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Our app at one provider: who we are there, and the way to its OAuth endpoints."""

    http: HttpClient = field(repr=False)
    oauth: OAuth2
    hosts: Mapping[str, str]
    client_id: str
    client_secret: str = field(repr=False)

    def url(self, template: str, **path: str) -> str:
        """A URL with its host and path fields filled in, each path field percent-encoded."""
        return template.format(**self.hosts, **{name: quote(value, safe="") for name, value in path.items()})

    async def request(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Any = None,
        basic: bool = False,
        bearer: str | None = None,
        seconds: float | None = None,
        **path: str,
    ) -> Response:
        """One request to an OAuth endpoint, as the app (`basic`) or with a token (`bearer`)."""
        headers = {"accept": "application/json"}
        content = None
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            content = urlencode(form).encode()
        elif json is not None:
            headers["content-type"] = "application/json"
            content = msgspec.json.encode(json)
        if basic:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif bearer is not None:
            headers["authorization"] = f"Bearer {bearer}"
        return await self.http.request(
            method, self.url(url, **path), headers=headers, content=content, seconds=seconds
        )

    async def exchange(self, code: str, redirect_uri: str, verifier: str | None) -> TokenAnswer:
        """Trade an authorization code for tokens. Raises `OAuthRefused` or an `HttpError`."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        if verifier is not None:
            form["code_verifier"] = verifier
        return await self._token(self.oauth.token, form, None)

    async def refresh(self, refresh_token: str, *, seconds: float | None = None) -> TokenAnswer:
        """Trade a refresh token for a new access token. Raises `OAuthRefused` or an `HttpError`."""
        form = dict(self.oauth.refresh_form(refresh_token))
        return await self._token(self.oauth.refresh or self.oauth.token, form, seconds)

    async def revoke(self, access_token: str, refresh_token: str | None = None) -> bool:
        """End the grant at the provider; False when the provider has no way to.

        By RFC 7009 2.1 the end of a refresh token ends its access tokens too, but not the other way about.
        Raises `OAuthRefused`, `TokenEndpointDown` or an `HttpError`.
        """
        if self.oauth.revoke is not None:
            await self.oauth.revoke(self, access_token)
        elif self.oauth.revocation is not None:
            kind = "access_token" if refresh_token is None else "refresh_token"
            form = {"token": refresh_token or access_token, "token_type_hint": kind}
            response = await self._authenticated(self.oauth.revocation, form, None)
            if response.status >= 400:
                raise OAuthRefused("revocation_refused", f"it answered {response.status}")
        return self.oauth.revocable

    async def _token(self, url: str, form: dict[str, str], seconds: float | None) -> TokenAnswer:
        response = await self._authenticated(url, form, seconds)
        answer = response.json()
        if not isinstance(answer, dict):
            raise OAuthRefused("invalid_response", "the answer is not a JSON object")
        if response.status >= 400 and not answer.get("error"):
            answer = {"error": "invalid_request", "error_description": str(answer.get("message") or "")[:200]}
        return self.oauth.read_token(answer)

    async def _authenticated(self, url: str, form: dict[str, str], seconds: float | None) -> Response:
        """A request to an endpoint that wants to know which app is asking, told in the declared way."""
        basic = self.oauth.client_auth == "basic" and bool(self.client_secret)
        if not basic:
            form["client_id"] = self.client_id
            if self.client_secret:
                form["client_secret"] = self.client_secret
        response = await self.request("POST", url, form=form, basic=basic, seconds=seconds)
        if response.status >= 500 or response.status == 429:
            raise TokenEndpointDown(response.status)
        return response


class TokenEndpointDown(Exception):
    """The token endpoint answered with a server error or asked us to slow down."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the token endpoint answered {status}")
        self.status = status

"""The simulated GitHub's token endpoint and the ways an app ends what it was given."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fluxstudio.kit.signatures import same, sha256
from fluxstudio.providers.github.simulator.answers import Problem, invalid
from fluxstudio.providers.github.simulator.api import KNOWN_SCOPES, with_included
from fluxstudio.providers.github.simulator.rest import stamp
from fluxstudio.providers.github.simulator.views import AccountDirectory
from fluxstudio.sdk.simulation import GrantRefused, Simulator
from fluxstudio.sdk.simulation.bodies import read_json

USER_TOKEN_SECONDS = 28_800
REFRESH_TOKEN_SECONDS = 15_811_200
MAX_LIVE_TOKENS = 10
TROUBLE = (
    "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/"
)
SAID = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
    "bad_verification_code": "The code passed is incorrect or expired.",
    "bad_refresh_token": "The refresh token passed is incorrect or expired.",
    "unsupported_grant_type": "The grant_type is not one this endpoint knows.",
}


class Authorization:
    """Codes for tokens, tokens for tokens, and their end.

    `world.data["app"]["kind"]` decides what sort of app is registered: an `oauth_app` gets `gho_` tokens that
    have scopes and do not expire, a `github_app` gets `ghu_` tokens without scopes that live 8 hours, with
    `ghr_` refresh tokens.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._grants = simulator.grants

    def web_routes(self) -> Sequence[BaseRoute]:
        """What github.com answers."""
        return [Route("/login/oauth/access_token", self._token, methods=["POST"])]

    def api_routes(self) -> Sequence[BaseRoute]:
        """What api.github.com answers."""
        return [
            Route("/applications/{client_id}/grant", self._end_grant, methods=["DELETE"]),
            Route("/applications/{client_id}/token", self._end_token, methods=["DELETE"]),
            Route("/applications/{client_id}/token", self._check_token, methods=["POST"]),
            Route("/applications/{client_id}/token", self._reset_token, methods=["PATCH"]),
            Route("/applications/{client_id}/token/scoped", self._scoped_token, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        form = await _fields(request)
        try:
            self._authenticate(request, form)
            answer = self._answer(form)
        except GrantRefused as refused:
            answer = {
                "error": refused.error,
                "error_description": SAID[refused.error],
                "error_uri": f"{TROUBLE}#{refused.error.replace('_', '-')}",
            }
        self._simulator.world.save()
        if "json" in request.headers.get("accept", ""):
            return JSONResponse(answer, headers={"cache-control": "no-store"})
        return Response(urlencode(answer), media_type="application/x-www-form-urlencoded")

    def _answer(self, form: Mapping[str, str]) -> dict[str, Any]:
        match form.get("grant_type", "authorization_code"):
            case "authorization_code":
                return self._from_code(form)
            case "refresh_token":
                return self._from_refresh_token(form)
            case _:
                raise GrantRefused("unsupported_grant_type")

    def _from_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        try:
            code = self._grants.redeem(
                form.get("code", ""),
                client_id=self._simulator.app_id,
                redirect_uri=form.get("redirect_uri"),
                verifier=form.get("code_verifier"),
            )
        except GrantRefused as refused:
            mismatch = refused.error == "bad_redirect_uri"
            raise GrantRefused("redirect_uri_mismatch" if mismatch else "bad_verification_code") from None
        return self._issued(code["account"], _normalised(code["scopes"]))

    def _from_refresh_token(self, form: Mapping[str, str]) -> dict[str, Any]:
        token = self._grants.live(form.get("refresh_token", ""), "refresh")
        if token is None:
            raise GrantRefused("bad_refresh_token")
        self._grants.remove(family=token["family"])
        return self._issued(token["account"], [])

    def _issued(self, account: str, scopes: Sequence[str]) -> dict[str, Any]:
        of_app = self._simulator.world.data["app"]["kind"] == "github_app"
        family = secrets.token_hex(8)
        shared: dict[str, Any] = {
            "family": family,
            "account": account,
            "client_id": self._simulator.app_id,
            "scopes": [] if of_app else list(scopes),
            "of_app": of_app,
        }
        lives = USER_TOKEN_SECONDS if of_app else None
        access = self._grants.issue("access", prefix="ghu_" if of_app else "gho_", lives=lives, **shared)
        self._forget_oldest(shared)
        answer = {"access_token": access, "token_type": "bearer", "scope": ",".join(shared["scopes"])}
        if not of_app:
            return answer
        refresh = self._grants.issue("refresh", prefix="ghr_", lives=REFRESH_TOKEN_SECONDS, **shared)
        expiry = {"expires_in": USER_TOKEN_SECONDS, "refresh_token_expires_in": REFRESH_TOKEN_SECONDS}
        return {**answer, "refresh_token": refresh, **expiry}

    def _forget_oldest(self, like: Mapping[str, Any]) -> None:
        """Ten tokens for each person, app and set of scopes; an eleventh ends the first."""
        identity = ("account", "client_id", "scopes")
        families = [
            token["family"]
            for token in self._grants.tokens.values()
            if token["kind"] == "access" and all(token[name] == like[name] for name in identity)
        ]
        for family in families[:-MAX_LIVE_TOKENS]:
            self._grants.remove(family=family)

    async def _end_grant(self, request: Request) -> Response:
        return await self._end(request, ("account", "client_id"))

    async def _end_token(self, request: Request) -> Response:
        return await self._end(request, ("family",))

    async def _check_token(self, request: Request) -> Response:
        """Whose a token is, as long as it is live."""
        try:
            token, value = await self._token_in(request)
            if self._grants.live(value, "access") is None:
                raise Problem(404, "Not Found")
        except Problem as problem:
            return JSONResponse(problem.body, problem.status)
        return JSONResponse(self._authorization(token, value))

    async def _reset_token(self, request: Request) -> Response:
        """Another token in place of one, with all that it may do."""
        try:
            token, value = await self._token_in(request)
        except Problem as problem:
            return JSONResponse(problem.body, problem.status)
        fresh = value[:4] + secrets.token_urlsafe(30)
        self._grants.tokens[fresh] = self._grants.tokens.pop(value)
        self._simulator.world.save()
        return JSONResponse(self._authorization(token, fresh))

    async def _scoped_token(self, request: Request) -> Response:
        """A token of a GitHub App's user for some repositories and permissions of one account."""
        try:
            token, _ = await self._token_in(request)
            wanted = read_json(await request.body())
            target = wanted.get("target") or self._login_of(wanted.get("target_id"))
            if not isinstance(target, str) or target not in self._simulator.world.data["people"]:
                raise invalid("OauthApplication", "target", "missing_field")
            if not token["of_app"]:
                raise Problem(404, "Not Found")
        except Problem as problem:
            return JSONResponse(problem.body, problem.status)
        value = f"ghu_{secrets.token_urlsafe(30)}"
        self._grants.tokens[value] = {**token}
        self._simulator.world.save()
        answer = self._authorization(token, value)
        urls = [self._simulator.url(role) for role in ("api", "web", "avatars")]
        permissions = wanted.get("permissions")
        answer["installation"] = {
            "permissions": permissions if isinstance(permissions, dict) else {"contents": "write"},
            "repository_selection": "selected" if wanted.get("repositories") else "all",
            "single_file_name": None,
            "repositories_url": f"{urls[0]}/user/repos",
            "account": AccountDirectory(self._simulator.world.data, *urls).simple(target),
        }
        return JSONResponse(answer)

    def _login_of(self, number: Any) -> str | None:
        people = self._simulator.world.data["people"].values()
        return next((person["login"] for person in people if person["id"] == number), None)

    def _authorization(self, token: Mapping[str, Any], value: str) -> dict[str, Any]:
        urls = [self._simulator.url(role) for role in ("api", "web", "avatars")]
        user = AccountDirectory(self._simulator.world.data, *urls).simple(token["account"])
        number, now = int(sha256(value).hex()[:7], 16), stamp(self._simulator.clock.now())
        expires = token["expires_at"]
        return {
            "id": number,
            "url": f"{urls[0]}/authorizations/{number}",
            "scopes": token["scopes"] or None,
            "token": value,
            "token_last_eight": value[-8:],
            "hashed_token": sha256(value).hex(),
            "app": {"client_id": self._simulator.app_id, "name": "FluxStudio Integrations", "url": urls[1]},
            "note": None,
            "note_url": None,
            "updated_at": now,
            "created_at": now,
            "fingerprint": None,
            "expires_at": stamp(expires) if expires is not None else None,
            "user": user,
        }

    async def _end(self, request: Request, like: Sequence[str]) -> Response:
        """End every token that is like the named one in these respects."""
        try:
            token, _ = await self._token_in(request)
        except Problem as problem:
            return JSONResponse(problem.body, problem.status)
        self._grants.remove(**{name: token[name] for name in like})
        self._simulator.world.save()
        return Response(status_code=204)

    async def _token_in(self, request: Request) -> tuple[Mapping[str, Any], str]:
        if request.path_params["client_id"] != self._simulator.app_id:
            raise Problem(404, "Not Found")
        try:
            self._authenticate(request, {})
        except GrantRefused:
            raise Problem(401, "Requires authentication") from None
        try:
            value = str(read_json(await request.body())["access_token"])
        except (ValueError, LookupError, TypeError):
            raise invalid("OauthApplication", "access_token", "missing_field") from None
        token = self._grants.tokens.get(value)
        if token is None:
            raise Problem(404, "Not Found")
        return token, value

    def _authenticate(self, request: Request, form: Mapping[str, str]) -> None:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                pair = base64.b64decode(value, validate=True).decode()
            except ValueError:
                pair = ""
            name, _, secret = (unquote(part) for part in pair.partition(":"))
        if not same(name, self._simulator.app_id) or not same(secret, self._simulator.app_secret):
            raise GrantRefused("incorrect_client_credentials")


async def _fields(request: Request) -> dict[str, str]:
    """What a token request says: in the query, as a form, or as JSON, which GitHub's own clients send."""
    body, fields = await request.body(), dict(request.query_params)
    if "json" not in request.headers.get("content-type", ""):
        return fields | dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        sent = read_json(body or b"{}")
    except ValueError:
        sent = {}
    texts = sent.items() if isinstance(sent, dict) else ()
    return fields | {str(name): value for name, value in texts if isinstance(value, str)}


def _normalised(scopes: Sequence[str]) -> list[str]:
    """The known ones of these scopes, without those that another of them includes."""
    requested = [scope for scope in dict.fromkeys(scopes) if scope in KNOWN_SCOPES]
    return [
        scope
        for scope in requested
        if not any(scope in with_included([other]) for other in requested if other != scope)
    ]

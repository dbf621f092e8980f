"""Figma's token endpoints.

A code lives 30 seconds and an access token 90 days. A refresh token can be used again and again and is not
repeated in the answer. One access token lives for each app and Figma user: a new one ends the one before
(developers.figma.com/docs/rest-api/authentication, read 2026-11-22).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fluxstudio.kit.signatures import same
from fluxstudio.sdk.simulation import GrantRefused, Simulator
from fluxstudio.sdk.simulation.bodies import read_form

ACCESS_TOKEN_SECONDS = 90 * 86400
SCOPES = frozenset(
    {"current_user:read", "projects:read", "project_metadata:read", "folders:read", "folder_metadata:read"}
    | {"file_metadata:read", "file_content:read", "file_versions:read", "files:read"}
    | {"file_comments:read", "file_comments:write", "file_variables:read", "file_variables:write"}
    | {"file_dev_resources:read", "file_dev_resources:write", "library_analytics:read"}
    | {"library_assets:read", "library_content:read", "team_library_content:read"}
    | {"webhooks:read", "webhooks:write"}
)


SAID = {
    "bad_code": "Invalid authorization code",
    "used_code": "Invalid authorization code",
    "bad_redirect_uri": "Redirect URI does not match the one of the authorization code",
    "bad_verifier": "Code verifier does not match the code challenge",
}


class Invalid(Exception):
    """The token endpoint says no, in Figma's words."""


class TokenEndpoints:
    """`/v1/oauth/token` and `/v1/oauth/refresh` of a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._grants = simulator.grants

    def routes(self) -> list[Route]:
        """Both endpoints."""
        return [
            Route("/v1/oauth/token", self._served(self._token), methods=["POST"]),
            Route("/v1/oauth/refresh", self._served(self._refresh), methods=["POST"]),
        ]

    def former_routes(self) -> list[Route]:
        """The same at the address that clients had before, below www.figma.com (read 2026-11-30)."""
        return [
            Route("/api/oauth/token", self._served(self._token), methods=["POST"]),
            Route("/api/oauth/refresh", self._served(self._refresh), methods=["POST"]),
        ]

    def _served(self, answer: Callable[[FormData], dict[str, Any]]) -> Callable[..., Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            try:
                form = await _form(request)
                self._check_app(request.headers.get("authorization", ""))
                response = answer(form)
            except Invalid as error:
                refused = {"error": True, "status": 400, "message": str(error), "i18n": None}
                return JSONResponse(refused, 400)
            self._simulator.world.save()
            return JSONResponse(response, headers={"cache-control": "no-store"})

        return serve

    def _token(self, form: FormData) -> dict[str, Any]:
        kind = _field(form, "grant_type")
        if kind == "refresh_token":
            return self._refresh(form)
        if kind != "authorization_code":
            raise Invalid("Parameter grant_type is not supported")
        verifier = form.get("code_verifier")
        try:
            allowed = self._grants.redeem(
                _field(form, "code"),
                client_id=self._simulator.app_id,
                redirect_uri=_field(form, "redirect_uri"),
                verifier=verifier if isinstance(verifier, str) else None,
            )
        except GrantRefused as refused:
            raise Invalid(SAID[refused.error]) from None
        account, scopes = allowed["account"], allowed["scopes"]
        answer = self._issue(account, scopes)
        answer["refresh_token"] = self._new("refresh", "figur_", account, scopes, None)
        return {**answer, "user_id_string": account}

    def _refresh(self, form: FormData) -> dict[str, Any]:
        grant = self._grants.live(_field(form, "refresh_token"), "refresh")
        if grant is None:
            raise Invalid("Invalid refresh token")
        return self._issue(grant["account"], grant["scopes"])

    def _issue(self, account: str, scopes: list[str]) -> dict[str, Any]:
        self._grants.remove(kind="access", account=account, client_id=self._simulator.app_id)
        token = self._new("access", "figu_", account, scopes, ACCESS_TOKEN_SECONDS)
        return {"access_token": token, "token_type": "bearer", "expires_in": ACCESS_TOKEN_SECONDS}

    def _new(self, kind: str, prefix: str, account: str, scopes: list[str], lives: float | None) -> str:
        return self._grants.issue(
            kind,
            prefix=prefix,
            family=account,
            account=account,
            client_id=self._simulator.app_id,
            scopes=scopes,
            lives=lives,
        )

    def _check_app(self, authorization: str) -> None:
        kind, _, value = authorization.partition(" ")
        if kind.lower() != "basic":
            raise Invalid("Invalid client credentials")
        try:
            app_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Invalid("Invalid client credentials") from None
        app_id, secret = unquote(app_id), unquote(secret)
        if not same(app_id, self._simulator.app_id) or not same(secret, self._simulator.app_secret):
            raise Invalid("Invalid client credentials")


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid(f"Parameter {name} is required")
    return value


async def _form(request: Request) -> FormData:
    try:
        return await read_form(request)
    except ValueError:
        raise Invalid("Invalid request body") from None

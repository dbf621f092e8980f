"""A simulated Linear with rotating refresh tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fluxstudio.sdk.simulation import AccountChoice, GrantRefused, Simulator


class LinearSimulator(Simulator):
    """Two people, one team, and tokens of an hour whose refresh kills both of the old ones."""

    name = "Linear"
    hosts: ClassVar = {"web": "linear.example", "api": "api.linear.example"}
    authorize_path = "/oauth/authorize"
    app_id = "simulated-linear"
    app_secret = "simulated-secret"
    lives = 3600.0

    def seed(self) -> dict[str, Any]:
        return {"issues": [{"id": f"i{number}", "title": f"Issue {number}"} for number in range(5)]}

    def choices(self) -> Sequence[AccountChoice]:
        return (AccountChoice("lin_ada", "Ada Park"), AccountChoice("lin_mei", "Mei Lin"))

    def routes(self) -> Mapping[str, Sequence[BaseRoute]]:
        api = [
            Route("/oauth/token", self._token, methods=["POST"]),
            Route("/oauth/revoke", self._revoke_token, methods=["POST"]),
            Route("/me", self._me),
            Route("/issues", self._issues, methods=["GET", "POST"]),
        ]
        return {"linear.example": [], "api.linear.example": api}

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        try:
            if form.get("grant_type") == "refresh_token":
                return self._refreshed(str(form.get("refresh_token")))
            result = self.grants.redeem(
                str(form.get("code")),
                client_id=self.app_id,
                redirect_uri=str(form.get("redirect_uri")),
                verifier=str(form.get("code_verifier")),
            )
        except GrantRefused as refused:
            return JSONResponse({"error": "invalid_grant", "error_description": refused.error}, 400)
        family = f"f{len(self.grants.tokens)}"
        return self._issued(family, result["account"], result["scopes"])

    def _refreshed(self, value: str) -> Response:
        token = self.grants.live(value, "refresh")
        if token is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.grants.remove(family=token["family"])
        return self._issued(token["family"], token["account"], token["scopes"])

    def _issued(self, family: str, account: str, scopes: list[str]) -> Response:
        common: dict[str, Any] = {
            "family": family,
            "account": account,
            "client_id": self.app_id,
            "scopes": scopes,
        }
        answer = {
            "access_token": self.grants.issue("access", prefix="lin_a_", lives=self.lives, **common),
            "refresh_token": self.grants.issue("refresh", prefix="lin_r_", lives=None, **common),
            "expires_in": self.lives,
            "scope": ",".join(scopes),
        }
        self.world.save()
        return JSONResponse(answer)

    def _caller(self, request: Request) -> dict[str, Any] | None:
        return self.grants.live(request.headers.get("authorization", "").removeprefix("Bearer "), "access")

    async def _revoke_token(self, request: Request) -> Response:
        token = self._caller(request)
        if token is None:
            return JSONResponse({"error": "unauthorized"}, 401)
        self.grants.remove(account=token["account"])
        return JSONResponse({"success": True})

    async def _me(self, request: Request) -> Response:
        token = self._caller(request)
        if token is None:
            return JSONResponse({"error": "unauthorized"}, 401)
        name = next(choice.name for choice in self.choices() if choice.id == token["account"])
        return JSONResponse({"id": token["account"], "name": name})

    async def _issues(self, request: Request) -> Response:
        if self._caller(request) is None:
            return JSONResponse({"error": "unauthorized"}, 401)
        if request.method == "GET":
            return JSONResponse(self.world.data["issues"])
        issues = self.world.data["issues"]
        issues.insert(0, {"id": f"i{len(issues)}", "title": (await request.json())["title"]})
        self.world.save()
        return JSONResponse(issues[0], 201)

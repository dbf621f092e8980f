"""A simulated Figma: three people to be, two teams and ten files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.simulator import seed, webhook_sender
from fluxstudio.providers.figma.simulator.api import FigmaRefusal, refused
from fluxstudio.providers.figma.simulator.endpoints import ENDPOINTS
from fluxstudio.providers.figma.simulator.oauth import SCOPES, TokenEndpoints
from fluxstudio.providers.figma.simulator.web import Web
from fluxstudio.sdk.simulation import (
    AccountChoice,
    ConsentRequest,
    OutgoingWebhook,
    Simulator,
    WebhookSender,
    message_page,
)
from fluxstudio.sdk.simulation.control import control_body, control_route


class FigmaSimulator(Simulator):
    """Figma's consent page, token endpoints and API, its file browser, and the pictures of it all."""

    name = "Figma"
    hosts = MappingProxyType({"web": "www.figma.com", "api": "api.figma.com", "images": "s3-alpha.figma.com"})
    authorize_path = "/oauth"
    code_lives = 30
    app_id = "simulated-figma"
    app_secret = "simulated-secret"  # noqa: S105 - as public as this file

    def seed(self) -> dict[str, Any]:
        return seed.world(self.clock.now())

    def choices(self) -> Sequence[AccountChoice]:
        users = self.world.data["users"]
        return [
            AccountChoice(key, users[key]["handle"], users[key]["email"])
            for key in [key for key in (seed.ADA, seed.TOMAS, seed.MEI) if key in users] or users
        ]

    def routes(self) -> Mapping[str, Sequence[BaseRoute]]:
        pages = Web(self)
        return {
            self.hosts["web"]: [*pages.pages(), *TokenEndpoints(self).former_routes()],
            self.hosts["api"]: [
                *TokenEndpoints(self).routes(),
                *(endpoint.route(self) for endpoint in ENDPOINTS),
            ],
            self.hosts["images"]: pages.pictures(),
        }

    def unknown(self, host: str, request: Request) -> Response:
        if host == self.hosts["api"]:
            return refused(FigmaRefusal(404, "Not found"))
        return super().unknown(host, request)

    def broken(self, host: str, request: Request) -> Response:
        if host == self.hosts["api"]:
            return refused(FigmaRefusal(500, "Internal server error"))
        return super().broken(host, request)

    def refusal(self, ask: ConsentRequest) -> str | None:
        """Scope and state are required (developers.figma.com, “Authentication”, read 2026-11-29)."""
        missing = [name for name, value in (("scope", ask.scopes), ("state", ask.state)) if not value]
        return f"Parameter {missing[0]} is required." if missing else None

    def controls(self) -> Sequence[BaseRoute]:
        return [control_route("/personal_tokens", self._personal_token, ("POST",))]

    async def _personal_token(self, request: Request) -> Response:
        """POST `{user, scopes}`: a personal access token of somebody's, for `X-Figma-Token`."""
        body = await control_body(request)
        user, scopes = str(body.get("user", seed.ADA)), list(body.get("scopes", sorted(SCOPES)))
        if user not in self.world.data["users"] or not set(scopes) <= SCOPES:
            raise ValueError("user is somebody's id, and scopes are Figma's")
        token = self.grants.issue(
            "access",
            prefix="figd_",
            family=user,
            account=user,
            client_id="personal",
            scopes=scopes,
            lives=None,
            personal=True,
        )
        self.world.save()
        return JSONResponse({"token": token})

    def unknown_scopes(self, scopes: Sequence[str]) -> Sequence[str]:
        return [scope for scope in scopes if scope not in SCOPES]

    def write(self, outgoing: OutgoingWebhook, number: int, reason: str) -> tuple[Mapping[str, str], bytes]:
        return webhook_sender.signed(outgoing, number)

    def sending(self) -> WebhookSender:
        return webhook_sender.sending(self)

    def happen(self, event_request: Mapping[str, Any]) -> Sequence[OutgoingWebhook]:
        """`{event, file, by}`: somebody (Ada Park where nobody is named) does it to a file."""
        return webhook_sender.change(
            self,
            str(event_request["event"]),
            str(event_request["file"]),
            str(event_request.get("by", seed.ADA)),
        )

    def follow_everything(self, address: str) -> None:
        """A webhook for each kind of event in each team."""
        world = self.world.data
        kinds = figma.webhooks.events if figma.webhooks is not None else ()
        for team in world["teams"]:
            for kind in kinds:
                key = f"{team}-{kind}"
                about = {"id": key, "event_type": kind, "context": "TEAM", "context_id": team}
                where = {"status": "ACTIVE", "endpoint": address, "passcode": "x" * 32}
                world["webhooks"][key] = {**about, **where}

    def denied(self, ask: ConsentRequest) -> Response:
        """Figma leaves a person who declines where they are: the app hears nothing."""
        return message_page(
            self.name,
            "Access was not granted",
            "You can close this page. Figma does not send you back to the app that asked.",
        )

"""A simulated Figma: three people to be, two teams and ten files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.simulator import seed, webhook_sender
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
            for key in (seed.ADA, seed.TOMAS, seed.MEI)
        ]

    def routes(self) -> Mapping[str, Sequence[BaseRoute]]:
        pages = Web(self)
        return {
            self.hosts["web"]: pages.pages(),
            self.hosts["api"]: [
                *TokenEndpoints(self).routes(),
                *(endpoint.route(self) for endpoint in ENDPOINTS),
            ],
            self.hosts["images"]: pages.pictures(),
        }

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

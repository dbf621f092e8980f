"""GitHub, simulated."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from fluxstudio.providers.github.simulator.accounts import AccountEndpoints
from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.code.branches import Branches
from fluxstudio.providers.github.simulator.code.contents import Contents
from fluxstudio.providers.github.simulator.code.merging import Merging
from fluxstudio.providers.github.simulator.code.objects import GitObjects
from fluxstudio.providers.github.simulator.code.pulls import Pulls
from fluxstudio.providers.github.simulator.comments import Comments
from fluxstudio.providers.github.simulator.events import happen
from fluxstudio.providers.github.simulator.graphql import GraphQL
from fluxstudio.providers.github.simulator.issues import Issues
from fluxstudio.providers.github.simulator.labels import LabelEndpoints
from fluxstudio.providers.github.simulator.oauth import Authorization
from fluxstudio.providers.github.simulator.rest import ENTERPRISE, Rest
from fluxstudio.providers.github.simulator.sample_code import put_code
from fluxstudio.providers.github.simulator.searching import Searching
from fluxstudio.providers.github.simulator.seed import sample_source, seeded
from fluxstudio.providers.github.simulator.web import Pages
from fluxstudio.providers.github.simulator.webhook_sender import hooks_of, signed
from fluxstudio.providers.github.simulator.webhooks import WebhookEndpoints
from fluxstudio.sdk.simulation import AccountChoice, OutgoingWebhook, Simulator
from fluxstudio.sdk.simulation.control import control_body, control_route
from fluxstudio.sdk.simulation.redirects import Match, at_or_below_on_any_loopback_port

API = (
    *(Rest, Comments, LabelEndpoints, Issues, AccountEndpoints, Searching),
    *(Contents, GitObjects, Branches, Pulls, Merging, WebhookEndpoints),
)
SAMPLE_PEOPLE = ("ada-park", "jonah-reed", "priya-nair")
KINDS = ("oauth_app", "github_app")


class GitHubSimulator(Simulator):
    """GitHub's OAuth, the part of its REST API that we use, and pages to look at.

    `POST {web}/_control/app {"kind": "github_app"}` makes our app one whose tokens expire and are refreshed;
    `oauth_app` makes it one whose tokens do not. Rate limit buckets are `core` (per account and hour) and
    `content` (writes per account and minute).
    """

    name = "GitHub"
    hosts: ClassVar[Mapping[str, str]] = {
        "web": "github.com",
        "api": "api.github.com",
        "avatars": "avatars.githubusercontent.com",
    }
    authorize_path = "/login/oauth/authorize"
    app_id = "simulated-github"
    app_secret = "simulated-secret"  # noqa: S105 - obviously not one

    def __init__(self, file: Path | None = None) -> None:
        super().__init__(file)
        for repository in self.world.data["repositories"].values():
            if "git" not in repository:
                # A world kept by a version that knew commits by their ids alone.
                put_code(repository, self.world.data["people"])

    def seed(self) -> dict[str, Any]:
        return seeded(sample_source())

    def seeded(self) -> dict[str, Any]:
        return seeded({**sample_source(), **copy.deepcopy(self.own_seed)})

    def seed_sample(self) -> Mapping[str, Any]:
        return sample_source()

    def choices(self) -> Sequence[AccountChoice]:
        people = self.world.data["people"]
        return [
            AccountChoice(login, f"{people[login]['name']} · {login}", people[login]["bio"])
            for login in [login for login in SAMPLE_PEOPLE if login in people]
            or [login for login, person in people.items() if person["type"] == "User"]
        ]

    def routes(self) -> Mapping[str, Sequence[BaseRoute]]:
        authorization, pages, graphql = Authorization(self), Pages(self), GraphQL(self).routes()
        api = [
            *authorization.api_routes(),
            *(route for part in API for route in part(self).routes()),
            *graphql,
        ]
        return {
            self.hosts["web"]: [
                # As Enterprise Server has it, where all is below one host.
                Mount(ENTERPRISE, routes=[*api, Mount("/", self._unknown_below)]),
                Mount("/api", routes=list(graphql)),
                *authorization.web_routes(),
                *pages.web_routes(),
            ],
            self.hosts["api"]: api,
            self.hosts["avatars"]: pages.avatar_routes(),
        }

    async def _unknown_below(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _answer_of(Problem(404, "Not Found"))(scope, receive, send)

    def write(self, outgoing: OutgoingWebhook, number: int, reason: str) -> tuple[Mapping[str, str], bytes]:
        return signed(self, outgoing)

    def happen(self, event_request: Mapping[str, Any]) -> Sequence[OutgoingWebhook]:
        return happen(self, event_request)

    def follow_everything(self, address: str) -> None:
        """A webhook for everything in every repository."""
        for number, repository in enumerate(self.world.data["repositories"].values(), 900_001):
            hooks_of(self)[str(number)] = {
                "id": number,
                "repository": repository["id"],
                "events": ["*"],
                "active": True,
                "url": address,
                "content_type": "json",
                "insecure_ssl": "0",
                "secret": "",
            }

    def controls(self) -> Sequence[BaseRoute]:
        return [control_route("/app", self._app, ("GET", "POST"))]

    def redirect_match(self) -> Match:
        """As docs.github.com “Authorizing OAuth apps” says of redirect URLs (read 2026-11-29)."""
        return at_or_below_on_any_loopback_port

    def default_redirect(self) -> str:
        """The callback URL of the app (docs.github.com “Authorizing OAuth apps”, read 2026-11-30)."""
        return next(iter(self.redirects.registered), "")

    def unknown(self, host: str, request: Request) -> Response:
        if host == self.hosts["api"]:
            return _answer_of(Problem(404, "Not Found"))
        return super().unknown(host, request)

    def broken(self, host: str, request: Request) -> Response:
        if host == self.hosts["api"] or request.url.path.startswith(f"/{host}/api/"):
            return _answer_of(Problem(500, "Server Error"))
        return super().broken(host, request)

    def renewable(self, enabled: bool) -> bool:
        self.world.data["app"]["kind"] = "github_app" if enabled else "oauth_app"
        return enabled

    async def _app(self, request: Request) -> Response:
        if request.method == "POST":
            kind = (await control_body(request)).get("kind")
            if kind not in KINDS:
                return JSONResponse({"error": f"kind is one of {', '.join(KINDS)}"}, 400)
            self.world.data["app"]["kind"] = kind
            self.world.save()
        return JSONResponse(self.world.data["app"])


def _answer_of(problem: Problem) -> Response:
    return JSONResponse(problem.body, problem.status)

"""The door to the simulated API: who may call what, how often, and how Figma says no."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fluxstudio.providers.figma.declaration import LIMITS
from fluxstudio.sdk import Limit
from fluxstudio.sdk.simulation import Simulator
from fluxstudio.sdk.simulation.bodies import read_json

# A demonstration should not run dry where a person would not: this many times what Figma grants.
ROOM = 10
FORMER_NAME = "files:read"
WITHOUT_FORMER_NAME = frozenset({"file_variables:read", "file_dev_resources:read", "project_metadata:read"})


class FigmaRefusal(Exception):
    """Figma says no."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True, slots=True)
class FigmaCall:
    """A call that was let in: by whom, with which body, and the world it meets."""

    simulator: Simulator
    request: Request
    user_id: str
    client_id: str | None
    body: dict[str, Any]

    @property
    def world(self) -> dict[str, Any]:
        """The simulator's data."""
        return self.simulator.world.data

    def body_text(self, name: str) -> str:
        """A field of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """A field of the query."""
        return self.request.query_params.get(name, default)

    def team(self, team_id: str) -> dict[str, Any]:
        """A team this person is in."""
        team: dict[str, Any] | None = self.world["teams"].get(team_id)
        if team is None or self.user_id not in team["members"]:
            raise FigmaRefusal(403, "You do not have access to this team")
        return team

    def project(self, project_id: str) -> dict[str, Any]:
        """A project of a team this person is in."""
        project: dict[str, Any] | None = self.world["projects"].get(project_id)
        if project is None or self.user_id not in self.world["teams"][project["team"]]["members"]:
            raise FigmaRefusal(403, "You do not have access to this project")
        return project

    def file(self, key: str) -> dict[str, Any]:
        """A file of a team this person is in."""
        file: dict[str, Any] | None = self.world["files"].get(key)
        if file is None or self.user_id not in self.team_of(file)["members"]:
            raise FigmaRefusal(404, "Not found")
        return file

    def team_of(self, file: dict[str, Any]) -> dict[str, Any]:
        """The team a file belongs to."""
        team: dict[str, Any] = self.world["teams"][self.world["projects"][file["project"]]["team"]]
        return team

    def new_id(self) -> str:
        """A number nobody has had yet."""
        self.world["last_id"] += 1
        return str(self.world["last_id"])


Answer = Callable[[FigmaCall], Any]


@dataclass(frozen=True, slots=True)
class FigmaRoute:
    """One call of the API; `flagged` statuses are refused as `{error: true, message}` instead of `{err}`."""

    method: str
    path: str
    answer: Answer
    scope: str
    tier: int
    flagged: frozenset[int] = field(default_factory=frozenset)

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes of which one is needed; `files:read` is the former name of reading most things."""
        is_read = self.method == "GET" and self.scope not in WITHOUT_FORMER_NAME
        is_listing = self.path == "/v2/webhooks"
        return frozenset({self.scope, FORMER_NAME} if is_read and not is_listing else {self.scope})

    def route(self, simulator: Simulator) -> Route:
        """This endpoint at a simulator."""

        async def serve(request: Request) -> Response:
            try:
                call = await _let_in(simulator, self, request)
                answer = self.answer(call)
            except FigmaRefusal as refusal:
                return refused(refusal, flagged=refusal.status in self.flagged)
            if self.method != "GET":
                simulator.world.save()
            return Response(None) if answer is None else JSONResponse(answer)

        return Route(self.path, serve, methods=[self.method])


async def _let_in(simulator: Simulator, endpoint: FigmaRoute, request: Request) -> FigmaCall:
    token = _token(simulator, request)
    if token is None:
        raise FigmaRefusal(403, "Invalid token")
    if not endpoint.scopes & set(token["scopes"]):
        scope_names = ", ".join(token["scopes"])
        raise FigmaRefusal(
            403, f"Invalid scope(s): {scope_names}. This endpoint requires the {endpoint.scope} scope"
        )
    _count(simulator, f"{token['client_id']}:{token['account']}", endpoint.tier)
    return FigmaCall(simulator, request, token["account"], token["client_id"], await _body(request))


def _token(simulator: Simulator, request: Request) -> dict[str, Any] | None:
    """The token of an app, or one that a person made for their own programs (`X-Figma-Token`)."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        token = simulator.grants.live(value, "access")
        return token if token is not None and not token.get("personal") else None
    personal = simulator.grants.live(request.headers.get("x-figma-token", ""), "access")
    return personal if personal is not None and personal.get("personal") else None


def _count(simulator: Simulator, key: str, tier: int) -> None:
    bucket = f"tier{tier}"
    limit = Limit(LIMITS[bucket].calls * ROOM, LIMITS[bucket].seconds)
    status = simulator.budgets.spend(bucket, key, limit)
    if not status.allowed:
        raise FigmaRefusal(
            429,
            "Rate limit exceeded",
            retry_after=str(max(1, math.ceil(status.resets_in))),
            x_figma_plan_tier="enterprise",
            x_figma_rate_limit_type="high",
            x_figma_upgrade_link="https://www.figma.com/files?api_paywall=true",
        )


async def _body(request: Request) -> dict[str, Any]:
    if request.method not in {"POST", "PUT"}:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise FigmaRefusal(400, "Request body must be JSON")
    try:
        body = read_json(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise FigmaRefusal(400, "Request body must be a JSON object")
    return body


def refused(refusal: FigmaRefusal, *, flagged: bool = False) -> Response:
    """What Figma answers where it says no."""
    body: dict[str, Any] = {"status": refusal.status}
    body |= {"error": True, "message": refusal.message} if flagged else {"err": refusal.message}
    return JSONResponse(body, refusal.status, refusal.headers)

"""What a test says to a simulator itself, below `/_control` of its web host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fluxstudio.sdk.limits import Limit
from fluxstudio.sdk.simulation.bodies import read_json
from fluxstudio.sdk.simulation.faults import Fault
from fluxstudio.sdk.simulation.ports import SimulatorState

Handler = Callable[[Request], Awaitable[Response]]

# Clocks are moved to see tokens and windows end; further away there are no dates.
FURTHEST_SECONDS = 100 * 365 * 86_400.0


class LoweredLimit(BaseModel):
    """A rate limit that takes the place of the usual one of its bucket."""

    bucket: str
    calls: int = Field(ge=0, le=1_000_000)
    seconds: float = Field(gt=0, le=FURTHEST_SECONDS, allow_inf_nan=False)


class ClockMove(BaseModel):
    """How far to move a clock on, in seconds."""

    advance: float = Field(ge=-FURTHEST_SECONDS, le=FURTHEST_SECONDS, allow_inf_nan=False)


def control_route(path: str, handler: Handler, methods: Sequence[str] = ("GET",)) -> Route:
    """A control; what it cannot make sense of is answered 400 with what is wrong."""

    async def serve(request: Request) -> Response:
        try:
            return await handler(request)
        except ValidationError as error:
            wrong: Any = error.errors(include_url=False, include_context=False, include_input=False)
            return JSONResponse({"error": wrong}, 400)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return Route(path, serve, methods=list(methods))


async def control_body(request: Request) -> dict[str, Any]:
    """The JSON object a control is sent, empty where nothing is. Raises `ValueError`."""
    body = read_json(await request.body() or b"{}")
    if not isinstance(body, dict):
        raise ValueError("the body is a JSON object")
    return body


class Control:
    """The controls that every simulator has."""

    def __init__(self, simulator: SimulatorState) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        """Below `/_control`."""
        return [
            control_route("/faults", self._faults, ("GET", "POST", "DELETE")),
            control_route("/requests", self._requests, ("GET", "DELETE")),
            control_route("/clock", self._clock, ("POST",)),
            control_route("/expire", self._expire, ("POST",)),
            control_route("/revoke", self._revoke, ("POST",)),
            control_route("/reset", self._reset, ("POST",)),
            control_route("/state", self._state),
            control_route("/seed", self._seed, ("POST",)),
            control_route("/redirects", self._redirects, ("GET", "POST")),
            control_route("/limits", self._limits, ("GET", "POST", "DELETE")),
        ]

    async def _faults(self, request: Request) -> Response:
        faults = self._simulator.faults
        if request.method == "DELETE":
            faults.active.clear()
        elif request.method == "POST":
            faults.active.append(Fault.model_validate(await control_body(request)))
        return JSONResponse([fault.model_dump() for fault in faults.active])

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._simulator.faults.requests.clear()
        return JSONResponse(self._simulator.faults.requests)

    async def _clock(self, request: Request) -> Response:
        clock, move = self._simulator.clock, ClockMove.model_validate(await control_body(request))
        if abs(clock.offset + move.advance) > FURTHEST_SECONDS:
            raise ValueError("the clock would be more than a hundred years off")
        clock.advance(move.advance)
        self._simulator.deliveries.catch_up()
        return JSONResponse({"now": clock.now()})

    async def _expire(self, request: Request) -> Response:
        expired = self._simulator.grants.expire(request.query_params.get("kind", "access"))
        self._simulator.world.save()
        return JSONResponse({"expired": expired})

    async def _revoke(self, request: Request) -> Response:
        revoked = self._simulator.grants.remove(**dict(request.query_params))
        self._simulator.world.save()
        return JSONResponse({"revoked": revoked})

    async def _reset(self, request: Request) -> Response:
        self._simulator.reset()
        return JSONResponse({"reset": True})

    async def _seed(self, request: Request) -> Response:
        """POST data of one's own: the world begins again with it, now and at every reset. `{}` ends that."""
        self._simulator.seed_with(await control_body(request))
        return JSONResponse({"seeded": sorted(self._simulator.own_seed)})

    async def _limits(self, request: Request) -> Response:
        """POST `{bucket, calls, seconds}` overrides a limit; DELETE forgets overrides and counts."""
        budgets = self._simulator.budgets
        if request.method == "DELETE":
            budgets.reset()
        elif request.method == "POST":
            lowered = LoweredLimit.model_validate(await control_body(request))
            budgets.lowered[lowered.bucket] = Limit(lowered.calls, lowered.seconds)
        return JSONResponse(
            {
                bucket: {"calls": limit.calls, "seconds": limit.seconds}
                for bucket, limit in budgets.lowered.items()
            }
        )

    async def _redirects(self, request: Request) -> Response:
        """POST `{uri}` registers a redirect address; the registered ones."""
        redirects = self._simulator.redirects
        if request.method == "POST":
            redirects.register(str((await control_body(request))["uri"]))
        return JSONResponse(redirects.registered)

    async def _state(self, request: Request) -> Response:
        hidden = {"tokens", "codes", "deliveries", "openid_key"}
        data = self._simulator.world.data
        return JSONResponse({name: value for name, value in data.items() if name not in hidden})

"""Addresses of the API that are asked so often that they are answered ahead of the framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fluxstudio.faces.api.errors import MethodNotAllowed, answer_to

PREFIX = "/api/integrations/"
PROVIDER = "{provider}"

Endpoint = Callable[[Request], Awaitable[Response]]
Parameters = dict[str, str]


class _Route(NamedTuple):
    parts: list[str]
    method: str
    endpoint: Endpoint
    shared: bool


class FastPath:
    """Finds who answers by the parts of a path.

    Where paths with and without parameters fit the same address, add those without first.
    """

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str], _Route] = {}
        self._by_shape: dict[tuple[str, int], list[_Route]] = {}

    def add(self, method: str, path: str, endpoint: Endpoint, *, shared: bool = False) -> None:
        """Answer a path of the API; `{…}` in it stands for a parameter.

        `shared` says that the framework answers other methods there.
        """
        route = _Route(path.split("/"), method, endpoint, shared)
        if "{" not in path:
            self._exact.setdefault((method, path), route)
        self._by_shape.setdefault(_shape(route.parts), []).append(route)

    def add_declared(
        self,
        router: APIRouter,
        endpoints: Collection[Callable[..., Any]],
        providers: Collection[str] = (),
    ) -> None:
        """Answer routes of the framework just as they are declared, for each provider that a path may name.

        Their endpoints take the request, and the provider, and read whatever else they need from the request.
        """
        for route in router.routes:
            if not isinstance(route, APIRoute) or route.endpoint not in endpoints:
                continue
            for method in route.methods or ():
                if PROVIDER not in route.path:
                    self.add(method, route.path, route.endpoint, shared=True)
                    continue
                for provider in providers:
                    path = route.path.replace(PROVIDER, provider)
                    self.add(method, path, _for_provider(route.endpoint, provider), shared=True)

    def of(self, app: FastAPI) -> ASGIApp:
        """An app that answers what was added, with the state of `app`, and hands on everything else."""

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            exact = self._exact.get((scope["method"], scope["path"]))
            routes = {exact.method: (exact, {})} if exact else self._routes_at(scope["path"])
            if not routes or (
                scope["method"] not in routes and any(route.shared for route, _ in routes.values())
            ):
                await app(scope, receive, send)
                return
            scope["app"] = app
            request = Request(scope, receive, send)
            response = await _response(request, routes)
            await response(scope, receive, send)

        return dispatch

    def _routes_at(self, path: str) -> dict[str, tuple[_Route, Parameters]]:
        """By method, who answers an address, and the parameters in it."""
        parts = path.split("/")
        routes: dict[str, tuple[_Route, Parameters]] = {}
        for route in self._by_shape.get(_shape(parts), ()):
            parameters = _fits(route.parts, parts)
            if parameters is not None:
                routes.setdefault(route.method, (route, parameters))
        return routes


def _shape(parts: list[str]) -> tuple[str, int]:
    """What paths have in common that may fit one another: the provider, and how many parts they have."""
    return (parts[3] if len(parts) > 3 else ""), len(parts)


def _for_provider(endpoint: Callable[..., Awaitable[Response]], provider: str) -> Endpoint:
    async def answer(request: Request) -> Response:
        return await endpoint(request, provider)

    return answer


async def _response(request: Request, routes: dict[str, tuple[_Route, Parameters]]) -> Response:
    try:
        if request.method not in routes:
            raise MethodNotAllowed(request.method, routes)
        route, request.scope["path_params"] = routes[request.method]
        request.scope["endpoint"] = route.endpoint
        return await route.endpoint(request)
    except Exception as error:
        return answer_to(request, error)


def _fits(pattern: list[str], parts: list[str]) -> Parameters | None:
    """The parameters of a path that fits a pattern of the same length, or None."""
    parameters: Parameters = {}
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            if not part:
                return None
            parameters[expected[1:-1]] = part
        elif expected != part:
            return None
    return parameters

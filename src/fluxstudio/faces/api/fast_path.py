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

Endpoint = Callable[[Request], Awaitable[Response]]


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
        self._by_shape: dict[tuple[str, int], list[_Route]] = {}

    def add(self, method: str, provider: str, path: str, endpoint: Endpoint, *, shared: bool = False) -> None:
        """Answer a path below `/api/integrations/{provider}/`; `{…}` in it stands for a parameter.

        `shared` says that the framework answers other methods there.
        """
        parts = [provider, *path.split("/")]
        routes = self._by_shape.setdefault((provider, len(parts)), [])
        routes.append(_Route(parts, method, endpoint, shared))

    def add_declared(
        self,
        router: APIRouter,
        endpoints: Collection[Callable[..., Any]],
        providers: Collection[str],
    ) -> None:
        """Answer routes of the framework for these providers, just as they are declared.

        Their endpoints take the request and the provider, and read whatever else they need from the request.
        """
        for route in router.routes:
            if not isinstance(route, APIRoute) or route.endpoint not in endpoints:
                continue
            path = route.path.removeprefix(f"{PREFIX}{{provider}}/")
            for provider in providers:
                for method in route.methods or ():
                    self.add(method, provider, path, _for_provider(route.endpoint, provider), shared=True)

    def of(self, app: FastAPI) -> ASGIApp:
        """An app that answers what was added, with the state of `app`, and hands on everything else."""

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            routes = self._routes_at(scope["path"]) if scope["type"] == "http" else {}
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

    def _routes_at(self, path: str) -> dict[str, tuple[_Route, dict[str, str]]]:
        """By method, who answers an address, and the parameters in it."""
        if not path.startswith(PREFIX):
            return {}
        parts = path[len(PREFIX) :].split("/")
        routes: dict[str, tuple[_Route, dict[str, str]]] = {}
        for route in self._by_shape.get((parts[0], len(parts)), ()):
            parameters = _fits(route.parts, parts)
            if parameters is not None:
                routes.setdefault(route.method, (route, parameters))
        return routes


def _for_provider(endpoint: Callable[..., Awaitable[Response]], provider: str) -> Endpoint:
    async def answer(request: Request) -> Response:
        return await endpoint(request, provider)

    return answer


async def _response(request: Request, routes: dict[str, tuple[_Route, dict[str, str]]]) -> Response:
    try:
        if request.method not in routes:
            raise MethodNotAllowed(request.method, routes)
        route, request.scope["path_params"] = routes[request.method]
        request.scope["endpoint"] = route.endpoint
        return await route.endpoint(request)
    except Exception as error:
        return answer_to(request, error)


def _fits(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    """The parameters of a path that fits a pattern of the same length, or None."""
    parameters: dict[str, str] = {}
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            if not part:
                return None
            parameters[expected[1:-1]] = part
        elif expected != part:
            return None
    return parameters

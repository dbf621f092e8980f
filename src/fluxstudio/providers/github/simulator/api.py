"""The front door of the simulated GitHub's REST API: who calls, with what scopes, and how often.

Header names and error shapes: docs.github.com “Rate limits for the REST API”, “Best practices” (conditional
requests cost nothing when they are answered 304), “Scopes for OAuth apps”, “API Versions”, “Troubleshooting”
(read 2026-11-22).
"""

from __future__ import annotations

import base64
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fluxstudio.kit.signatures import sha256
from fluxstudio.providers.github.simulator.answers import DOCS, VERSIONS, Problem, as_of
from fluxstudio.sdk.limits import Limit
from fluxstudio.sdk.simulation import Simulator
from fluxstudio.sdk.simulation.budgets import BudgetStatus

SPOKEN = frozenset({"", "*/*", "application/*", "application/json"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
HOURLY = Limit(5000, 3600)
# Without a token: docs.github.com “Rate limits for the REST API”, read 2026-11-30.
ANONYMOUS, ANONYMOUS_HOURLY = "127.0.0.1", Limit(60, 3600)
SEARCHES, ANONYMOUS_SEARCHES = Limit(30, 60), Limit(10, 60)
ADVICE = (
    "(But here's the good news: Authenticated requests get a higher rate limit. "
    "Check out the documentation for more details.)"
)
CONTENT = {"content": Limit(80, 60), "content_hourly": Limit(500, 3600)}
RATE_DOCS = f"{DOCS}/using-the-rest-api/rate-limits-for-the-rest-api"
MEDIA = re.compile(r"application/vnd\.github(?:\.v3)?\.(raw|html|object|diff|patch|sha|text|full)")
INCLUDES = {
    "repo": {"public_repo", "repo:status", "repo_deployment", "repo:invite", "security_events"},
    "user": {"read:user", "user:email", "user:follow"},
    "admin:org": {"write:org", "read:org"},
    "write:org": {"read:org"},
    "admin:repo_hook": {"write:repo_hook", "read:repo_hook"},
    "write:repo_hook": {"read:repo_hook"},
}
KNOWN_SCOPES = frozenset(INCLUDES) | frozenset().union(*INCLUDES.values())


def with_included(scopes: Iterable[str]) -> frozenset[str]:
    """Scopes together with those they include."""
    granted = set(scopes)
    return frozenset(granted.union(*(INCLUDES.get(scope, set()) for scope in granted)))


@dataclass(frozen=True)
class GitHubCall:
    """An authenticated call. A GitHub App's tokens have no scopes; its permissions allow what we ask here."""

    request: Request
    login: str
    granted: tuple[str, ...]
    of_app: bool

    def has(self, *scopes: str) -> bool:
        """Whether the token has one of these scopes."""
        return self.of_app or not with_included(self.granted).isdisjoint(scopes)

    @property
    def path(self) -> dict[str, Any]:
        """What the braces of the route stand for."""
        values: dict[str, Any] = self.request.path_params
        return values

    @property
    def media(self) -> str:
        """The form that `Accept` asks for: raw, html, object, diff, patch, sha, text, full, or nothing."""
        match = MEDIA.search(self.request.headers.get("accept", ""))
        return match[1] if match else ""

    async def json(self) -> dict[str, Any]:
        """The request's JSON object. Raises `Problem` (400)."""
        try:
            body = msgspec.json.decode(await self.request.body() or b"{}")
        except msgspec.DecodeError:
            raise Problem(400, "Problems parsing JSON") from None
        if not isinstance(body, dict):
            raise Problem(400, "Body should be a JSON object")
        return body


@dataclass(frozen=True)
class GitHubAnswer:
    """What an endpoint answers; with a `media` type of its own, the body is bytes."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media: str = ""


Endpoint = Callable[[GitHubCall], Awaitable[GitHubAnswer]]


class GitHubApi:
    """Turns endpoints into routes that authenticate, count, and answer as GitHub does."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def route(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        method: str = "GET",
        accepts: str = "",
        resource: str = "core",
        public: bool = False,
    ) -> Route:
        """A route; `accepts` lists the scopes its `x-accepted-oauth-scopes` names, `resource` the limit it
        counts against, none where it is empty. A `public` one may be read without a token."""

        async def handle(request: Request) -> Response:
            headers = {"x-github-media-type": "github.v3; format=json", "x-github-request-id": _request_id()}
            version = request.headers.get("x-github-api-version", VERSIONS[0])
            try:
                if version not in VERSIONS:
                    raise Problem(400, f'Unsupported API version: "{version}".')
                headers["x-github-api-version-selected"] = version
                _check_accept(request)
                call = self._enter(request, public=public)
                if call.login and not call.of_app:
                    headers["x-oauth-scopes"] = ", ".join(call.granted)
                    headers["x-accepted-oauth-scopes"] = accepts
                return await self._counted(call, endpoint, version, headers, resource)
            except Problem as problem:
                return _json(problem.body, problem.status, {**headers, **problem.headers})

        return Route(path, handle, methods=[method])

    def spend_content(self, call: GitHubCall) -> None:
        """Count a call that makes content. Raises `Problem` (403) where that is too much."""
        budgets = self._simulator.budgets
        if not all(budgets.spend(name, call.login, limit).allowed for name, limit in CONTENT.items()):
            raise Problem(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                headers={"retry-after": "60"},
                docs=f"{RATE_DOCS}#about-secondary-rate-limits",
            )

    def _enter(self, request: Request, *, public: bool) -> GitHubCall:
        if not request.headers.get("user-agent"):
            raise Problem(403, "Request forbidden by administrative rules. Send a User-Agent header.")
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if public and not kind:
            return GitHubCall(request, "", (), of_app=False)
        if kind.lower() not in {"bearer", "token", "basic"}:
            raise Problem(401, "Requires authentication")
        value = _password(value) if kind.lower() == "basic" else value.strip()
        token = self._simulator.grants.live(value, "access")
        if token is None:
            raise Problem(401, "Bad credentials")
        return GitHubCall(request, token["account"], tuple(token["scopes"]), token["of_app"])

    async def _counted(
        self, call: GitHubCall, endpoint: Endpoint, version: str, headers: dict[str, str], resource: str
    ) -> Response:
        budgets = self._simulator.budgets
        spend = budgets.spend if resource else budgets.peek
        status = spend(resource or "core", call.login or ANONYMOUS, limit_of(resource or "core", call.login))
        headers |= _budget(status, resource)
        if not status.allowed:
            whose = f"user {call.login}." if call.login else f"{ANONYMOUS}. {ADVICE}"
            docs = f"{RATE_DOCS}#about-primary-rate-limits"
            raise Problem(403, f"API rate limit exceeded for {whose}", docs=docs)
        writes = call.request.method not in SAFE_METHODS
        if writes and resource == "core":
            self.spend_content(call)
        answer = await endpoint(call)
        headers |= answer.headers
        if writes:
            self._simulator.world.save()
            return _json(answer.body, answer.status, headers)
        content = answer.body if answer.media else msgspec.json.encode(as_of(version, answer.body))
        etag = f'W/"{sha256(content).hex()}"'
        headers |= {"etag": etag, "cache-control": "private, max-age=60, s-maxage=60"}
        if _has_it(call.request.headers.get("if-none-match", ""), etag):
            budgets.give_back(resource, call.login or ANONYMOUS)
            free = BudgetStatus(True, status.limit, status.remaining + 1, status.resets_in)
            return Response(status_code=304, headers={**headers, **_budget(free, resource)})
        return Response(content, answer.status, headers, answer.media or "application/json; charset=utf-8")


def limit_of(resource: str, login: str) -> Limit:
    """How many calls somebody has, or whoever has no token."""
    if resource == "search":
        return SEARCHES if login else ANONYMOUS_SEARCHES
    return HOURLY if login else ANONYMOUS_HOURLY


def _has_it(condition: str, etag: str) -> bool:
    """Whether an `If-None-Match` names an answer, weak or strong, among others or as `*` (RFC 9110)."""
    names = {name.strip().removeprefix("W/") for name in condition.split(",")}
    return "*" in names or etag.removeprefix("W/") in names


def _password(value: str) -> str:
    """The token that is sent as the password of basic authentication."""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _check_accept(request: Request) -> None:
    """Refuse a request for something that GitHub's API does not speak. Raises `Problem` (415)."""
    accepted = request.headers.get("accept", "*/*")
    kinds = [part.partition(";")[0].strip().lower() for part in accepted.split(",")]
    if not any(kind in SPOKEN or kind.startswith("application/vnd.github") for kind in kinds):
        raise Problem(415, f"Unsupported 'Accept' header: '{accepted}'. Must accept 'application/json'.")


def _json(body: Any, status: int, headers: dict[str, str]) -> Response:
    if status == 204:
        return Response(None, status, headers)
    version = headers.get("x-github-api-version-selected", VERSIONS[0])
    content = msgspec.json.encode(as_of(version, body))
    return Response(content, status, headers, "application/json; charset=utf-8")


def _budget(status: BudgetStatus, resource: str) -> dict[str, str]:
    # The reset is told in real time, like the `date` that the server sends: callers subtract the two.
    return {
        "x-ratelimit-limit": str(status.limit),
        "x-ratelimit-remaining": str(status.remaining),
        "x-ratelimit-used": str(status.limit - status.remaining),
        "x-ratelimit-reset": str(int(time.time() + status.resets_in) + 1),
        "x-ratelimit-resource": resource,
    }


def _request_id() -> str:
    return secrets.token_hex(8).upper()

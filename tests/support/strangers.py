"""A simulator without a network in front of it, and all it answers: for sending it anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Scope

from fluxstudio.commands.simulated import simulator_of
from fluxstudio.sdk import Provider
from fluxstudio.sdk.simulation import Simulator, simulation

BASE = "http://127.0.0.1:8001"
# What is asked at each provider to see that it still works.
PLAIN_CALLS = {
    "figma": "/api.figma.com/v1/me",
    "github": "/api.github.com/user",
    "slack": "/slack.com/api/auth.test",
}
# What answers no page below an address for people.
ENTERPRISE = "/github.com/api"
NO_PAGES = (".svg", "/api/oauth/token", "/api/oauth/refresh")


@dataclass(frozen=True)
class SimulatedRoute:
    """One path of one host, with its methods."""

    host: str
    path: str
    methods: tuple[str, ...]

    def __str__(self) -> str:
        return f"{'|'.join(self.methods)} {self.host}{self.path}"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Stranger:
    """Somebody with a token who may do everything, at a simulator of their own.

    `words` are ids and names that it knows, so that what is sent gets somewhere.
    """

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.simulator: Simulator = simulator_of(provider)
        self._app: ASGIApp = simulation([self.simulator], BASE)
        self.token = ""
        self._seed = msgspec.json.encode(self.simulator.world.data)
        self.words = sorted(set(_words(self.simulator.world.data, 0)))

    def begin_again(self) -> None:
        """The world as it was at first."""
        self.simulator.world.data = msgspec.json.decode(self._seed)
        self.admit()

    def admit(self) -> None:
        """A new token, as calls may have ended the one before; and all of every budget."""
        self.simulator.budgets.reset()
        self.simulator.faults.active.clear()
        self.simulator.clock.offset = 0
        self.simulator.redirects.registered.clear()
        described = {scope.name for scope in self.provider.oauth.described_scopes()}
        details: dict[str, Any] = {"of_app": False, "serial": 1}
        self.token = self.simulator.grants.issue(
            "access",
            prefix="t_",
            family="tests",
            account=self.simulator.choices()[0].id,
            client_id=self.simulator.app_id,
            scopes=sorted(described | {"repo"}),
            lives=None,
            **details,
        )

    def routes(self) -> list[SimulatedRoute]:
        """Everything that it answers, and some things that it does not."""
        names = []
        for path, methods in walk(self.simulator.mounts(), ""):
            host, _, rest = path.strip("/").partition("/")
            # Enterprise Server's layout leads to the same endpoints once more.
            if not path.startswith(ENTERPRISE):
                names.append(SimulatedRoute(host, f"/{rest}", methods))
        for call in self.simulator.named_calls():
            host, _, rest = call.strip("/").partition("/")
            names.append(SimulatedRoute(host, f"/{rest}", ("GET", "POST")))
        hosts = self.simulator.hosts.values()
        return [*names, *(SimulatedRoute(host, "/no/{such}/path", ("GET", "POST")) for host in hosts)]

    async def ask(
        self, method: str, path: str, query: bytes = b"", body: bytes = b"", **headers: str
    ) -> Answer:
        """One request; `path` is decoded, as servers hand it on."""
        sent = {"host": "127.0.0.1:8001", "user-agent": "tests", "content-length": str(len(body)), **headers}
        scope: Scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": quote(path, errors="replace").encode(),
            "query_string": query,
            "root_path": "",
            "headers": [
                (name.replace("_", "-").encode(), text.encode("latin-1", "replace"))
                for name, text in sent.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8001),
        }
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        heard: list[Message] = []

        async def receive() -> Message:
            return unread.pop() if unread else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            heard.append(message)

        await self._app(scope, receive, send)
        texts = {key.decode().lower(): value.decode("latin-1") for key, value in heard[0].get("headers", ())}
        return Answer(heard[0]["status"], texts, b"".join(part.get("body", b"") for part in heard))

    async def works(self) -> bool:
        """Whether a plain call is answered as ever, and the world can be kept."""
        self.admit()
        self.simulator.world.save()
        answer = await self.ask("GET", PLAIN_CALLS[self.provider.id], authorization=f"Bearer {self.token}")
        return answer.status == 200 and answer.json().get("ok", True) is True

    def fits(self, route: SimulatedRoute, answer: Answer) -> bool:
        """Whether a refusal has the form that this service gives to its refusals."""
        is_slack_call = self.provider.id == "slack" and route.path.startswith("/api/")
        if answer.status < 400 and not is_slack_call:
            return True
        if "/_control" in route.path:
            return answer.status == 403 or "error" in answer.json()
        if is_slack_call:
            text = answer.json()
            return text["ok"] is True or isinstance(text["error"], str)
        if route.host == self.simulator.hosts.get("api"):
            text = answer.json()
            reason = text.get("message") or text.get("err")
            return isinstance(reason, str) and str(text.get("status", answer.status)) == str(answer.status)
        is_page = route.host == self.simulator.hosts["web"] and not route.path.endswith(NO_PAGES)
        return not is_page or answer.headers.get("content-type", "").startswith("text/html")


def walk(routes: Sequence[BaseRoute], prefix: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The paths of routes, each with its methods."""
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from walk(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            yield prefix + route.path, tuple(sorted(route.methods or ()))


def _words(data: Any, depth: int) -> Iterator[str]:
    if isinstance(data, dict) and depth < 3:
        for key, value in data.items():
            if key not in ("git", "document"):
                yield from _words(key, depth)
                yield from _words(value, depth + 1)
    elif isinstance(data, str | int) and len(str(data)) < 60:
        yield str(data)

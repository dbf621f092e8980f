"""One provider under test: the running product around it, its simulator, and people who use it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2
import msgspec

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.sdk import Operation, Provider
from fluxstudio.sdk.simulation import Fault, Simulator
from tests.support.emptying import empty
from tests.support.planted import leaked
from tests.support.running import Running, outcome_of

Json = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """One call of an operation that works, from the provider's own `fixtures/operations.json`."""

    operation: Operation
    args: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.operation.full_name} {dict(self.args)}"


@dataclass
class Subject:
    """A provider in the running product. `target` and `home` are where that keeps what it knows."""

    provider: Provider
    running: Running
    target: dict[str, Any]
    home: Path

    @property
    def simulator(self) -> Simulator:
        return self.running.simulators[self.provider.id]

    @property
    def registered(self) -> RegisteredProvider:
        return self.running.services.registry[self.provider.id]

    async def reset(self) -> None:
        """Forget everybody and everything, here and at the simulated providers."""
        await self.running.services.refresher.close()
        await empty(self.running.services.db, "users", "oauth_tokens", "audit_log")
        for simulator in self.running.simulators.values():
            simulator.reset()

    async def sql(self, query: str, *args: object) -> Any:
        """The first value that a statement finds."""
        return await self.running.services.db.fetchval(query, *args)

    # Paths

    def path(self, rest: str = "") -> str:
        """A path of the provider in our API."""
        return f"/api/integrations/{self.provider.id}{'/' if rest else ''}{rest}"

    def there(self, template: str) -> str:
        """The path at the simulator that a URL of the declaration stands for."""
        return urlsplit(template.format(**self.registered.hosts)).path

    @cached_property
    def token_paths(self) -> frozenset[str]:
        """Where codes and refresh tokens are traded."""
        oauth = self.provider.oauth
        return frozenset(self.there(template) for template in (oauth.token, oauth.refresh or oauth.token))

    @cached_property
    def consent_path(self) -> str:
        return self.there(self.provider.oauth.authorize)

    # What the provider sees, and what it is made to answer

    @property
    def calls(self) -> list[Json]:
        """What the provider was asked by the product: everything but the consent page."""
        return [entry for entry in self._seen() if entry["path"] != self.consent_path]

    @property
    def token_calls(self) -> list[Json]:
        return [entry for entry in self._seen() if entry["path"] in self.token_paths]

    def _seen(self) -> list[Json]:
        return [
            {**entry, "path": entry["request"].partition(" ")[2]} for entry in self.simulator.faults.requests
        ]

    @contextmanager
    def failing(self, at: str = "api", **fault: Any) -> Iterator[None]:
        """The provider answers like this for a while; at its `api` or its `token` endpoints."""
        tokens = "|".join(re.escape(path) for path in self.token_paths)
        match = rf"^\w+ ({tokens})$" if at == "token" else rf"^\w+ (?!({tokens}|{self.consent_path})$)"
        struck = Fault(match=match, **fault)
        self.simulator.faults.active.append(struck)
        try:
            yield
        finally:
            with suppress(ValueError):
                self.simulator.faults.active.remove(struck)

    # Connecting

    async def connect(self, client: httpx2.AsyncClient, *, choice: int = 0, **query: str) -> str:
        """Connect one of the accounts the consent page offers; the connection's id."""
        return await self.running.connect(client, self.provider.id, choice=self.choice(choice), **query)

    def choice(self, number: int) -> str:
        return self.simulator.choices()[number].id

    async def begin(self, client: httpx2.AsyncClient, **query: str) -> str:
        return await self.running.begin(client, self.provider.id, **query)

    async def consent(self, url: str, *, choice: int = 0, decision: str = "allow") -> str:
        """Answer the consent page; the address that leads back, '' when nothing does."""
        return await self.running.decide(url, choice=self.choice(choice), decision=decision)

    async def back(self, client: httpx2.AsyncClient, address: str) -> dict[str, str]:
        """Follow the address back as the browser does; what the page it leads on to is told."""
        return outcome_of(await client.get(address, headers={"authorization": ""}))

    # What a user sees

    async def connections(self, client: httpx2.AsyncClient) -> list[Json]:
        answer = await client.get("/api/integrations")
        listed: list[Json] = answer.json()["integrations"]
        return [entry for entry in listed if entry["provider"] == self.provider.id]

    async def latest(self, client: httpx2.AsyncClient) -> Json:
        """The latest attempt to connect."""
        attempts: list[Json] = (await client.get(self.path("attempts"))).json()["attempts"]
        return attempts[0]

    # Operations

    @cached_property
    def examples(self) -> list[Example]:
        text = self.registered.file("fixtures/operations.json") or "[]"
        return [
            Example(self.provider[entry["operation"]], entry["args"])
            for entry in msgspec.json.decode(text.encode())
        ]

    @property
    def remote(self) -> list[Example]:
        """The examples for which the provider is asked."""
        return [example for example in self.examples if not example.operation.local]

    @property
    def reads(self) -> list[Example]:
        """The examples whose answers are kept for a while."""
        return [example for example in self.examples if example.operation.fresh_for is not None]

    async def send(
        self,
        client: httpx2.AsyncClient,
        example: Example,
        *,
        raw: Mapping[str, str] | None = None,
        **query: str,
    ) -> httpx2.Response:
        """Call an operation; `raw` are path parameters put into the address as they are."""
        operation, args = example.operation, dict(example.args)
        in_path = {operation.public_name(name) for name in operation.path_parameters}
        filled = {name: quote(str(args.pop(name)), safe="") for name in in_path if name in args} | dict(
            raw or {}
        )
        url = self.path(operation.path.format(**filled))
        # As it is: the client would resolve `..` before it sends.
        exactly = {"target": url.encode()} if raw else None
        if operation.method in {"GET", "DELETE"}:
            params = {**_written(args), **query}
            return await client.request(operation.method, url, params=params, extensions=exactly)
        files = {
            name: value for name, value in args.items() if isinstance(value, dict) and "filename" in value
        }
        if not files:
            return await client.request(operation.method, url, params=query, json=args, extensions=exactly)
        sent = {
            name: (file["filename"], file["content"], file["content_type"]) for name, file in files.items()
        }
        fields = {name: value for name, value in args.items() if name not in files}
        return await client.request(operation.method, url, params=query, data=fields, files=sent)

    async def works(self, client: httpx2.AsyncClient) -> bool:
        """Whether a connection still is of use, whatever the cache holds."""
        await self.sql("DELETE FROM provider_cache")
        return (await self.send(client, self.reads[0])).status_code == 200

    def secrets_in(self, text: str) -> set[str]:
        """Tokens and secrets that stand in a text."""
        return leaked(text, {*self.simulator.grants.tokens, self.simulator.app_secret})


def _written(args: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in args.items()
    }


def is_error(answer: httpx2.Response, status: int, code: str) -> bool:
    """Whether an answer is an error as the contract writes it."""
    body = answer.json()
    return (answer.status_code, body.get("code"), body.get("success")) == (status, code, False) and bool(
        body["error"].strip()
    )


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def changed(address: str, **fields: str | None) -> str:
    """An address with some query fields replaced, or left out where they are None."""
    query: dict[str, str | None] = {**query_of(address), **fields}
    stored = {name: value for name, value in query.items() if value is not None}
    return f"{address.partition('?')[0]}?{urlencode(stored)}"

"""Overhearing what the product and a provider say to one another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from contract.shapes import Shape
from fluxstudio.core.registry import Registry
from fluxstudio.kit.http import Content, HttpClient, Response

# A part of a path that names a thing rather than a kind of thing.
ID = re.compile(r"(?!v\d+$)(?=.*\d)[^.]*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, without what was sent."""

    method: str
    url: str
    response: Response


@dataclass
class Heard:
    """What one endpoint answered: its statuses, kinds of content, and the shape of what went well."""

    statuses: set[int] = field(default_factory=set)
    media: set[str] = field(default_factory=set)
    shape: Shape = field(default_factory=Shape)


class Overheard(HttpClient):
    """A client for these providers that keeps what it hears until somebody takes it."""

    def __init__(self, registry: Registry) -> None:
        super().__init__([host for entry in registry for host in entry.outbound])
        self._exchanges: list[Exchange] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
        seconds: float | None = None,
        most: int | None = None,
    ) -> Response:
        response = await super().request(
            method, url, headers=headers, content=content, seconds=seconds, most=most
        )
        self._exchanges.append(Exchange(method, url, response))
        return response

    def take(self) -> list[Exchange]:
        """Everything heard since the last time."""
        taken, self._exchanges = self._exchanges, []
        return taken


def by_endpoint(
    exchanges: list[Exchange], hosts: Mapping[str, str], arguments: Mapping[str, str]
) -> dict[str, Heard]:
    """What was heard, by `METHOD /path`: a value in `given` stands there under its name, other ids as `{id}`.

    `hosts` are the provider's base addresses by role.
    """
    results: dict[str, Heard] = {}
    for exchange in exchanges:
        heard = results.setdefault(f"{exchange.method} {_path(exchange.url, hosts, arguments)}", Heard())
        answer = exchange.response
        heard.statuses.add(answer.status)
        heard.media.add(answer.headers.get("content-type", "").partition(";")[0].strip())
        if answer.status < 300 and answer.content:
            try:
                heard.shape.add(Shape.of(msgspec.json.decode(answer.content)))
            except msgspec.DecodeError:
                continue
    return results


def _path(url: str, hosts: Mapping[str, str], arguments: Mapping[str, str]) -> str:
    base = next((base for base in sorted(hosts.values(), key=len, reverse=True) if url.startswith(base)), "")
    names = {value: f"{{{name}}}" for name, value in arguments.items()}
    parts = urlsplit(url.removeprefix(base)).path.split("/")
    return "/".join(names.get(part) or ("{id}" if ID.fullmatch(part) else part) for part in parts)

"""An identity provider that publishes its keys, and can be made to fail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support.raw import Answer, Server, raw_servers, reply
from tests.support.tokens import signed

Pair = RSAKey | ECKey | OKPKey
PATH = "/keys.json"
ALGORITHMS = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


@dataclass
class Issuer:
    """Signs tokens with pairs of keys and publishes their public parts."""

    server: Server

    @property
    def url(self) -> str:
        """Where the key set is."""
        return f"{self.server.url}{PATH}"

    @property
    def fetches(self) -> int:
        """How often the key set was asked for."""
        return len(self.server.requests)

    def publish(self, *pairs: Pair, **further: Any) -> None:
        """Publish these keys and no others, each with the `further` members."""
        self.publish_set([{**pair.as_dict(private=False, kid=name(pair)), **further} for pair in pairs])

    def publish_set(self, keys: Sequence[Any]) -> None:
        """Publish this, whatever it is."""
        body = json.dumps({"keys": keys}).encode()
        self.server.answers[PATH] = reply(body, "Content-Type: application/json")

    def fail(self, answer: Answer = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n") -> None:
        """Answer like this from now on."""
        self.server.answers[PATH] = answer

    def token(self, pair: Pair, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token signed with one of the pairs."""
        return signed(pair, ALGORITHMS[pair.key_type], {"kid": name(pair), **(header or {})}, **changes)


def name(pair: Pair) -> str:
    """The id that a pair is published under."""
    return pair.thumbprint()[:12]


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """An identity provider on this machine."""
    async with raw_servers() as serve:
        yield Issuer(await serve())

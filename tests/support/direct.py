"""A provider's `Api` without database, vault or cache: for testing its operations against its simulator."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from fluxstudio.kit.http import Host, HttpClient
from fluxstudio.kit.pkce import challenge_of, new_verifier
from fluxstudio.sdk import Account, Api, Limit, OAuthClient, Operation, Provider, TokenAnswer, Usage
from fluxstudio.sdk.simulation import Simulator
from tests.support.running import NO_TLS

REDIRECT = "http://127.0.0.1:9/callback"


@dataclass
class OneToken:
    """A token source with one token; `fresh` takes its place when the provider rejects it."""

    token: str
    fresh: str | None = None
    rejected: list[str] = field(default_factory=list)

    async def current(self) -> str:
        return self.token

    async def renewed(self, rejected: str) -> str:
        self.rejected.append(rejected)
        self.token = self.fresh or self.token
        return self.token


@dataclass
class Recorded:
    """A budget that only writes down what it was told."""

    spent: list[str] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    blocked: dict[str, float] = field(default_factory=dict)
    noted: dict[str, Usage] = field(default_factory=dict)

    async def spend(self, bucket: str, limit: Limit | None) -> float:
        self.spent.append(bucket)
        return self.turns.pop(0) if self.turns else 0

    async def note(self, bucket: str, usage: Usage) -> None:
        self.noted[bucket] = usage

    async def block(self, bucket: str, seconds: float) -> None:
        self.blocked[bucket] = seconds


@dataclass
class Answered:
    """Answers in a dictionary, fresh until they are taken out."""

    answers: dict[str, Any] = field(default_factory=dict)

    async def recall(self, operation: Operation, arguments: Mapping[str, Any]) -> Any | None:
        return self.answers.get(f"{operation.name} {dict(arguments)}")

    async def keep(self, operation: Operation, arguments: Mapping[str, Any], answer: Any) -> None:
        self.answers[f"{operation.name} {dict(arguments)}"] = answer


@dataclass
class Remembered:
    """A memory in a dictionary."""

    settings: dict[str, Any] = field(default_factory=dict)
    webhooks: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    mark: str = "one"

    async def remember(self, name: str, value: Any) -> None:
        self.settings[name] = value

    async def keep_webhook(
        self, webhook_id: str, secret: str, details: Mapping[str, Any], *, signs: bool = False
    ) -> None:
        self.webhooks[webhook_id] = (secret, details)

    async def forget_webhook(self, webhook_id: str) -> None:
        self.webhooks.pop(webhook_id, None)


@dataclass
class AsPerson:
    """Whatever the provider says of a person is so, and is asked for each time."""

    person: str | None = None

    async def admits(self, api: Api, conversation: str) -> bool:
        assert api.provider.visibility.audience is not None
        membership = await api.provider.visibility.audience.members(api, conversation)
        return membership is not None and (membership.public or self.person in membership.people)

    async def private(self, api: Api) -> Collection[str]:
        assert api.provider.visibility.audience is not None
        return await api.provider.visibility.audience.conversations(api, self.person) if self.person else ()


def hosts_of(provider: Provider, simulator: Simulator) -> dict[str, str]:
    """The provider's hosts, pointed at its simulator."""
    return {role: simulator.url(role) for role in provider.http.hosts}


def client_of(provider: Provider, simulator: Simulator) -> OAuthClient:
    """Our app at the simulator."""
    hosts = hosts_of(provider, simulator)
    http = HttpClient([Host(url, private=True) for url in hosts.values()])
    return OAuthClient(http, provider.oauth, hosts, simulator.app_id, simulator.app_secret)


async def consent(
    provider: Provider,
    simulator: Simulator,
    choice: str,
    scopes: tuple[str, ...] | None = None,
    person: str | None = None,
) -> TokenAnswer:
    """Walk through the simulator's consent page as a person would, and exchange the code."""
    client = client_of(provider, simulator)
    verifier, state = new_verifier(), secrets.token_urlsafe(16)
    query = {
        "client_id": simulator.app_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "state": state,
        provider.oauth.scope_param: provider.oauth.scope_separator.join(
            scopes or provider.oauth.asked_scopes()
        ),
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        **provider.oauth.authorize_params,
    }
    async with httpx2.AsyncClient(verify=NO_TLS) as browser:
        url = f"{client.url(provider.oauth.authorize)}?{urlencode(query)}"
        page = await browser.get(url)
        assert re.search(r"<form", page.text), page.text
        form = {"choice": choice, "decision": "allow", **({"person": person} if person else {})}
        answer = await browser.post(url, data=form)
    assert answer.status_code == 302, answer.text
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == [state]
    return await client.exchange(back["code"][0], REDIRECT, verifier)


def api_for(
    provider: Provider,
    simulator: Simulator,
    token: str,
    *,
    account: Account | None = None,
    limit: str | None = None,
    person: str | None = None,
) -> Api:
    """An `Api` that uses this token as it is."""
    hosts = hosts_of(provider, simulator)
    return Api(
        provider=provider,
        http=HttpClient([Host(url, private=True) for url in hosts.values()]),
        hosts=hosts,
        token=OneToken(token),
        budget=Recorded(),
        account=account or Account("unknown", "unknown"),
        memory=Remembered(),
        limit=limit,
        public_url="http://127.0.0.1:8000",
        conversations=AsPerson(person),
    )

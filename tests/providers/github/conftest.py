from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from fluxstudio.providers.github import github
from fluxstudio.providers.github.simulator import GitHubSimulator
from fluxstudio.sdk import Api, Response, TokenAnswer
from fluxstudio.sdk.simulation import simulation
from tests.support.direct import api_for, consent
from tests.support.openapi import Pinned
from tests.support.pins import github_document
from tests.support.running import NO_TLS
from tests.support.serving import serving

ADA = "ada-park"
EVERYTHING = ("read:user", "repo", "read:org")


async def run(api: Api, name: str, **arguments: Any) -> Any:
    """Run an operation with arguments under their public names."""
    operation = github[name]
    return await operation.run(api, **operation.check(arguments))


@dataclass
class Sandbox:
    """A served simulator, and what was seen of it below api.github.com."""

    simulator: GitHubSimulator
    pinned: Pinned
    browser: httpx2.AsyncClient

    async def connect(self, login: str = ADA, scopes: tuple[str, ...] | None = None) -> TokenAnswer:
        """What the token endpoint gives after somebody allowed it."""
        return await consent(github, self.simulator, login, scopes)

    async def api(self, login: str = ADA, scopes: tuple[str, ...] | None = None) -> Api:
        """An `Api` for somebody who has just connected."""
        return api_for(github, self.simulator, (await self.connect(login, scopes)).access_token)

    async def raw(
        self, token: str, path: str, *, method: str = "GET", json: Any = None, **headers: str
    ) -> Response:
        """One request with a token, without anything around it; redirects are not followed."""
        sent = {"authorization": f"Bearer {token}", "x-github-api-version": "2026-03-10"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.simulator.url("api") + path
        answer = await self.browser.request(method, url, headers=sent, json=json)
        fields: Mapping[str, str] = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, fields, answer.content, str(answer.url))


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[Sandbox]:
    simulator = GitHubSimulator()
    pinned: list[Pinned] = []

    def made(base: str) -> Pinned:
        app = simulation([simulator], base)
        # GraphQL is in no OpenAPI document; test_graphql.py holds it against GitHub's own schema.
        pinned.append(Pinned(app, github_document(), "/api.github.com", elsewhere=["/graphql"]))
        return pinned[0]

    async with serving(made), httpx2.AsyncClient(verify=NO_TLS) as browser:
        yield Sandbox(simulator, pinned[0], browser)


@pytest.fixture
async def loose(served: Sandbox) -> Sandbox:
    """A simulator in its first state, whose exchanges may stray from GitHub's document."""
    await served.browser.post(f"{served.simulator.url('web')}/_control/reset")
    served.pinned.violations.clear()
    served.pinned.seen.clear()
    return served


@pytest.fixture
async def sandbox(loose: Sandbox) -> AsyncIterator[Sandbox]:
    """A simulator, every exchange with which has to fit GitHub's document."""
    yield loose
    assert loose.pinned.violations == []

"""A simulated Slack, and ways to use it as the product and as a person do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from fluxstudio.providers.slack import slack
from fluxstudio.providers.slack.simulator import SlackSimulator, seed
from fluxstudio.sdk import Api, OAuthClient, TokenAnswer
from fluxstudio.sdk.simulation import simulation
from tests.support.direct import api_for, client_of, consent
from tests.support.running import NO_TLS
from tests.support.serving import serving
from tests.support.slack_types import PinnedToTypes

EVERYTHING = tuple(scope.name for scope in slack.oauth.described_scopes())
UNINVITED = tuple(scope for scope in EVERYTHING if scope != "channels:join")
DESIGN, TIDEWATER, RANDOM = "C0DESIGN01", "C0TIDEWTR1", "C0RANDOM01"
ARCHIVED, LAUNCH, LEADERS = "C0ARCHIVE1", "C0LAUNCH01", "C0LEADERS1"


async def run(api: Api, name: str, /, **arguments: Any) -> Any:
    """Run an operation with arguments under their public names."""
    operation = slack[name]
    api.limit = operation.limit
    return await operation.run(api, **operation.check(arguments))


@dataclass
class Sandbox:
    """A served simulator, whose answers are held against the types of Slack's own client."""

    simulator: SlackSimulator
    browser: httpx2.AsyncClient
    pinned: PinnedToTypes

    @property
    def app(self) -> OAuthClient:
        """Our app at it."""
        return client_of(slack, self.simulator)

    async def connect(
        self, where: str = seed.HARBOUR, scopes: tuple[str, ...] | None = EVERYTHING
    ) -> TokenAnswer:
        """What the token endpoint gives after somebody allowed it."""
        return await consent(slack, self.simulator, where, scopes)

    async def api(
        self, where: str = seed.HARBOUR, scopes: tuple[str, ...] = EVERYTHING, person: str | None = seed.ADA
    ) -> Api:
        """An `Api` for a workspace that has just connected."""
        token = await self.connect(where, scopes)
        account = await slack.identity.identify(api_for(slack, self.simulator, token.access_token), token)
        api = api_for(slack, self.simulator, token.access_token, account=account, person=person)
        api.scopes = frozenset(scopes)
        return api

    async def call(self, method: str, token: str, **fields: Any) -> dict[str, Any]:
        """A bare call of the Web API."""
        answer = await self.browser.post(
            f"{self.simulator.url('web')}/api/{method}",
            data={name: str(value) for name, value in fields.items()},
            headers={"authorization": f"Bearer {token}"} if token else {},
        )
        body: dict[str, Any] = answer.json()
        return body

    async def control(self, what: str, **fields: Any) -> None:
        """Tell the simulator how to behave."""
        answer = await self.browser.post(f"{self.simulator.url('web')}/_control/{what}", json=fields)
        assert answer.status_code == 200, answer.text

    def seen(self, method: str) -> int:
        """How often a method was called."""
        return sum(entry["request"].endswith(f"/api/{method}") for entry in self.simulator.faults.requests)


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[Sandbox]:
    simulator = SlackSimulator()
    pinned: list[PinnedToTypes] = []

    def made(base: str) -> PinnedToTypes:
        pinned.append(PinnedToTypes(simulation([simulator], base)))
        return pinned[0]

    async with serving(made), httpx2.AsyncClient(verify=NO_TLS) as browser:
        yield Sandbox(simulator, browser, pinned[0])


@pytest.fixture
async def loose(served: Sandbox) -> Sandbox:
    """A simulator in its first state, whose answers may be of other types than Slack's are."""
    await served.control("reset")
    served.pinned.violations.clear()
    return served


@pytest.fixture
async def sandbox(loose: Sandbox) -> AsyncIterator[Sandbox]:
    """A simulator in its first state, every answer of which has to be of its type."""
    yield loose
    assert loose.pinned.violations == []

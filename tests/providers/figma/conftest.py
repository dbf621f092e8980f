from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from fluxstudio.providers.figma import figma
from fluxstudio.providers.figma.simulator import FigmaSimulator, seed
from fluxstudio.sdk import Api, TokenAnswer
from fluxstudio.sdk.simulation import simulation
from tests.support.direct import api_for, consent
from tests.support.openapi import Pinned
from tests.support.pins import figma_document
from tests.support.running import NO_TLS
from tests.support.serving import serving

EVERYTHING = (*figma.oauth.asked_scopes(), "file_variables:read")
FLOW, FOUNDATIONS, ICONS = "TidewaterBookingFlow01", "DriftwoodFoundations01", "PineLabsIcons000000001"


async def run(api: Api, name: str, **arguments: Any) -> Any:
    """Run an operation with arguments under their public names."""
    operation = figma[name]
    api.limit = operation.limit
    return await operation.run(api, **operation.check(arguments))


@dataclass
class Sandbox:
    """A served simulator, and what was seen of it below api.figma.com."""

    simulator: FigmaSimulator
    pinned: Pinned
    browser: httpx2.AsyncClient

    async def connect(self, who: str = seed.ADA, scopes: tuple[str, ...] | None = None) -> TokenAnswer:
        """What the token endpoint gives after somebody allowed it."""
        return await consent(figma, self.simulator, who, scopes)

    async def api(self, who: str = seed.ADA, scopes: tuple[str, ...] | None = None) -> Api:
        """An `Api` for somebody who has just connected."""
        token = await self.connect(who, scopes)
        account = await figma.identity.identify(api_for(figma, self.simulator, token.access_token), token)
        api = api_for(figma, self.simulator, token.access_token, account=account)
        api.scopes = frozenset(scopes or figma.oauth.asked_scopes())
        return api

    async def control(self, what: str, json: Any) -> None:
        """Tell the simulator how to behave."""
        answer = await self.browser.post(f"{self.simulator.url('web')}/_control/{what}", json=json)
        assert answer.status_code == 200, answer.text


def beside_token_endpoints(pinned: Pinned, app: ASGIApp) -> ASGIApp:
    """Figma's document does not describe its token endpoints, so they are not held against it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = app if scope["path"].startswith("/api.figma.com/v1/oauth/") else pinned
        await chosen(scope, receive, send)

    return serve


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[Sandbox]:
    simulator = FigmaSimulator()
    pinned: list[Pinned] = []

    def made(base: str) -> ASGIApp:
        app = simulation([simulator], base)
        pinned.append(Pinned(app, figma_document(), "/api.figma.com"))
        return beside_token_endpoints(pinned[0], app)

    async with serving(made), httpx2.AsyncClient(verify=NO_TLS) as browser:
        yield Sandbox(simulator, pinned[0], browser)


@pytest.fixture
async def loose(served: Sandbox) -> Sandbox:
    """A simulator in its first state, whose exchanges may stray from Figma's document."""
    await served.control("reset", {})
    served.pinned.violations.clear()
    served.pinned.seen.clear()
    return served


@pytest.fixture
async def sandbox(loose: Sandbox) -> AsyncIterator[Sandbox]:
    """A simulator, every exchange with which has to fit Figma's document."""
    yield loose
    assert loose.pinned.violations == []

"""Calls of the simulated GitHub."""

from __future__ import annotations

from typing import Any

import httpx2

from fluxstudio.sdk import Response
from tests.providers.github.conftest import ADA, EVERYTHING, Sandbox

DRIFTWOOD = "/repos/harbour-pine/driftwood"


class Caller:
    """Somebody with a token."""

    def __init__(self, sandbox: Sandbox, token: str) -> None:
        self._sandbox, self.token = sandbox, token

    async def __call__(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = await self.answer(method, path, body or None)
        assert answer.status == status, answer.content
        return answer.json() if answer.content else None

    async def answer(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        return await self._sandbox.raw(self.token, path, method=method, json=body, **headers)


async def caller(sandbox: Sandbox, login: str = "ada-park") -> Caller:
    """Somebody who allowed everything."""
    return Caller(sandbox, (await sandbox.connect(login, EVERYTHING)).access_token)


async def refusal(call: Caller, method: str, path: str, body: Any) -> tuple[int, str]:
    """Status and message of an answer."""
    answer = await call.answer(method, path, body)
    return answer.status, answer.json()["message"]


async def control(sandbox: Sandbox, path: str, **body: object) -> httpx2.Response:
    return await sandbox.browser.post(f"{sandbox.simulator.url('web')}/_control/{path}", json=body)


async def token_of(sandbox: Sandbox, login: str = ADA, scopes: tuple[str, ...] | None = None) -> str:
    return (await sandbox.connect(login, scopes)).access_token

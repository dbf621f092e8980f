"""Calls of the simulated Figma."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator.seed import TOMAS
from tests.providers.figma.conftest import EVERYTHING, Sandbox


async def call(sandbox: Sandbox, token: str, path: str, method: str = "GET", json: Any = None) -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return await sandbox.browser.request(
        method, sandbox.simulator.url("api") + path, headers=headers, json=json
    )


async def token_of(sandbox: Sandbox, *scopes: str, who: str = TOMAS) -> str:
    return (await sandbox.connect(who, scopes or EVERYTHING)).access_token


async def request(
    sandbox: Sandbox, method: str, path: str, token: str, body: Any = None, **headers: str
) -> Any:
    sent = {"authorization": f"Bearer {token}"} if token else {}
    url = sandbox.simulator.url("api") + path
    return await sandbox.browser.request(method, url, json=body, headers={**sent, **headers})

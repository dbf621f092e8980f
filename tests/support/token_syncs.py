"""Syncs of design tokens between the simulated Figma and a repository of the simulated GitHub."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from tests.support.running import Running

FOUNDATIONS = "DriftwoodFoundations01"
SYNCS = "/api/design-tokens/syncs"
REPOSITORY = "harbour-pine/driftwood"
PATH = "tokens/base.json"
WANTED = {"source": {"fileKey": FOUNDATIONS}, "target": {"repository": REPOSITORY, "path": PATH}}


async def connected(product: Running) -> httpx2.AsyncClient:
    ada = await product.client()
    await product.connect(ada, "figma", scopes="file_variables:read")
    await product.connect(ada, "github")
    return ada


async def made(ada: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await ada.post(SYNCS, json={**WANTED, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def ran(ada: httpx2.AsyncClient, sync: dict[str, Any]) -> dict[str, Any]:
    answer = await ada.post(f"{SYNCS}/{sync['id']}/run")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def file_at(ada: httpx2.AsyncClient, **query: str) -> str:
    answer = await ada.get(
        f"/api/integrations/github/repositories/{REPOSITORY}/file", params={"path": PATH, **query}
    )
    assert answer.status_code == 200, answer.text
    return base64.b64decode(answer.json()["content"]).decode()


Repository = Callable[..., Awaitable[Any]]


async def repository_of(product: Running) -> Repository:
    """Calls the simulated GitHub about the repository, as somebody who works on it."""
    simulator = product.simulators["github"]
    token = next(reversed(simulator.grants.tokens))

    async def request(method: str, path: str, **arguments: Any) -> Any:
        headers = {"authorization": f"Bearer {token}", "x-github-api-version": "2026-03-10"}
        async with httpx2.AsyncClient(timeout=60, verify=False) as browser:
            url = f"{simulator.url('api')}/repos/{REPOSITORY}{path}"
            answer = await browser.request(method, url, headers=headers, **arguments)
        assert answer.status_code < 300, answer.text
        return answer.json()

    return request


async def edit(github: Repository, old: str, new: str) -> None:
    """Somebody changes the file on main, by a pull request of their own."""
    main = (await github("GET", "/git/ref/heads/main"))["object"]["sha"]
    branch = f"edit-{main[:8]}"
    await github("POST", "/git/refs", json={"ref": f"refs/heads/{branch}", "sha": main})
    file = await github("GET", f"/contents/{PATH}")
    text = base64.b64decode(file["content"]).decode()
    assert old in text
    content = base64.b64encode(text.replace(old, new, 1).encode()).decode()
    await github(
        "PUT",
        f"/contents/{PATH}",
        json={"message": "Edit", "content": content, "sha": file["sha"], "branch": branch},
    )
    pull = await github("POST", "/pulls", json={"title": "Edit", "head": branch, "base": "main"})
    await github("PUT", f"/pulls/{pull['number']}/merge")


def paint(product: Running, name: str, red: float) -> None:
    """Somebody changes a colour in the design file."""
    simulator: Any = product.simulators["figma"]
    variables = simulator.world.data["variables"][FOUNDATIONS]["variables"]
    variable = next(entry for entry in variables.values() if entry["name"] == name)
    for value in variable["valuesByMode"].values():
        value["r"] = red


def number_of(answer: dict[str, Any]) -> str:
    return str(answer["url"]).rpartition("/")[2]

"""Clients that others wrote, each on the journey it is made for, at the simulators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fluxstudio.providers.github import github
from fluxstudio.providers.github.simulator import GitHubSimulator
from fluxstudio.sdk.simulation import Simulator, simulation
from tests.support.direct import consent
from tests.support.serving import serving
from tests.witnesses.node import node

CLIENTS = Path(__file__).parent / "clients"


async def told_by(client: str, folder: Path, **variables: str) -> dict[str, Any]:
    """What a client's script says in the end."""
    async with node(CLIENTS / f"{client}.mjs", folder / f"{client}.log", **variables) as told:
        return told


@pytest.fixture
async def simulated_github() -> AsyncIterator[Simulator]:
    simulator = GitHubSimulator()
    async with serving(lambda base: simulation([simulator], base)):
        yield simulator


async def test_octokit_brings_tokens_into_a_repository_by_pull_request(
    simulated_github: Simulator, tmp_path: Path
) -> None:
    token = (await consent(github, simulated_github, "ada-park", ("repo",))).access_token
    told = await told_by("octokit", tmp_path, TOKEN=token, API=simulated_github.url("api"))
    exists = {"resource": "PullRequest", "code": "custom"}
    exists["message"] = "A pull request already exists for harbour-pine:fluxstudio/tokens."
    assert told["again"]["message"] == "Reference already exists"
    assert [error["type"] for error in told["stale"]["errors"]] == ["STALE_DATA"]
    assert (told["twice"]["status"], told["twice"]["errors"]) == (422, [exists])
    assert (told["size"], told["found"], told["compared"]) == (True, [True], ["ahead", 1])
    assert told["files"] == [["tokens/base.json", 1, 1]]
    assert (told["parents"], told["merged"], told["after"]) == (2, True, ["closed", True])

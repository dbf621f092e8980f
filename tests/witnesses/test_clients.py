"""Clients that others wrote, each on the journey it is made for, at the simulators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fluxstudio.providers.github import github
from fluxstudio.providers.github.simulator import GitHubSimulator
from fluxstudio.providers.slack import slack
from fluxstudio.providers.slack.simulator import SlackSimulator, seed
from fluxstudio.sdk.simulation import Simulator, simulation
from tests.support.direct import REDIRECT, consent
from tests.support.serving import serving
from tests.witnesses.node import node

CLIENTS = Path(__file__).parent / "clients"


async def told_by(client: str, folder: Path, **variables: str) -> dict[str, Any]:
    """What a client's script says in the end."""
    async with node(CLIENTS / f"{client}.mjs", folder / f"{client}.log", **variables) as text:
        return text


@pytest.fixture
async def simulated_github() -> AsyncIterator[Simulator]:
    simulator = GitHubSimulator()
    async with serving(lambda base: simulation([simulator], base)):
        yield simulator


@pytest.fixture
async def simulated_slack() -> AsyncIterator[Simulator]:
    simulator = SlackSimulator()
    async with serving(lambda base: simulation([simulator], base)):
        yield simulator


async def test_octokit_brings_tokens_into_a_repository_by_pull_request(
    simulated_github: Simulator, tmp_path: Path
) -> None:
    token = (await consent(github, simulated_github, "ada-park", ("repo",))).access_token
    text = await told_by("octokit", tmp_path, TOKEN=token, API=simulated_github.url("api"))
    exists = {"resource": "PullRequest", "code": "custom"}
    exists["message"] = "A pull request already exists for harbour-pine:fluxstudio/tokens."
    assert text["again"]["message"] == "Reference already exists"
    assert [error["type"] for error in text["stale"]["errors"]] == ["STALE_DATA"]
    assert (text["twice"]["status"], text["twice"]["errors"]) == (422, [exists])
    assert (text["size"], text["found"], text["compared"]) == (True, [True], ["ahead", 1])
    assert text["files"] == [["tokens/base.json", 1, 1]]
    assert (text["parents"], text["merged"], text["after"]) == (2, True, ["closed", True])


async def test_oauth_app_makes_checks_resets_and_ends_a_token(
    simulated_github: Simulator, tmp_path: Path
) -> None:
    text = await told_by(
        "oauth-app",
        tmp_path,
        ID=simulated_github.app_id,
        SECRET=simulated_github.app_secret,
        API=f"{simulated_github.url('web')}/api/v3",
        REDIRECT=REDIRECT,
    )
    assert text == {"scopes": ["repo"], "login": "ada-park", "old": 404, "user": "ada-park", "ended": 404}


async def test_slacks_client_writes_reacts_reads_and_uploads(
    simulated_slack: Simulator, tmp_path: Path
) -> None:
    scopes = ("chat:write", "reactions:read", "reactions:write", "users:read", "files:write", "files:read")
    token = (await consent(slack, simulated_slack, seed.HARBOUR, scopes)).access_token
    text = await told_by("slack", tmp_path, TOKEN=token, API=f"{simulated_slack.url('web')}/api/")
    assert (text["changed"], text["reactions"], text["scopes"]) == ("Two", [["eyes", 1]], True)
    assert text["names"] == ["ada", "tomas", "mei", "jonah", "priya", "fluxstudio"]
    assert (text["file"], text["broken"], text["gone"]) == ("tide.txt", "invalid_blocks", "message_not_found")


async def test_slacks_installer_gets_tokens_of_the_bot_and_of_a_person(
    simulated_slack: Simulator, tmp_path: Path
) -> None:
    text = await told_by(
        "install",
        tmp_path,
        ID=simulated_slack.app_id,
        SECRET=simulated_slack.app_secret,
        WEB=simulated_slack.url("web"),
        REDIRECT=REDIRECT,
    )
    assert text == {"heard": "installed", "bot": True, "person": seed.MEI, "userScopes": ["users:read"]}

"""A sync's branch: others' commits stay, a rewritten one waits, and a run that died is taken up."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from fluxstudio.core.design_tokens.syncs import TokenSyncs
from fluxstudio.sdk.simulation import Fault
from tests.support.running import Running
from tests.support.token_syncs import (
    PATH,
    SYNCS,
    Repository,
    connected,
    edit,
    file_at,
    made,
    number_of,
    paint,
    ran,
    repository_of,
)

FORGET = "UPDATE design_token_syncs SET proposal = NULL"


def branch_of(sync: dict[str, Any]) -> str:
    return f"fluxstudio/tokens-{sync['id'][:8]}"


async def commit(github: Repository, branch: str, old: str, new: str) -> None:
    """Somebody else changes the file on a branch."""
    file = await github("GET", f"/contents/{PATH}?ref={branch}")
    text = base64.b64decode(file["content"]).decode()
    assert old in text
    content = base64.b64encode(text.replace(old, new, 1).encode()).decode()
    body = {"message": "Review", "content": content, "sha": file["sha"], "branch": branch}
    await github("PUT", f"/contents/{PATH}", json=body)


async def red(ada: httpx2.AsyncClient, branch: str) -> tuple[float, int]:
    tokens = json.loads(await file_at(ada, branch=branch))
    color = tokens["Palette"]["Coral"]["500"]["$value"]["components"][0]
    return color, tokens["radius"]["small"]["$value"]["value"]


async def test_commits_of_others_on_the_branch_stay_and_a_rewritten_branch_waits(running: Running) -> None:
    ada, github = await connected(running), await repository_of(running)
    sync = await made(ada)
    branch = branch_of(sync)
    first = await ran(ada, sync)
    await commit(github, branch, '"value": 6,', '"value": 7,')
    paint(running, "Coral/500", 0.2)
    assert (await ran(ada, sync))["url"] == first["url"]
    assert await red(ada, branch) == (0.2, 7)
    pull = await github("GET", f"/pulls/{number_of(first)}")
    assert pull["commits"] == 3
    await ran(ada, sync)
    assert (await github("GET", f"/pulls/{number_of(first)}"))["commits"] == 3

    main = (await github("GET", "/git/ref/heads/main"))["object"]["sha"]
    await github("PATCH", f"/git/refs/heads/{branch}", json={"sha": pull["base"]["sha"], "force": True})
    assert pull["base"]["sha"] == main
    file = await github("GET", f"/contents/{PATH}")
    text = base64.b64decode(file["content"]).decode().replace('"value": 6,', '"value": 9,', 1)
    body = {"message": "Mine", "content": base64.b64encode(text.encode()).decode(), "sha": file["sha"]}
    await github("PUT", f"/contents/{PATH}", json={**body, "branch": branch})
    paint(running, "Coral/500", 0.4)
    is_open = (await github("GET", f"/pulls/{number_of(first)}"))["state"] == "open"
    refused = await ada.post(f"{SYNCS}/{sync['id']}/run")
    assert (refused.status_code, refused.json()["code"]) == (409, "CONFLICT")
    assert json.loads(await file_at(ada, branch=branch))["radius"]["small"]["$value"]["value"] == 9
    if is_open:
        again = await ada.post(f"{SYNCS}/{sync['id']}/run", params={"restart": "true"})
        assert again.status_code == 200, again.text
        assert await red(ada, branch) == (0.4, 9)


async def test_what_a_run_that_died_has_pushed_is_known_again(running: Running) -> None:
    ada, github = await connected(running), await repository_of(running)
    sync = await made(ada)
    branch = branch_of(sync)
    first = await ran(ada, sync)
    await running.services.db.execute(FORGET)
    paint(running, "Coral/500", 0.2)
    assert (await ran(ada, sync))["url"] == first["url"]
    assert (await red(ada, branch))[0] == 0.2
    await running.services.db.execute(FORGET)
    await commit(github, branch, '"value": 6,', '"value": 7,')
    paint(running, "Sun/300", 0.3)
    assert (await ran(ada, sync))["url"] == first["url"]
    assert await red(ada, branch) == (0.2, 7)


@pytest.mark.parametrize("step", [r"POST .*/graphql$", r"POST .*/pulls$"])
async def test_a_run_that_failed_halfway_is_taken_up_after_the_target_went_on(
    running: Running, step: str
) -> None:
    ada, github = await connected(running), await repository_of(running)
    sync = await made(ada)
    refused = Fault(match=step, status=403, body={"message": "Resource not accessible by integration"})
    running.simulators["github"].faults.active.append(refused)
    assert (await ada.post(f"{SYNCS}/{sync['id']}/run")).status_code >= 400
    running.simulators["github"].faults.active.clear()
    await edit(github, '"value": 6,', '"value": 7,')
    paint(running, "Coral/500", 0.2)
    pull = await ran(ada, sync)
    assert pull["outcome"] == "pull_request"
    await github("PUT", f"/pulls/{number_of(pull)}/merge")
    assert await red(ada, "main") == (0.2, 7)


async def test_a_branch_with_a_commit_of_somebodys_and_no_pull_request_is_left_alone(
    running: Running,
) -> None:
    ada, github = await connected(running), await repository_of(running)
    sync = await made(ada)
    main = (await github("GET", "/git/ref/heads/main"))["object"]["sha"]
    await github("POST", "/git/refs", json={"ref": f"refs/heads/{branch_of(sync)}", "sha": main})
    await commit(github, branch_of(sync), '"value": 6,', '"value": 7,')
    answer = await ada.post(f"{SYNCS}/{sync['id']}/run")
    assert (answer.status_code, answer.json()["reason"]) == (409, "moved")
    tokens = json.loads(await file_at(ada, branch=branch_of(sync)))
    assert tokens["radius"]["small"]["$value"]["value"] == 7


async def test_a_sync_that_is_due_is_due_again_where_its_worker_dies(running: Running) -> None:
    ada = await connected(running)
    sync = await made(ada, schedule="0 9 * * 1")
    db, syncs = running.services.db, TokenSyncs(running.services.db)
    await db.execute("UPDATE design_token_syncs SET next_at = now()")
    [due] = await syncs.due()
    assert await syncs.due() == []
    assert await db.fetchval("SELECT next_at FROM design_token_syncs") == due.claimed_until
    await db.execute("UPDATE design_token_syncs SET next_at = now()")
    await syncs.move_on(due, None)
    assert [again.id for again in await syncs.due()] == [due.id]
    token = await syncs.take(UUID(sync["id"]))
    until = "SELECT busy_until FROM design_token_syncs"
    before = await db.fetchval(until)
    assert await syncs.renew(UUID(sync["id"]), token)
    assert await db.fetchval(until) > before
    assert not await syncs.renew(UUID(sync["id"]), uuid4())

"""A sync from end to end: one pull request, whoever runs it however often, and nothing for strangers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.support.running import Running
from tests.support.token_syncs import (
    FOUNDATIONS,
    PATH,
    REPOSITORY,
    SYNCS,
    WANTED,
    connected,
    edit,
    file_at,
    made,
    number_of,
    paint,
    ran,
    repository_of,
)


async def test_a_first_sync_adopts_the_file_and_opens_one_pull_request(running: Running) -> None:
    ada = await connected(running)
    sync = await made(ada)
    before = await file_at(ada)
    seen = (await ada.post(f"{SYNCS}/{sync['id']}/preview")).json()
    assert {change["kind"] for change in seen["changes"]} == {"added"}
    assert seen["conflicts"] == []
    assert not [line for line in seen["diff"].splitlines() if line.startswith("-") and line.strip("-") == ""]
    first = await ran(ada, sync)
    assert (first["outcome"], first["url"][:4]) == ("pull_request", "http")
    assert await file_at(ada) == before
    branch = f"fluxstudio/tokens-{sync['id'].replace('-', '')[:8]}"
    proposed = json.loads(await file_at(ada, branch=branch))
    assert proposed["radius"] == json.loads(before)["radius"]
    assert proposed["Palette"]["Harbour"]["700"]["$extensions"]["com.figma.variableId"]
    again = await ran(ada, sync)
    assert again["url"] == first["url"]
    runs = (await ada.get(f"{SYNCS}/{sync['id']}/runs")).json()["runs"]
    assert [run["outcome"] for run in runs] == ["pull_request", "pull_request"]
    assert (await ada.get(f"{SYNCS}/{sync['id']}")).json()["pullRequest"] == first["url"]


async def test_whoever_agreed_to_less_is_asked_again_before_the_first_pull_request(running: Running) -> None:
    ada = await connected(running)
    sync = await made(ada)
    await running.age_consents("github")
    for answer in (await ada.post(f"{SYNCS}/{sync['id']}/run"), await ada.post(SYNCS, json=WANTED)):
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING"), answer.text
        assert "Reconnect GitHub" in answer.json()["message"]
    await running.connect(ada, "github")
    assert (await ran(ada, sync))["outcome"] == "pull_request"
    await running.age_consents("github")
    assert (await ran(ada, sync))["outcome"] == "pull_request"


async def test_two_runs_at_once_make_one_pull_request(running: Running) -> None:
    ada = await connected(running)
    sync = await made(ada)
    answers = await asyncio.gather(*(ada.post(f"{SYNCS}/{sync['id']}/run") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert {answer.status_code for answer in answers} <= {200, 409}
    urls = {answer.json()["url"] for answer in answers if answer.status_code == 200}
    assert len(urls) == 1


async def test_nobody_else_sees_or_runs_a_sync(running: Running) -> None:
    ada, eve = await connected(running), await running.client("eve")
    sync = await made(ada)
    assert (await eve.get(SYNCS)).json()["syncs"] == []
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/run"),
        ("POST", "/preview"),
        ("GET", "/runs"),
    ):
        answer = await eve.request(
            method, f"{SYNCS}/{sync['id']}{path}", json={} if method == "PATCH" else None
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), (method, path)


async def test_a_deleted_sync_is_gone_with_its_history(running: Running) -> None:
    ada = await connected(running)
    sync = await made(ada)
    await ran(ada, sync)
    assert (await ada.delete(f"{SYNCS}/{sync['id']}")).status_code == 204
    assert (await ada.get(SYNCS)).json()["syncs"] == []
    assert (await ada.get(f"{SYNCS}/{sync['id']}/runs")).status_code == 404
    assert (await ada.delete(f"{SYNCS}/{sync['id']}")).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"source": {"fileKey": "../x"}},
        {"source": {"fileKey": "\u0000"}},
        {"target": {"repository": "nobody/nothing", "path": PATH}},
        {"target": {"repository": REPOSITORY, "path": "tokens"}},
        {"target": {"repository": REPOSITORY, "path": PATH, "branch": "nowhere"}},
        {"policy": "always"},
        {"schedule": "whenever"},
    ],
)
async def test_a_sync_that_cannot_work_is_refused_and_not_kept(
    running: Running, change: dict[str, Any]
) -> None:
    ada = await connected(running)
    wanted = {
        "source": {"fileKey": FOUNDATIONS},
        "target": {"repository": REPOSITORY, "path": PATH},
        **change,
    }
    answer = await ada.post(SYNCS, json=wanted)
    assert answer.status_code in {400, 404}, answer.text
    assert (await ada.get(SYNCS)).json()["syncs"] == []


async def test_both_sides_are_edited_and_nobodys_work_is_lost(running: Running) -> None:
    ada, github = await connected(running), await repository_of(running)
    sync = await made(ada)
    first = await ran(ada, sync)
    await github("PUT", f"/pulls/{number_of(first)}/merge")
    assert (await ran(ada, sync))["outcome"] == "nothing"

    paint(running, "Coral/500", 0.2)
    await edit(github, '"value": 6,', '"value": 7,')
    second = await ran(ada, sync)
    changed = [(change["path"], change["field"]) for change in second["changes"]]
    assert (second["outcome"], changed) == ("pull_request", [("Palette.Coral.500", "$value")])
    pull = await github("GET", f"/pulls/{number_of(second)}")
    assert (pull["commits"], pull["additions"], pull["deletions"]) == (
        1,
        pull["deletions"],
        pull["deletions"],
    )
    assert "Palette.Coral.500" in pull["body"]
    assert (await ran(ada, sync))["url"] == second["url"]
    again = await github("GET", f"/pulls/{number_of(second)}")
    assert (again["head"]["sha"], again["updated_at"]) == (pull["head"]["sha"], pull["updated_at"])

    await github("PATCH", f"/pulls/{number_of(second)}", json={"state": "closed"})
    assert (await ran(ada, sync))["outcome"] == "nothing"
    paint(running, "Coral/500", 0.4)
    third = await ran(ada, sync)
    assert third["outcome"] == "pull_request"
    assert third["url"] != second["url"]
    await github("PUT", f"/pulls/{number_of(third)}/merge")
    merged = json.loads(await file_at(ada))
    assert merged["Palette"]["Coral"]["500"]["$value"]["components"][0] == 0.4
    assert merged["radius"]["small"]["$value"]["value"] == 7
    assert (await ran(ada, sync))["outcome"] == "nothing"


async def test_a_conflict_is_decided_one_by_one(running: Running) -> None:
    ada, github = await connected(running), await repository_of(running)
    sync = await made(ada)
    await github("PUT", f"/pulls/{number_of(await ran(ada, sync))}/merge")
    await ran(ada, sync)
    paint(running, "Coral/500", 0.2)
    before = json.loads(await file_at(ada))["Palette"]["Coral"]["500"]["$value"]["components"][0]
    await edit(github, f"{before},", "0.9,")
    (conflict,) = (await ran(ada, sync))["conflicts"]
    assert (conflict["path"], conflict["theirs"]["components"][0]) == ("Palette.Coral.500", 0.9)
    decision = {"path": conflict["path"], "field": conflict["field"], "take": "figma"}
    assert (await ada.post(f"{SYNCS}/{sync['id']}/decisions", json=decision)).status_code == 200
    decided = await ran(ada, sync)
    assert (decided["outcome"], decided["conflicts"]) == ("pull_request", [])
    decision["take"] = "repository"
    assert (
        await ada.post(f"{SYNCS}/{sync['id']}/decisions", json={**decision, "path": "x"})
    ).status_code == 400


async def test_tokens_of_a_file_are_also_written_as_older_tools_read_them(running: Running) -> None:
    ada = await connected(running)
    address = f"/api/integrations/figma/files/{FOUNDATIONS}/tokens"
    tokens = (await ada.get(address, params={"format": "legacy"})).json()["tokens"]
    white = tokens["Palette"]["White"]
    assert (white["type"], white["value"]) == ("color", "#ffffff")
    assert "$value" not in json.dumps(tokens)
    assert "$value" in (await ada.get(address)).json()["tokens"]["Palette"]["White"]
    assert (await ada.get(address, params={"format": "css"})).status_code == 400

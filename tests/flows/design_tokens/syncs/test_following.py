"""Events bring a sync forward: those of its file and of its branch, never those of its own proposals."""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.core.design_tokens.syncs import TokenSyncs
from fluxstudio.flows.design_tokens.syncs.following import follow
from fluxstudio.flows.design_tokens.syncs.running import run_due
from tests.support.running import Running
from tests.support.token_syncs import FOUNDATIONS, REPOSITORY, SYNCS, connected, made

DUE_NOW = "UPDATE design_token_syncs SET next_at = now() WHERE next_at IS NOT NULL"
WAITING = "SELECT count(*) FROM design_token_syncs WHERE next_at > now()"


def figma(kind: str, file_key: str, **more: Any) -> dict[str, Any]:
    """An event of Figma's."""
    payload = {"file_key": file_key, "event_type": kind}
    return {"provider": "figma", "event_type": kind, "payload": payload, "owner_id": None, **more}


def push(ref: str, **more: Any) -> dict[str, Any]:
    """An event of GitHub's."""
    repository = {"full_name": REPOSITORY.upper(), "default_branch": "main"}
    payload = {"ref": ref, "repository": repository, **more}
    return {"provider": "github", "event_type": "push", "payload": payload, "owner_id": None}


async def followed(running: Running, *events: dict[str, Any]) -> int:
    """Handle events; how many syncs wait to be run after that."""
    async with running.services.db.transaction() as connection:
        await follow(running.services, connection, events)
    return int(await running.services.db.fetchval(WAITING))


@pytest.mark.parametrize(
    "event",
    [figma("LIBRARY_PUBLISH", FOUNDATIONS), figma("FILE_UPDATE", FOUNDATIONS), push("refs/heads/main")],
)
async def test_several_events_of_one_kind_are_followed_by_one_run(
    running: Running, event: dict[str, Any]
) -> None:
    ada = await connected(running)
    sync = await made(ada)
    assert await followed(running, event, event) == 1
    await running.services.db.execute(DUE_NOW)
    await run_due(running.services)
    await run_due(running.services)
    runs = (await ada.get(f"{SYNCS}/{sync['id']}/runs")).json()["runs"]
    assert [run["outcome"] for run in runs] == ["pull_request"]
    assert await TokenSyncs(running.services.db).due() == []


async def test_other_files_other_branches_and_its_own_proposals_start_nothing(running: Running) -> None:
    ada = await connected(running)
    sync = await made(ada)
    own = f"refs/heads/fluxstudio/tokens-{sync['id'].replace('-', '')[:8]}"
    stranger = await running.services.users.guest("eve@elsewhere.example", "Eve")
    others = [
        figma("FILE_UPDATE", "PineLabsIcons000000001"),
        figma("FILE_COMMENT", FOUNDATIONS),
        figma("FILE_UPDATE", FOUNDATIONS, owner_id=stranger.user_id),
        push(own),
        push("refs/tags/main"),
        push("refs/heads/main", deleted=True),
        {**push("refs/heads/main"), "payload": {"ref": None, "repository": []}},
    ]
    assert await followed(running, *others) == 0

"""Files are read at one commit, and proposed without a second branch or pull request."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fluxstudio.errors import Conflict, InvalidRequest, NotFound
from fluxstudio.providers.github import github
from fluxstudio.providers.github.simulator.events import happen
from tests.providers.github.conftest import Sandbox, run

PLACE = {"owner": "harbour-pine", "repo": "driftwood"}
PATH = "tokens/base.json"
BRANCH = "fluxstudio/tokens-1a2b3c4d"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def proposed(api: Any, start: str, text: str, **more: Any) -> Any:
    arguments = {"path": PATH, "content": encoded(text), "branch": BRANCH, "base": "main", "start": start}
    return await run(
        api, "propose", **PLACE, **arguments, title="Update 1 design token", body="Words", **more
    )


async def test_a_file_is_read_with_the_commit_it_was_read_at(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    read = await run(api, "file", **PLACE, path=PATH)
    assert read["branch"] == "main"
    assert len(read["commit"]) == 40
    assert b'"radius"' in base64.b64decode(read["content"])
    assert (await run(api, "file", **PLACE, path="tokens/none.json"))["content"] is None
    with pytest.raises(InvalidRequest, match="folder"):
        await run(api, "file", **PLACE, path="tokens")
    with pytest.raises(NotFound, match="no branch"):
        await run(api, "file", **PLACE, path=PATH, branch="nowhere")


async def test_a_file_is_no_folder_and_a_path_is_no_branch_to_compare(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(InvalidRequest, match="not a folder"):
        await run(api, "folder", **PLACE, path=PATH)
    with pytest.raises(NotFound, match="no folder nowhere"):
        await run(api, "folder", **PLACE, path="nowhere")
    for hostile in ("../../hostile", "%2e%2e%2fhostile", "hostile?a=b#c"):
        sandbox.pinned.seen.clear()
        with pytest.raises(InvalidRequest):
            await run(api, "compare", **PLACE, base=hostile, head="main")
        assert sandbox.pinned.seen == []


async def test_proposing_again_makes_nothing_new(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    start = (await run(api, "file", **PLACE, path=PATH))["commit"]
    first = await proposed(api, start, "{}\n")
    again = await proposed(api, start, "{}\n", head=first["head"])
    assert (again["number"], again["head"], again["updated_at"]) == (
        first["number"],
        first["head"],
        first["updated_at"],
    )
    more = await proposed(api, start, '{"a": {}}\n', head=first["head"])
    assert more["number"] == first["number"]
    assert more["head"] != first["head"]
    shown = await run(api, "proposal", **PLACE, branch=BRANCH, base="main")
    assert (shown["head"], shown["pull"]["number"]) == (more["head"], first["number"])


async def test_somebody_elses_commit_on_the_branch_is_left_alone(loose: Sandbox) -> None:
    api = await loose.api()
    start = (await run(api, "file", **PLACE, path=PATH))["commit"]
    first = await proposed(api, start, "{}\n")
    await proposed(api, start, '{"theirs": {}}\n')
    with pytest.raises(Conflict, match="Someone else"):
        await proposed(api, start, '{"ours": {}}\n', head=first["head"])
    stored = await run(api, "file", **PLACE, path=PATH, branch=BRANCH)
    assert base64.b64decode(stored["content"]) == b'{"theirs": {}}\n'


async def told_since(loose: Sandbox, earlier: int) -> list[tuple[str, Any]]:
    deliveries = loose.simulator.deliveries
    await deliveries.settled()
    return [(entry["event"], entry["payload"]) for entry in deliveries.log[earlier:]]


def is_ours(event: tuple[str, Any], changed: set[str]) -> bool:
    assert github.webhooks is not None
    return bool(changed & set(github.webhooks.self_events.event_subjects(*event)))


async def test_every_move_of_a_branch_of_ours_is_known_again_and_no_other_is(loose: Sandbox) -> None:  # R65
    api = await loose.api()
    start = (await run(api, "file", **PLACE, path=PATH))["commit"]
    loose.simulator.follow_everything("http://127.0.0.1:9/nowhere")
    at: dict[str, Any] = {"repository": "harbour-pine/driftwood", "branch": BRANCH}
    changes, head = github["propose"].changes, None
    assert changes is not None
    seen: set[tuple[str, Any, Any]] = set()
    changed: set[str] = set()
    for text in ("{}\n", '{"a": {}}\n', '{"b": {}}\n'):
        earlier = len(loose.simulator.deliveries.log)
        more: dict[str, Any] = {"head": head} if head else {}
        pull = await proposed(api, start, text, **more)
        changed = set(changes({**PLACE, "branch": BRANCH, **more}, pull))
        for event in await told_since(loose, earlier):
            assert is_ours(event, changed), (event, changed)
            seen.add((event[0], event[1].get("action"), event[1].get("forced")))
        head = pull["head"]
        if text == '{"a": {}}\n':
            happen(
                loose.simulator, {**at, "event": "pull_request", "action": "closed", "number": pull["number"]}
            )
            await loose.simulator.deliveries.settled()
    assert seen >= {
        ("create", None, None),
        ("push", None, False),
        ("push", None, True),
        ("pull_request", "opened", None),
        ("pull_request", "synchronize", None),
    }
    earlier = len(loose.simulator.deliveries.log)
    happen(loose.simulator, {**at, "event": "push", "files": {"README.md": "By hand"}})
    (by_hand,) = [event for event in await told_since(loose, earlier) if event[0] == "push"]
    assert not is_ours(by_hand, changed)


async def test_what_is_no_base64_is_refused(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    start = (await run(api, "file", **PLACE, path=PATH))["commit"]
    with pytest.raises(InvalidRequest, match="base64"):
        await run(
            api,
            "propose",
            **PLACE,
            path=PATH,
            content="%%%",
            branch=BRANCH,
            base="main",
            start=start,
            title="Title",
            body="",
        )

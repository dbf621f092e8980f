"""Files are read at one commit, and proposed without a second branch or pull request."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fluxstudio.errors import Conflict, InvalidRequest, NotFound
from tests.providers.github.conftest import Sandbox, run

PLACE = {"owner": "harbour-pine", "repo": "driftwood"}
PATH = "tokens/base.json"
BRANCH = "fluxstudio/tokens-1a2b3c4d"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def proposed(api: Any, start: str, text: str, **more: Any) -> Any:
    given = {"path": PATH, "content": encoded(text), "branch": BRANCH, "base": "main", "start": start}
    return await run(api, "propose", **PLACE, **given, title="Update 1 design token", body="Words", **more)


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


async def test_proposing_again_makes_nothing_new(loose: Sandbox) -> None:
    api = await loose.api()
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
    # GraphQL is in no OpenAPI document; tests/providers/github/test_graphql.py holds it against its schema.
    assert [line for line in loose.pinned.violations if "/graphql" not in line] == []


async def test_somebody_elses_commit_on_the_branch_is_left_alone(loose: Sandbox) -> None:
    api = await loose.api()
    start = (await run(api, "file", **PLACE, path=PATH))["commit"]
    first = await proposed(api, start, "{}\n")
    await proposed(api, start, '{"theirs": {}}\n')
    with pytest.raises(Conflict, match="Somebody else"):
        await proposed(api, start, '{"ours": {}}\n', head=first["head"])
    kept = await run(api, "file", **PLACE, path=PATH, branch=BRANCH)
    assert base64.b64decode(kept["content"]) == b'{"theirs": {}}\n'


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

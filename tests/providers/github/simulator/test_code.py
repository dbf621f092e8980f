"""Files, git data and references of the simulated GitHub, held against GitHub's own document."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fluxstudio.sdk import Limit
from tests.providers.github.conftest import Sandbox
from tests.providers.github.simulator.calls import DRIFTWOOD, Caller, caller, refusal

SKETCHBOOK = "/repos/ada-park/sketchbook"
BASE64_OF_HI = base64.b64encode(b"hi\n").decode()


async def test_files_are_read_by_path_as_json_and_as_they_are(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    folder = await call("GET", f"{DRIFTWOOD}/contents/tokens")
    assert [entry["name"] for entry in folder] == ["base.json"]
    file = await call("GET", f"{DRIFTWOOD}/contents/tokens/base.json")
    text = base64.b64decode(file["content"])
    blob = await call("GET", f"{DRIFTWOOD}/git/blobs/{file['sha']}")
    assert base64.b64decode(blob["content"]) == text
    assert (file["size"], b'"radius"' in text) == (len(text), True)
    for where in (f"{DRIFTWOOD}/contents/nowhere", f"{DRIFTWOOD}/contents/README.md?ref=nowhere"):
        await call("GET", where, 404)
    assert (await call("GET", f"{DRIFTWOOD}/readme"))["path"] == "README.md"


async def test_a_file_is_raw_where_accept_asks_for_it(loose: Sandbox) -> None:
    call = await caller(loose)
    raw = await call.answer(
        "GET", f"{DRIFTWOOD}/contents/tokens/base.json", accept="application/vnd.github.raw+json"
    )
    assert raw.content.startswith(b"{\n")
    assert raw.headers["content-type"].startswith("application/vnd.github.raw+json")


async def test_what_is_larger_than_a_megabyte_comes_without_content(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    large = base64.b64encode(b"x" * 1_048_577).decode()
    await call("PUT", f"{SKETCHBOOK}/contents/large.txt", 201, message="Large", content=large)
    file = await call("GET", f"{SKETCHBOOK}/contents/large.txt")
    assert (file["content"], file["encoding"], file["size"]) == ("", "none", 1_048_577)


async def test_a_file_is_created_changed_and_deleted_with_the_id_of_what_it_replaces(
    sandbox: Sandbox,
) -> None:
    call = await caller(sandbox)
    path = f"{SKETCHBOOK}/contents/tokens/new%20one.json"
    made = await call("PUT", path, 201, message="Add", content=BASE64_OF_HI)
    first = made["content"]["sha"]
    assert made["content"]["path"] == "tokens/new one.json"
    changed = await call("PUT", path, message="Change", content="aG8=", sha=first)
    assert changed["commit"]["parents"][0]["sha"] == made["commit"]["sha"]
    gone = await call("DELETE", path, message="Remove", sha=changed["content"]["sha"])
    assert gone["content"] is None
    await call("GET", path, 404)
    tip = (await call("GET", f"{SKETCHBOOK}/branches/main"))["commit"]["sha"]
    assert tip == gone["commit"]["sha"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"message": "x"}, 422, 'Invalid request.\n\n"content" wasn\'t supplied.'),
        ({}, 422, 'Invalid request.\n\n"message", "content" weren\'t supplied.'),
        # QasimWani/LeetHub#493
        (
            {"message": "x", "content": "aGk=", "sha": None},
            422,
            "Invalid request.\n\nFor 'properties/sha', nil is not a string.",
        ),
        ({"message": "x", "content": "!"}, 422, "content is not valid Base64"),
        # octokit/octokit.rb#992
        ({"message": "x", "content": "aGk="}, 422, 'Invalid request.\n\n"sha" wasn\'t supplied.'),
        # agorapulse/pierrot#45
        (
            {"message": "x", "content": "aGk=", "sha": "0" * 40},
            409,
            "README.md does not match 0000000000000000000000000000000000000000",
        ),
        ({"message": "x", "content": "aGk=", "branch": "nowhere"}, 404, "Branch nowhere not found"),
    ],
)
async def test_a_file_that_cannot_be_written_is_refused_as_github_refuses_it(
    loose: Sandbox, body: dict[str, Any], status: int, message: str
) -> None:
    call = await caller(loose)
    assert await refusal(call, "PUT", f"{SKETCHBOOK}/contents/README.md", body) == (status, message)


async def test_a_protected_branch_takes_pull_requests_only(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    main = (await call("GET", f"{DRIFTWOOD}/git/ref/heads/main"))["object"]["sha"]
    parent = (await call("GET", f"{DRIFTWOOD}/git/commits/{main}"))["parents"][0]["sha"]
    text = "Changes must be made through a pull request."
    file = {"message": "x", "content": BASE64_OF_HI}
    # BobAnkh/auto-generate-changelog#78, googleapis/repo-automation-bots#5551
    assert await refusal(call, "PUT", f"{DRIFTWOOD}/contents/new.txt", file) == (
        409,
        f"Could not create file: {text}",
    )
    commit = await call(
        "POST", f"{DRIFTWOOD}/git/commits", 201, message="x", tree=await tree_of(call, main), parents=[main]
    )
    moves = f"{DRIFTWOOD}/git/refs/heads/main"
    assert await refusal(call, "PATCH", moves, {"sha": commit["sha"]}) == (422, text)
    assert (await refusal(call, "PATCH", moves, {"sha": parent, "force": True}))[0] == 422
    admin = await caller(sandbox, "jonah-reed")
    await admin("PUT", "/repos/harbour-pine/tidewater-web/contents/new.txt", 201, **file)


async def test_a_protected_branch_is_not_deleted(loose: Sandbox) -> None:
    call = await caller(loose)
    where = f"{DRIFTWOOD}/git/refs/heads/main"
    assert await refusal(call, "DELETE", where, None) == (422, "Cannot delete this branch")


async def tree_of(call: Caller, commit: str) -> str:
    """The id of a commit's tree."""
    return str((await call("GET", f"{DRIFTWOOD}/git/commits/{commit}"))["tree"]["sha"])


async def test_many_files_are_committed_at_once_by_git_data(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    main = (await call("GET", f"{DRIFTWOOD}/git/ref/heads/main"))["object"]["sha"]
    blob = await call("POST", f"{DRIFTWOOD}/git/blobs", 201, content="aGk=", encoding="base64")
    lines = [
        {"path": "tokens/dark.json", "mode": "100644", "type": "blob", "content": "{}\n"},
        {"path": "bin/go", "mode": "100755", "type": "blob", "sha": blob["sha"]},
        {"path": "package.json", "mode": "100644", "type": "blob", "sha": None},
    ]
    tree = await call("POST", f"{DRIFTWOOD}/git/trees", 201, base_tree=await tree_of(call, main), tree=lines)
    oklch = (await call("GET", f"{DRIFTWOOD}/git/ref/heads/oklch"))["object"]["sha"]
    who = {"name": "Bot", "email": "bot@example.com", "date": "2026-11-30T12:00:00+02:00"}
    commit = await call(
        "POST",
        f"{DRIFTWOOD}/git/commits",
        201,
        message="Merge",
        tree=tree["sha"],
        parents=[main, oklch],
        author=who,
    )
    assert commit["author"] == {**who, "date": "2026-11-30T10:00:00Z"}
    await call("POST", f"{DRIFTWOOD}/git/refs", 201, ref="refs/heads/fluxstudio/tokens-1", sha=commit["sha"])
    branch = await call("GET", f"{DRIFTWOOD}/branches/fluxstudio%2Ftokens-1")
    assert branch["commit"]["sha"] == commit["sha"]
    whole = await call("GET", f"{DRIFTWOOD}/git/trees/{commit['sha']}?recursive=1")
    entries = {entry["path"]: entry["mode"] for entry in whole["tree"]}
    assert (entries["bin/go"], "package.json" in entries) == ("100755", False)
    compared = await call("GET", f"{DRIFTWOOD}/compare/main...fluxstudio/tokens-1")
    assert (compared["status"], compared["ahead_by"]) == ("ahead", 2)
    statuses = {file["filename"]: file["status"] for file in compared["files"]}
    assert statuses["package.json"] == "removed"
    shown = await call("GET", f"{DRIFTWOOD}/commits/fluxstudio/tokens-1")
    assert shown["stats"]["total"] == sum(file["changes"] for file in shown["files"])


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("git/refs", {"ref": "refs/heads/main", "sha": "{main}"}, "Reference already exists"),
        ("git/refs", {"ref": "refs/heads/main/a", "sha": "{main}"}, "Reference update failed"),
        ("git/refs", {"ref": "refs/heads/x", "sha": "0" * 40}, "Object does not exist"),
        (
            "git/refs",
            {"ref": "heads/x", "sha": "{main}"},
            "Reference name must start with 'refs' and contain at least 2 slashes",
        ),
        ("git/refs", {"ref": "refs/heads/a..b", "sha": "{main}"}, "refs/heads/a..b is not a valid ref name."),
        ("git/commits", {"message": "x", "tree": "0" * 40}, "Tree SHA does not exist"),
        ("git/trees", {"base_tree": "0" * 40, "tree": []}, "base_tree is not a valid tree oid"),
        (
            "git/trees",
            {"tree": [{"path": "a", "mode": "100644", "type": "blob", "sha": "0" * 40}]},
            f"tree.sha {'0' * 40} is not a valid blob",
        ),
        (
            "git/trees",
            {"base_tree": "{main}", "tree": [{"path": "no/such", "mode": "100644", "sha": None}]},
            "GitRPC::BadObjectState",
        ),
    ],
)
async def test_git_data_that_cannot_be_written_is_refused_as_github_refuses_it(
    sandbox: Sandbox, path: str, body: dict[str, Any], message: str
) -> None:
    call = await caller(sandbox)
    main = (await call("GET", f"{SKETCHBOOK}/git/ref/heads/main"))["object"]["sha"]
    sent = {name: main if value == "{main}" else value for name, value in body.items()}
    assert await refusal(call, "POST", f"{SKETCHBOOK}/{path}", sent) == (422, message)


async def test_a_branch_moves_forward_only_unless_it_is_forced(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    main = (await call("GET", f"{SKETCHBOOK}/git/ref/heads/main"))["object"]["sha"]
    parent = (await call("GET", f"{SKETCHBOOK}/git/commits/{main}"))["parents"][0]["sha"]
    await call("POST", f"{SKETCHBOOK}/git/refs", 201, ref="refs/heads/a", sha=main)
    moves = f"{SKETCHBOOK}/git/refs/heads/a"
    assert await refusal(call, "PATCH", moves, {"sha": parent}) == (422, "Update is not a fast forward")
    assert (await call("PATCH", moves, sha=parent, force=True))["object"]["sha"] == parent
    await call("DELETE", moves, 204)
    assert await refusal(call, "PATCH", moves, {"sha": main}) == (422, "Reference does not exist")


async def test_who_may_not_write_finds_nothing(sandbox: Sandbox) -> None:
    call = await caller(sandbox, "priya-nair")
    main = (await call("GET", f"{DRIFTWOOD}/git/ref/heads/main"))["object"]["sha"]
    await call("PUT", f"{DRIFTWOOD}/contents/x", 404, message="x", content="aGk=")
    await call("POST", f"{DRIFTWOOD}/git/blobs", 404, content="x")
    await call("POST", f"{DRIFTWOOD}/pulls", 404, title="x", head="oklch", base="main")
    assert (
        await call.answer("POST", f"{DRIFTWOOD}/git/refs", {"ref": "refs/heads/x", "sha": main})
    ).status == 404


async def test_nothing_can_be_read_of_an_empty_repository_until_a_file_is_put(loose: Sandbox) -> None:
    call = await caller(loose)
    empty = "/repos/pine-labs/harbour-sketches"
    assert await refusal(call, "GET", f"{empty}/git/ref/heads/main", None) == (
        409,
        "Git Repository is empty.",
    )
    assert await refusal(call, "GET", f"{empty}/contents", None) == (404, "This repository is empty.")
    await call("PUT", f"{empty}/contents/README.md", 201, message="First", content=BASE64_OF_HI)
    commits = await call("GET", f"{empty}/commits")
    assert [commit["commit"]["message"] for commit in commits] == ["First"]


async def test_looking_at_headers_makes_no_content(loose: Sandbox) -> None:
    call = await caller(loose)
    loose.simulator.budgets.lowered["content"] = Limit(1, 60)
    for _ in range(3):
        assert (await call.answer("HEAD", f"{DRIFTWOOD}/branches")).status == 200
    loose.simulator.budgets.reset()

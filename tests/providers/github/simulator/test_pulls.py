"""Pull requests of the simulated GitHub, held against GitHub's own document."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest

from tests.providers.github.conftest import Sandbox
from tests.providers.github.simulator.calls import DRIFTWOOD, Caller, caller, refusal
from tests.support.pins import github_document
from tests.support.schemas import Schemas, explained

FILE = f"{DRIFTWOOD}/contents/tokens/base.json"


async def branched(call: Caller, name: str, old: str, new: str) -> str:
    """A branch with one commit that changes the tokens; its id."""
    main = (await call("GET", f"{DRIFTWOOD}/git/ref/heads/main"))["object"]["sha"]
    await call("POST", f"{DRIFTWOOD}/git/refs", 201, ref=f"refs/heads/{name}", sha=main)
    return await edited(call, name, old, new)


async def edited(call: Caller, branch: str, old: str, new: str) -> str:
    """Replace a text in the tokens of a branch; the commit's id."""
    file = await call("GET", f"{FILE}?ref={branch}")
    text = base64.b64decode(file["content"]).decode()
    assert old in text
    content = base64.b64encode(text.replace(old, new).encode()).decode()
    written = await call("PUT", FILE, message="Change", content=content, sha=file["sha"], branch=branch)
    return str(written["commit"]["sha"])


async def opened(call: Caller, head: str, **more: Any) -> Any:
    """A pull request into main."""
    return await call("POST", f"{DRIFTWOOD}/pulls", 201, title="Tokens", head=head, base="main", **more)


async def test_a_pull_request_lives_from_opening_to_merging(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    await branched(call, "tokens", '"value": 6', '"value": 7')
    pull = await opened(call, "tokens", body="What changes")
    path = f"{DRIFTWOOD}/pulls/{pull['number']}"
    assert (pull["mergeable"], pull["mergeable_state"], pull["changed_files"]) == (True, "clean", 1)
    [file] = await call("GET", f"{path}/files")
    assert '+    "small": { "$value": { "value": 7, "unit": "px" } },' in file["patch"]
    tip = await edited(call, "tokens", '"value": 10', '"value": 11')
    result = await call("GET", f"{DRIFTWOOD}/pulls?head=harbour-pine:tokens&base=main&state=all")
    assert [(entry["number"], entry["head"]["sha"]) for entry in result] == [(pull["number"], tip)]
    assert len(await call("GET", f"{path}/commits")) == 2
    changed = await call("PATCH", path, title="Tokens of today", body="New")
    assert (changed["title"], changed["body"]) == ("Tokens of today", "New")
    merged = await call("PUT", f"{path}/merge", sha=tip, merge_method="squash")
    assert merged["merged"] is True
    await call("GET", f"{path}/merge", 204)
    after = await call("GET", path)
    assert (after["state"], after["merged"], after["merged_by"]["login"]) == ("closed", True, "ada-park")
    main = await call("GET", f"{DRIFTWOOD}/branches/main")
    assert main["commit"]["sha"] == merged["sha"]
    assert main["commit"]["commit"]["message"] == f"Tokens of today (#{pull['number']})"
    assert b'"value": 11' in base64.b64decode((await call("GET", FILE))["content"])


@pytest.mark.parametrize("method", ["merge", "rebase"])
async def test_changes_on_both_sides_are_merged(sandbox: Sandbox, method: str) -> None:
    call = await caller(sandbox)
    await branched(call, "radius", '"value": 6', '"value": 7')
    await branched(call, "space", '"value": 12', '"value": 13')
    for head in ("radius", "space"):
        pull = await opened(call, head)
        await call("PUT", f"{DRIFTWOOD}/pulls/{pull['number']}/merge", merge_method=method)
    text = base64.b64decode((await call("GET", FILE))["content"])
    assert (b'"value": 7' in text, b'"value": 13' in text) == (True, True)


async def test_what_conflicts_is_not_merged_until_the_branch_has_both(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    await branched(call, "ours", '"value": 6', '"value": 7')
    await branched(call, "theirs", '"value": 6', '"value": 8')
    mine, other = await opened(call, "ours"), await opened(call, "theirs")
    await call("PUT", f"{DRIFTWOOD}/pulls/{other['number']}/merge")
    path = f"{DRIFTWOOD}/pulls/{mine['number']}"
    now = await call("GET", path)
    assert (now["mergeable"], now["mergeable_state"]) == (False, "dirty")
    assert await refusal(call, "PUT", f"{path}/merge", {}) == (405, "Pull Request is not mergeable")
    head, main = now["head"]["sha"], (await call("GET", f"{DRIFTWOOD}/git/ref/heads/main"))["object"]["sha"]
    tree = (await call("GET", f"{DRIFTWOOD}/git/commits/{head}"))["tree"]["sha"]
    both = await call(
        "POST", f"{DRIFTWOOD}/git/commits", 201, message="Merge", tree=tree, parents=[head, main]
    )
    await call("PATCH", f"{DRIFTWOOD}/git/refs/heads/ours", sha=both["sha"])
    assert (await call("GET", path))["mergeable"] is True
    await call("PUT", f"{path}/merge", merge_method="merge")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"head": "nowhere"}, {"resource": "PullRequest", "field": "head", "code": "invalid"}),
        ({"base": "nowhere"}, {"resource": "PullRequest", "field": "base", "code": "invalid"}),
        ({"title": " "}, {"resource": "PullRequest", "field": "title", "code": "missing_field"}),
        # tgymnich/fork-sync#112
        (
            {"head": "main"},
            {"resource": "PullRequest", "code": "custom", "message": "No commits between main and main"},
        ),
        # vsoch/pull-request-action#86
        (
            {},
            {
                "resource": "PullRequest",
                "code": "custom",
                "message": "A pull request already exists for harbour-pine:oklch.",
            },
        ),
    ],
)
async def test_a_pull_request_that_cannot_be_is_refused_as_github_refuses_it(
    sandbox: Sandbox, change: dict[str, str], error: dict[str, str]
) -> None:
    call = await caller(sandbox)
    answer = await call.answer(
        "POST", f"{DRIFTWOOD}/pulls", {"title": "x", "head": "oklch", "base": "main", **change}
    )
    assert (answer.status, answer.json()["message"]) == (422, "Validation Failed")
    assert answer.json()["errors"] == [error]


async def test_a_merge_waits_for_what_it_was_asked_for(sandbox: Sandbox) -> None:
    call, jonah = await caller(sandbox), await caller(sandbox, "jonah-reed")
    repository = sandbox.simulator.world.data["repositories"]["401877"]
    next(branch for branch in repository["branches"] if branch["name"] == "main")["approvals"] = 1
    tip = await branched(call, "tokens", '"value": 6', '"value": 7')
    pull = await opened(call, "tokens")
    path = f"{DRIFTWOOD}/pulls/{pull['number']}"
    assert (await call("GET", path))["mergeable_state"] == "blocked"
    # Reviewable/Reviewable#561
    needed = "At least 1 approving review is required by reviewers with write access."
    assert await refusal(call, "PUT", f"{path}/merge", {"sha": tip}) == (405, needed)
    stale = await refusal(call, "PUT", f"{path}/merge", {"sha": "0" * 40})
    assert stale == (409, "Head branch was modified. Review and try the merge again.")
    assert (await call.answer("POST", f"{path}/reviews", {"event": "APPROVE"})).status == 422
    await jonah("POST", f"{path}/reviews", event="APPROVE")
    await call("PUT", f"{path}/merge", sha=tip)
    assert await refusal(call, "PUT", f"{path}/merge", {}) == (405, "Pull Request is not mergeable")


async def test_a_branch_that_goes_closes_its_pull_request(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    await branched(call, "tokens", '"value": 6', '"value": 7')
    pull = await opened(call, "tokens")
    path = f"{DRIFTWOOD}/pulls/{pull['number']}"
    await call("DELETE", f"{DRIFTWOOD}/git/refs/heads/tokens", 204)
    assert (await call("GET", path))["state"] == "closed"
    again = await call.answer("PATCH", path, {"state": "open"})
    assert (again.status, again.json()["errors"][0]["field"]) == (422, "state")


async def test_commits_that_arrive_by_another_way_merge_the_pull_request(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    sketchbook = "/repos/ada-park/sketchbook"
    main = (await call("GET", f"{sketchbook}/git/ref/heads/main"))["object"]["sha"]
    await call("POST", f"{sketchbook}/git/refs", 201, ref="refs/heads/a", sha=main)
    put = await call("PUT", f"{sketchbook}/contents/a", 201, message="x", content="aGk=", branch="a")
    pull = await call("POST", f"{sketchbook}/pulls", 201, title="x", head="a", base="main", draft=True)
    path = f"{sketchbook}/pulls/{pull['number']}"
    assert await refusal(call, "PUT", f"{path}/merge", {}) == (405, "Pull Request is still a draft")
    await call("PATCH", f"{sketchbook}/git/refs/heads/main", sha=put["commit"]["sha"])
    assert (await call("GET", path))["merged"] is True


EVENTS_OF_A_PULL_REQUEST = [
    ("create", None),
    ("push", None),
    ("push", None),
    ("pull_request", "opened"),
    ("push", None),
    ("pull_request", "synchronize"),
    ("pull_request", "edited"),
    ("push", None),
    ("pull_request", "closed"),
    ("delete", None),
    ("push", None),
]


async def test_what_changes_code_sends_githubs_events_in_their_shapes(sandbox: Sandbox) -> None:
    call, simulator = await caller(sandbox), sandbox.simulator
    simulator.follow_everything("http://127.0.0.1:9/nobody-listens")
    simulator.deliveries.log.clear()
    await branched(call, "tokens", '"value": 6', '"value": 7')
    path = f"{DRIFTWOOD}/pulls/{(await opened(call, 'tokens'))['number']}"
    await edited(call, "tokens", '"value": 10', '"value": 11')
    await call("PATCH", path, title="Other")
    await call("PUT", f"{path}/merge")
    await call("DELETE", f"{DRIFTWOOD}/git/refs/heads/tokens", 204)
    await simulator.deliveries.settled()
    sent = simulator.deliveries.log
    assert Counter((entry["event"], entry["action"]) for entry in sent) == Counter(EVENTS_OF_A_PULL_REQUEST)
    assert [problem for entry in sent for problem in misshapen(entry)] == []


def misshapen(entry: dict[str, Any]) -> list[str]:
    """What does not fit GitHub's document, which has a schema for each event and action."""
    kind, action = entry["event"], entry["action"]
    name = "-".join(part.replace("_", "-") for part in (f"webhook-{kind}", action) if part)
    validator = Schemas(github_document().document).validator({"$ref": f"#/components/schemas/{name}"})
    return [f"{name}{line}" for error in validator.iter_errors(entry["payload"]) for line in explained(error)]

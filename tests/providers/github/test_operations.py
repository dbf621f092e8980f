from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

import msgspec
import pytest

from fluxstudio.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    ProviderRateLimited,
    ScopeMissing,
)
from fluxstudio.providers.github import github
from fluxstudio.sdk import CodeHost, Limit
from tests.providers.github.conftest import EVERYTHING, Sandbox, run

TIDEWATER = {"owner": "harbour-pine", "repo": "tidewater-web"}
FIXTURES = msgspec.json.decode(
    files("fluxstudio.providers.github").joinpath("fixtures/operations.json").read_bytes()
)

IN_SEVERAL_REQUESTS = {"file", "folder", "proposal", "propose"}


@dataclass
class Kept:
    """Answers kept with their ETag."""

    answers: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    async def recall(self, url: str) -> tuple[str, bytes] | None:
        return self.answers.get(url)

    async def keep(self, url: str, etag: str, body: bytes) -> None:
        self.answers[url] = (etag, body)


class Unchanged:
    """A sync with nothing new."""

    async def run(self, sync: str | None) -> dict[str, Any]:
        summary = "Design tokens are in sync."
        counts = {"changes": 0, "conflicts": 0}
        return {"outcome": "nothing", "url": None, "summary": summary, "proposal": None, **counts}


async def test_every_operation_has_a_fixture_and_speaks_as_githubs_document_says(sandbox: Sandbox) -> None:
    api = replace(await sandbox.api(), syncs=Unchanged())
    for fixture in FIXTURES:
        sandbox.pinned.seen.clear()
        answer = await run(api, fixture["operation"], **fixture["args"])
        asked, once = len(sandbox.pinned.seen), 0 if github[fixture["operation"]].local else 1
        assert asked > 1 if fixture["operation"] in IN_SEVERAL_REQUESTS else asked == once, fixture
        assert isinstance(answer, list) == github[fixture["operation"]].returns_list
        assert answer, fixture
    assert {fixture["operation"] for fixture in FIXTURES} == set(github.operations)


def test_the_paths_are_those_of_the_public_contract() -> None:
    below = "repositories/{owner}/{repo}"
    assert {
        (operation.method, operation.path, operation.status) for operation in github.operations.values()
    } == {
        ("GET", "user", 200),
        ("GET", "repositories", 200),
        ("GET", below, 200),
        ("GET", f"{below}/issues", 200),
        ("POST", f"{below}/issues", 201),
        ("GET", f"{below}/issues/{{number}}", 200),
        ("PATCH", f"{below}/issues/{{number}}", 200),
        ("GET", f"{below}/issues/{{number}}/comments", 200),
        ("POST", f"{below}/issues/{{number}}/comments", 201),
        ("GET", f"{below}/pulls", 200),
        ("GET", f"{below}/commits", 200),
        ("GET", f"{below}/branches", 200),
        ("GET", f"{below}/collaborators", 200),
        ("GET", f"{below}/file", 200),
        ("GET", f"{below}/folder", 200),
        ("GET", f"{below}/compare", 200),
        ("GET", f"{below}/proposal", 200),
        ("POST", f"{below}/proposals", 201),
        ("GET", f"{below}/hooks", 200),
        ("POST", f"{below}/hooks", 201),
        ("DELETE", f"{below}/hooks/{{id}}", 200),
        ("GET", f"{below}/hooks/{{id}}/missed", 200),
        ("POST", f"{below}/hooks/{{id}}/redeliver", 202),
        ("POST", "token-syncs/run", 200),
    }
    assert [github[name].list_key for name in ("repositories", "issues", "pulls", "commits")] == [
        "repositories",
        "issues",
        "pulls",
        "commits",
    ]


def test_every_parameter_says_what_it_is_and_every_stale_name_is_an_operation() -> None:
    for operation in github.operations.values():
        assert operation.summary.endswith(".")
        assert all(info.description for _, info in operation.parameters.values()), operation.full_name
        assert set(operation.makes_stale) <= set(github.operations)
    assert github.webhooks is not None
    assert set().union(*github.webhooks.makes_stale.values()) <= set(github.operations)
    assert set(github.webhooks.makes_stale) <= set(github.webhooks.events)


def test_a_code_host_can_be_asked_for_without_naming_github() -> None:
    host = github.capability(CodeHost)
    assert host is not None
    assert host.repositories.full_name == "github.repositories"


async def test_the_account_is_its_number_and_called_by_its_login(sandbox: Sandbox) -> None:
    token = await sandbox.connect()
    account = await github.identity.identify(await sandbox.api(), token)
    assert (account.id, account.name, account.person) == ("58301", "ada-park", "Ada Park")
    assert account.avatar_url is not None
    assert account.url == f"{sandbox.simulator.url('web')}/ada-park"


async def test_repositories_are_those_the_account_can_reach_in_the_order_asked_for(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    names = [entry["full_name"] for entry in await run(api, "repositories")]
    assert names == sorted(names)
    assert "jonah-reed/slipway" not in names
    own = await run(api, "repositories", type="owner")
    assert [entry["full_name"] for entry in own] == ["ada-park/sketchbook"]
    pushed = [entry["pushed_at"] for entry in await run(api, "repositories", sort="pushed", direction="desc")]
    assert pushed == sorted(pushed, reverse=True)
    second = await run(api, "repositories", per_page=2, page=2)
    assert [entry["full_name"] for entry in second] == names[2:4]


async def test_issues_come_without_pull_requests_and_in_full_pages(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    everything = await run(api, "issues", **TIDEWATER, state="all")
    assert [issue["number"] for issue in everything] == [9, 7, 5, 4, 3, 1]
    first = await run(api, "issues", **TIDEWATER, state="all", per_page=4)
    second = await run(api, "issues", **TIDEWATER, state="all", per_page=4, page=2)
    assert first + second == everything
    assert await run(api, "issues", **TIDEWATER, state="all", per_page=4, page=3) == []


async def test_a_page_of_issues_is_filled_across_githubs_own_pages(sandbox: Sandbox) -> None:
    issues = sandbox.simulator.world.data["repositories"]["401220"]["issues"]
    pull, issue = issues[-1], issues[0]
    issues += [
        {**(pull if number % 2 else issue), "number": number, "state": "open", "closed_at": None}
        for number in range(len(issues) + 1, 241)
    ]
    api = await sandbox.api()
    outcome = await run(api, "issues", **TIDEWATER, per_page=100)
    assert len(outcome) == 100
    assert not any("pull_request" in entry for entry in outcome)
    assert len([line for line in sandbox.pinned.seen if "/issues" in line]) == 3


async def test_issues_can_be_narrowed_by_label_assignee_and_time(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    outcome = await run(api, "issues", **TIDEWATER, labels="accessibility,design", assignee="mei-lin")
    assert [issue["number"] for issue in outcome] == [4]
    assert await run(api, "issues", **TIDEWATER, since="2999-01-01T00:00:00+02:00") == []


async def test_a_new_issue_is_there_at_once_for_the_api_and_for_eyes(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    issue = await run(
        api,
        "create_issue",
        **TIDEWATER,
        title="Tide <b>on</b> the summary",
        body="Low water?",
        labels=["design"],
    )
    assert (issue["number"], issue["state"], issue["user"]["login"]) == (11, "open", "ada-park")
    assert [label["name"] for label in issue["labels"]] == ["design"]
    assert (await run(api, "issue", **TIDEWATER, number=11))["title"] == issue["title"]
    page = await sandbox.browser.get(issue["html_url"])
    assert "Tide &lt;b&gt;on&lt;/b&gt; the summary" in page.text


async def test_an_issue_can_be_closed_and_reopened_and_its_labels_cleared(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    closed = await run(
        api, "update_issue", **TIDEWATER, number=9, state="closed", state_reason="not_planned", labels=[]
    )
    assert (closed["state"], closed["state_reason"], closed["labels"]) == ("closed", "not_planned", [])
    assert closed["closed_by"]["login"] == "ada-park"
    assert closed["title"] == "Booking summary shows two different totals"
    reopened = await run(api, "update_issue", **TIDEWATER, number=9, state="open")
    assert (reopened["state"], reopened["state_reason"], reopened["closed_at"]) == ("open", "reopened", None)


async def test_a_change_that_changes_nothing_is_not_sent(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(InvalidRequest, match="Say what to change"):
        await run(api, "update_issue", **TIDEWATER, number=9)
    assert not any(line.startswith("PATCH") for line in sandbox.pinned.seen)


async def test_a_comment_is_listed_after_those_before_it(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "add_comment", **TIDEWATER, number=3, body="Looks right.")
    outcome = await run(api, "comments", **TIDEWATER, number=3)
    assert [comment["user"]["login"] for comment in outcome] == ["priya-nair", "ada-park", "ada-park"]
    assert outcome[-1]["body"] == "Looks right."
    assert (await run(api, "issue", **TIDEWATER, number=3))["comments"] == 3


async def test_an_empty_repository_has_no_commits_and_is_no_error(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    assert await run(api, "commits", owner="pine-labs", repo="harbour-sketches") == []


async def test_commits_can_be_narrowed_by_branch_author_and_time(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    everything = await run(api, "commits", **TIDEWATER)
    assert len(everything) == 8
    branch = next(b for b in await run(api, "branches", **TIDEWATER) if b["name"] == "berth-map")
    on_branch = await run(api, "commits", **TIDEWATER, sha="berth-map")
    assert on_branch[1:] == everything[2:]
    assert on_branch[0]["sha"] == branch["commit"]["sha"]
    his = await run(api, "commits", **TIDEWATER, author="tomas-ruiz")
    assert {commit["author"]["login"] for commit in his} == {"tomas-ruiz"}
    since = everything[1]["commit"]["author"]["date"]
    assert await run(api, "commits", **TIDEWATER, since=since) == everything[:2]


async def test_an_unknown_branch_is_said_to_be_unknown(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(NotFound, match="No commit found for SHA: nowhere"):
        await run(api, "commits", **TIDEWATER, sha="nowhere")


async def test_only_protected_branches_where_asked_for(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    outcome = await run(api, "branches", **TIDEWATER, protected=True)
    assert [branch["name"] for branch in outcome] == ["main"]


async def test_collaborators_of_an_organisation_ask_for_one_more_permission(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(ScopeMissing) as missing:
        await run(api, "collaborators", **TIDEWATER)
    assert missing.value.details["needed"] == ["read:org"]
    api = await sandbox.api(scopes=EVERYTHING)
    outcome = await run(api, "collaborators", **TIDEWATER, permission="maintain")
    assert {entry["login"]: entry["role_name"] for entry in outcome} == {
        "tomas-ruiz": "maintain",
        "jonah-reed": "admin",
    }


async def test_without_write_access_collaborators_are_refused_in_words(sandbox: Sandbox) -> None:
    api = await sandbox.api("priya-nair", EVERYTHING)
    with pytest.raises(Forbidden) as refused:
        await run(api, "collaborators", owner="harbour-pine", repo="driftwood")
    assert "Must have push access" in refused.value.details["providerMessage"]


async def test_what_somebody_may_not_see_is_not_found(sandbox: Sandbox) -> None:
    api = await sandbox.api("jonah-reed")
    with pytest.raises(NotFound):
        await run(api, "repository", owner="ada-park", repo="sketchbook")


async def test_somebody_elses_issue_cannot_be_changed_without_a_role(sandbox: Sandbox) -> None:
    api = await sandbox.api("priya-nair")
    with pytest.raises(Forbidden) as refused:
        await run(api, "update_issue", owner="harbour-pine", repo="driftwood", number=4, state="closed")
    assert "Must have admin rights" in refused.value.details["providerMessage"]


async def test_a_refused_field_is_named(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(InvalidRequest) as refused:
        await run(api, "create_issue", **TIDEWATER, title="Berths", milestone=40)
    assert refused.value.details["fields"] == {"milestone": "is not valid"}


async def test_an_unchanged_answer_costs_nothing(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    api.revalidation = Kept()
    first = await run(api, "repository", **TIDEWATER)
    again = await run(api, "repository", **TIDEWATER)
    assert again == first
    assert [line.rpartition(" ")[2] for line in sandbox.pinned.seen] == ["200", "304"]
    await run(api, "create_issue", **TIDEWATER, title="One more")
    assert (await run(api, "repository", **TIDEWATER))["open_issues_count"] == first["open_issues_count"] + 1
    usage = api.budget.noted["default"]  # type: ignore[attr-defined]
    assert usage.remaining == 5000 - 3


async def test_a_renamed_repository_is_still_read_by_its_old_name(loose: Sandbox) -> None:
    api = await loose.api()
    old = {"owner": "harbour-pine", "repo": "booking-app"}
    assert (await run(api, "repository", **old))["full_name"] == "harbour-pine/tidewater-web"
    assert (await run(api, "issues", **old, labels="bug"))[0]["number"] == 9
    with pytest.raises(NotFound, match="renamed or moved"):
        await run(api, "create_issue", **old, title="Lost?")


async def test_writes_have_a_smaller_budget_of_their_own(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "add_comment", **TIDEWATER, number=3, body="One.")
    api.limit = github["add_comment"].limit
    await run(api, "add_comment", **TIDEWATER, number=3, body="Two.")
    spent: list[str] = api.budget.spent  # type: ignore[attr-defined]
    assert spent == ["default", "write_hourly", "write"]
    assert github.http.limits["write"].calls == 80
    writes = [operation for operation in github.operations.values() if operation.writes]
    assert {operation.limit for operation in writes if not operation.local} == {"write"}


async def test_a_used_up_budget_says_when_to_come_back(sandbox: Sandbox) -> None:
    _lower(sandbox, "core", 2)
    api = await sandbox.api()
    for _ in range(2):
        await run(api, "user")
    with pytest.raises(ProviderRateLimited) as limited:
        await run(api, "user")
    assert 1700 < limited.value.retry_after <= 1803
    assert api.budget.blocked["default"] == limited.value.retry_after  # type: ignore[attr-defined]


async def test_writing_too_fast_waits_a_minute(sandbox: Sandbox) -> None:
    _lower(sandbox, "content", 1)
    api = await sandbox.api()
    await run(api, "add_comment", **TIDEWATER, number=3, body="One.")
    with pytest.raises(ProviderRateLimited) as limited:
        await run(api, "add_comment", **TIDEWATER, number=3, body="Two.")
    assert limited.value.retry_after == 60
    assert len(await run(api, "comments", **TIDEWATER, number=3)) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        {"owner": "harbour-pine", "repo": ".."},
        {"owner": "..", "repo": "driftwood"},
        {"owner": "harbour-pine/driftwood", "repo": "x"},
        {"owner": "harbour-pine", "repo": "drift wood"},
        {"owner": "harbour-pine", "repo": ""},
        {"owner": "-pine", "repo": "driftwood"},
    ],
)
def test_names_that_could_lead_elsewhere_are_refused(arguments: dict[str, Any]) -> None:  # R38
    with pytest.raises(InvalidRequest):
        github["repository"].check(arguments)


def _lower(sandbox: Sandbox, bucket: str, calls: int) -> None:
    sandbox.simulator.budgets.lowered[bucket] = Limit(calls, 1800)


async def test_a_webhook_on_a_repository_one_does_not_administer_says_so(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(Forbidden, match="does not administer it"):
        await run(api, "create_hook", owner="harbour-pine", repo="tidewater-web")
    with pytest.raises(NotFound):
        await run(api, "create_hook", owner="harbour-pine", repo="no-such-thing")

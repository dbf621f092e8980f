from __future__ import annotations

from pathlib import Path

import httpx2
import msgspec
import pytest

from fluxstudio.errors import InvalidRequest, ProviderRateLimited
from fluxstudio.providers.github import github
from fluxstudio.providers.github.simulator import GitHubSimulator
from tests.providers.github.conftest import ADA, EVERYTHING, Sandbox, run
from tests.providers.github.simulator.calls import control, token_of
from tests.support.direct import Recorded

TIDEWATER = "/repos/harbour-pine/tidewater-web"


async def browse(sandbox: Sandbox, path: str) -> httpx2.Response:
    return await sandbox.browser.get(f"{sandbox.simulator.url('web')}{path}", follow_redirects=True)


async def test_a_caller_without_a_good_token_is_told_so_in_githubs_words(sandbox: Sandbox) -> None:
    answer = await sandbox.raw("gho_unknown", "/user")
    assert (answer.status, answer.json()["message"]) == (401, "Bad credentials")
    answer = await sandbox.raw("", "/user", authorization="Basic eDp5")
    assert (answer.status, answer.json()["message"]) == (401, "Bad credentials")
    answer = await sandbox.raw("", "/user", authorization="Digest x")
    assert (answer.status, answer.json()["message"]) == (401, "Requires authentication")


async def test_answers_tell_the_budget_the_scopes_and_the_version(sandbox: Sandbox) -> None:
    answer = await sandbox.raw(await token_of(sandbox), TIDEWATER)
    headers = answer.headers
    assert headers["x-oauth-scopes"] == "read:user, repo"
    assert headers["x-accepted-oauth-scopes"] == "repo"
    assert headers["x-github-api-version-selected"] == "2026-03-10"
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("5000", "4999")
    assert (headers["x-ratelimit-used"], headers["x-ratelimit-resource"]) == ("1", "core")


async def test_a_github_apps_token_has_no_scope_headers_and_needs_none(sandbox: Sandbox) -> None:
    assert (await control(sandbox, "app", kind="github_app")).json() == {"kind": "github_app"}
    answer = await sandbox.raw(await token_of(sandbox), TIDEWATER)
    assert answer.status == 200
    assert "x-oauth-scopes" not in answer.headers
    assert (await control(sandbox, "app", kind="thing")).status_code == 400


async def test_the_older_version_still_has_what_the_newer_one_dropped(sandbox: Sandbox) -> None:
    token = await token_of(sandbox)
    old = (await sandbox.raw(token, f"{TIDEWATER}/issues/3", x_github_api_version="2022-11-28")).json()
    new = (await sandbox.raw(token, f"{TIDEWATER}/issues/3")).json()
    assert old["assignee"]["login"] == ADA
    assert "assignee" not in new
    assert old["assignees"] == new["assignees"]


async def test_a_version_that_does_not_exist_is_refused(loose: Sandbox) -> None:
    answer = await loose.raw(await token_of(loose), "/user", x_github_api_version="2020-01-01")
    assert (answer.status, "Unsupported API version" in answer.json()["message"]) == (400, True)


async def test_private_things_are_not_found_without_the_scope_or_a_role(sandbox: Sandbox) -> None:
    without_scope = await token_of(sandbox, scopes=("read:user",))
    assert (await sandbox.raw(without_scope, TIDEWATER)).status == 404
    assert (await sandbox.raw(without_scope, "/repos/harbour-pine/driftwood")).status == 200
    names = [entry["name"] for entry in (await sandbox.raw(without_scope, "/user/repos")).json()]
    assert names == ["driftwood", "tide-tables"]
    stranger = await token_of(sandbox, "priya-nair")
    assert (await sandbox.raw(stranger, "/repos/ada-park/sketchbook")).status == 404


async def test_the_whole_profile_is_shown_only_to_those_who_may_read_it(sandbox: Sandbox) -> None:
    whole = (await sandbox.raw(await token_of(sandbox), "/user")).json()
    public = (await sandbox.raw(await token_of(sandbox, scopes=("repo",)), "/user")).json()
    assert whole["total_private_repos"] == 4
    assert "total_private_repos" not in public


async def test_writing_without_the_scope_finds_nothing(sandbox: Sandbox) -> None:
    token = await token_of(sandbox, scopes=("read:user",))
    path = "/repos/harbour-pine/driftwood/issues"
    assert (await sandbox.raw(token, path, method="POST", json={"title": "No"})).status == 404


async def test_a_list_leads_to_its_other_pages(sandbox: Sandbox) -> None:
    token = await token_of(sandbox)
    result, path = [], f"{TIDEWATER}/issues?state=all&per_page=4"
    for _ in range(3):
        answer = await sandbox.raw(token, path)
        result += [issue["number"] for issue in answer.json()]
        following = github.http.paging.next(answer, None)
        path = str(following or "").removeprefix(sandbox.simulator.url("api"))
    assert result == list(range(10, 0, -1))
    assert following is None
    assert 'rel="first"' in answer.headers["link"]


async def test_an_unchanged_answer_is_304_and_free(sandbox: Sandbox) -> None:
    token = await token_of(sandbox)
    first = await sandbox.raw(token, TIDEWATER)
    again = await sandbox.raw(token, TIDEWATER, if_none_match=first.headers["etag"])
    assert (again.status, again.content) == (304, b"")
    assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]


async def test_a_used_up_budget_refuses_until_the_window_has_passed(sandbox: Sandbox) -> None:
    token = await token_of(sandbox)
    assert (await control(sandbox, "limits", bucket="core", calls=1, seconds=3600)).status_code == 200
    assert (await sandbox.raw(token, "/user")).status == 200
    refused = await sandbox.raw(token, "/user")
    assert (refused.status, refused.headers["x-ratelimit-remaining"]) == (403, "0")
    assert refused.json()["message"].startswith("API rate limit exceeded for user")
    assert (await sandbox.raw(await token_of(sandbox, "jonah-reed"), "/user")).status == 200
    sandbox.simulator.clock.advance(3601)
    assert (await sandbox.raw(token, "/user")).status == 200


async def test_all_tokens_of_a_person_share_one_budget(sandbox: Sandbox) -> None:
    one, two = await token_of(sandbox), await token_of(sandbox)
    await sandbox.raw(one, "/user")
    assert (await sandbox.raw(two, "/user")).headers["x-ratelimit-used"] == "2"


async def test_a_renamed_repository_answers_with_its_new_address(loose: Sandbox) -> None:
    token = await token_of(loose)
    moved = await loose.raw(token, "/repos/harbour-pine/booking-app/issues?state=all")
    assert moved.status == 301
    target = f"{loose.simulator.url('api')}/repositories/401220/issues?state=all"
    assert (moved.headers["location"], moved.json()["url"]) == (target, target)
    path = "/repos/harbour-pine/booking-app/issues/3"
    assert (await loose.raw(token, path, method="PATCH", json={"state": "closed"})).status == 307


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "code"),
    [
        ("POST", "/issues", {}, "title", "missing_field"),
        ("POST", "/issues", {"title": " "}, "title", "missing_field"),
        ("PATCH", "/issues/3", {"state": "ajar"}, "state", "invalid"),
        ("PATCH", "/issues/3", {"milestone": 9}, "milestone", "invalid"),
        ("POST", "/issues/3/comments", {"body": ""}, "body", "missing_field"),
        ("GET", "/issues?state=ajar", None, "state", "invalid"),
    ],
)
async def test_wrong_fields_are_named(
    loose: Sandbox, method: str, path: str, body: object, field: str, code: str
) -> None:
    answer = await loose.raw(await token_of(loose), TIDEWATER + path, method=method, json=body)
    assert answer.status == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)


async def test_without_write_access_labels_are_dropped_without_a_word(sandbox: Sandbox) -> None:
    api = await sandbox.api("priya-nair")
    issue = await run(
        api,
        "create_issue",
        owner="harbour-pine",
        repo="driftwood",
        title="Smaller focus ring",
        labels=["bug"],
        assignees=["ada-park"],
    )
    assert (issue["labels"], issue["assignees"]) == ([], [])


async def test_a_new_label_is_made_when_an_issue_asks_for_it(sandbox: Sandbox) -> None:
    api = await sandbox.api(scopes=EVERYTHING)
    issue = await run(
        api, "create_issue", owner="ada-park", repo="sketchbook", title="Sails", labels=["someday"]
    )
    assert [(label["name"], label["color"]) for label in issue["labels"]] == [("someday", "ededed")]


@pytest.mark.parametrize(
    ("path", "shows"),
    [
        ("/", "tidewater-web"),
        ("/ada-park", "sketchbook"),
        ("/harbour-pine/tidewater-web", "Booking summary shows two different totals"),
        ("/harbour-pine/tidewater-web/issues/3", "Marseille asks about this every week."),
        ("/harbour-pine/tidewater-web/pull/6", "Merged"),
        ("/harbour-pine/booking-app", "tidewater-web"),
        ("/pine-labs/harbour-sketches", "This repository is empty."),
    ],
)
async def test_people_can_look_at_what_is_there(sandbox: Sandbox, path: str, shows: str) -> None:
    page = await browse(sandbox, path)
    assert page.status_code == 200
    assert shows in page.text


@pytest.mark.parametrize("path", ["/nobody", "/harbour-pine/nothing", "/harbour-pine/driftwood/issues/99"])
async def test_what_is_not_there_is_a_page_that_says_so(sandbox: Sandbox, path: str) -> None:
    page = await browse(sandbox, path)
    assert (page.status_code, "Nothing here" in page.text) == (404, True)


async def test_everybody_has_a_picture(sandbox: Sandbox) -> None:
    for person in sandbox.simulator.world.data["people"].values():
        picture = await sandbox.browser.get(f"{sandbox.simulator.url('avatars')}/u/{person['id']}?v=4")
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert picture.text.startswith("<svg")


def test_what_was_written_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "github.json"
    simulator = GitHubSimulator(file)
    simulator.world.data["repositories"]["401877"]["issues"][0]["title"] = "Kept"
    simulator.world.save()
    assert msgspec.json.decode(file.read_bytes())
    again = GitHubSimulator(file)
    assert again.world.data["repositories"]["401877"]["issues"][0]["title"] == "Kept"


async def test_commits_can_be_narrowed_to_a_file_or_a_folder(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    where = {"owner": "harbour-pine", "repo": "tidewater-web"}
    every = await run(api, "commits", **where)
    in_folder = await run(api, "commits", **where, path="src/berths")
    of_file = await run(api, "commits", **where, path="src/berths/map.ts")
    assert len(every) > len(in_folder) > len(of_file) == 1
    assert await run(api, "commits", **where, path="no/such") == []


async def test_somebody_who_may_not_be_assigned_is_an_error_that_names_the_field(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    where = {"owner": "harbour-pine", "repo": "tidewater-web", "title": "One"}
    with pytest.raises(InvalidRequest) as refused:
        await run(api, "create_issue", **where, assignees=["nobody-here"])
    assert refused.value.details["fields"] == {"assignees": "is not valid"}
    assert "Correct it" in refused.value.message


async def test_what_generates_content_is_limited_by_the_hour_as_well(sandbox: Sandbox) -> None:
    await control(sandbox, "limits", bucket="content_hourly", calls=1, seconds=3600)
    api = await sandbox.api()
    where = {"owner": "harbour-pine", "repo": "tidewater-web"}
    await run(api, "create_issue", **where, title="One")
    with pytest.raises(ProviderRateLimited):
        await run(api, "create_issue", **where, title="Two")


async def test_each_write_counts_for_both_of_our_own_limits(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    budget = Recorded()
    api.budget = budget
    api.limit = github["create_issue"].limit
    await run(api, "create_issue", owner="harbour-pine", repo="tidewater-web", title="One")
    assert budget.spent == ["write_hourly", "write"]

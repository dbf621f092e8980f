"""Calls of the simulated GitHub that other clients make, each held against GitHub's own document."""

from __future__ import annotations

import hmac
from typing import Any

import pytest

from tests.providers.github.conftest import Sandbox
from tests.providers.github.simulator.calls import caller, refusal

DRIFTWOOD, SKETCHBOOK = "/repos/harbour-pine/driftwood", "/repos/ada-park/sketchbook"


async def test_labels_are_made_worn_and_deleted(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    labels = f"{SKETCHBOOK}/labels"
    made = await call("POST", labels, 201, name="water", color="0099cc", description="Anything wet")
    again = await call.answer("POST", labels, {"name": "Water"})
    assert (again.status, again.json()["errors"]) == (
        422,
        [{"resource": "Label", "field": "name", "code": "already_exists"}],
    )
    assert (await call.answer("POST", labels, {"name": "x", "color": "blue"})).status == 422
    worn = f"{SKETCHBOOK}/issues/1/labels"
    assert {entry["name"] for entry in await call("POST", worn, labels=["water"])} == {
        "good first issue",
        "water",
    }
    changed = await call("PATCH", f"{labels}/water", new_name="wet")
    assert (changed["id"], changed["name"]) == (made["id"], "wet")
    assert "wet" in {entry["name"] for entry in await call("GET", worn)}
    await call("DELETE", f"{worn}/wet")
    assert await refusal(call, "DELETE", f"{worn}/wet", None) == (404, "Label does not exist")
    assert [entry["name"] for entry in await call("PUT", worn, labels=["bug"])] == ["bug"]
    await call("DELETE", worn, 204)
    await call("DELETE", f"{labels}/wet", 204)
    await call("GET", f"{labels}/wet", 404)
    assert len(await call("GET", labels)) == 6


async def test_comments_are_listed_changed_and_deleted(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    made = await call("POST", f"{SKETCHBOOK}/issues/1/comments", 201, body="Early")
    one = f"{SKETCHBOOK}/issues/comments/{made['id']}"
    assert (await call("PATCH", one, body="At dawn"))["body"] == "At dawn"
    assert [entry["id"] for entry in await call("GET", f"{SKETCHBOOK}/issues/comments")] == [made["id"]]
    assert (await call("GET", one))["body"] == "At dawn"
    await call("DELETE", one, 204)
    await call("GET", one, 404)


async def test_issues_and_repositories_are_searched(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    result = await call("GET", "/search/issues?q=repo:harbour-pine/driftwood+is:open+label:tokens+is:issue")
    assert {entry["title"] for entry in result["items"]} == {
        "Radius scale has one step too many",
        "Neutral 6 and 7 are hard to tell apart in dark",
    }
    assert result["total_count"] == 2
    repositories = await call("GET", "/search/repositories?q=org:harbour-pine+design")
    assert [entry["name"] for entry in repositories["items"]] == ["driftwood"]
    answer = await call.answer("GET", "/search/issues?q=")
    assert answer.json()["errors"] == [{"resource": "Search", "field": "q", "code": "missing"}]
    assert answer.headers["x-ratelimit-resource"] == "search"


async def anonymous(sandbox: Sandbox, path: str, **headers: str) -> Any:
    return await sandbox.browser.get(f"{sandbox.simulator.url('api')}{path}", headers=headers)


async def test_what_is_public_is_read_without_a_token_sixty_times_an_hour(sandbox: Sandbox) -> None:
    """docs.github.com “Rate limits for the REST API”."""
    first = await anonymous(sandbox, DRIFTWOOD)
    assert (first.status_code, first.headers["x-ratelimit-limit"]) == (200, "60")
    assert "x-oauth-scopes" not in first.headers
    assert (await anonymous(sandbox, "/repos/harbour-pine/tidewater-web")).status_code == 404
    assert (await anonymous(sandbox, "/user")).status_code == 401
    assert (await anonymous(sandbox, f"{DRIFTWOOD}/collaborators")).status_code == 401
    listed = (await anonymous(sandbox, "/orgs/harbour-pine/repos")).json()
    assert [entry["name"] for entry in listed] == ["driftwood"]
    for _ in range(60):
        last = await anonymous(sandbox, DRIFTWOOD)
    assert (last.status_code, "Authenticated requests get a higher" in last.json()["message"]) == (403, True)


async def test_a_condition_names_several_answers_weak_or_strong(sandbox: Sandbox) -> None:
    etag = (await anonymous(sandbox, DRIFTWOOD)).headers["etag"]
    for condition in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        answer = await anonymous(sandbox, DRIFTWOOD, **{"if-none-match": condition})
        assert answer.status_code == 304, condition
    assert (await anonymous(sandbox, DRIFTWOOD, **{"if-none-match": '"other"'})).status_code == 200


async def test_enterprise_servers_layout_has_all_below_one_host(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    web = sandbox.simulator.url("web")
    headers = {"authorization": f"Bearer {call.token}"}
    issues = f"{web}/api/v3{DRIFTWOOD}/issues?per_page=1"
    answer = await sandbox.browser.get(issues, headers=headers)
    assert answer.status_code == 200
    assert f"<{sandbox.simulator.url('api')}{DRIFTWOOD}/issues?per_page=1&page=2>" in answer.headers["link"]
    asked = {"query": "{ viewer { login } }"}
    text = await sandbox.browser.post(f"{web}/api/graphql", json=asked, headers=headers)
    assert text.json()["data"]["viewer"]["login"] == "ada-park"
    missing = await sandbox.browser.get(f"{web}/api/v3/no/such", headers=headers)
    assert (missing.status_code, missing.json()["message"]) == (404, "Not Found")


async def test_a_token_is_sent_as_a_password_as_well(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    url = f"{sandbox.simulator.url('api')}/user"
    assert (await sandbox.browser.get(url, auth=("ada-park", call.token))).status_code == 200
    assert (await sandbox.browser.get(url, auth=("ada-park", "wrong"))).status_code == 401


async def test_an_app_asks_for_a_token_that_may_do_less(sandbox: Sandbox) -> None:
    await sandbox.browser.post(f"{sandbox.simulator.url('web')}/_control/app", json={"kind": "github_app"})
    token = (await sandbox.connect()).access_token
    app = (sandbox.simulator.app_id, sandbox.simulator.app_secret)
    url = f"{sandbox.simulator.url('api')}/applications/{sandbox.simulator.app_id}/token/scoped"
    body = {"access_token": token, "target": "harbour-pine", "permissions": {"contents": "read"}}
    answer = await sandbox.browser.post(url, json=body, auth=app)
    assert answer.json()["installation"]["permissions"] == {"contents": "read"}
    assert (await sandbox.raw(answer.json()["token"], "/user")).status == 200
    assert (await sandbox.browser.post(url, json={"access_token": token}, auth=app)).status_code == 422


async def test_webhooks_carry_the_signature_of_old_beside_the_new_one(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    config = {"url": "http://127.0.0.1:9/", "content_type": "json", "secret": "quiet"}
    await call("POST", f"{SKETCHBOOK}/hooks", 201, config=config, events=["push"])
    await sandbox.simulator.deliveries.settled()
    headers = sandbox.simulator.deliveries.log[-1]["headers"]
    assert headers["x-hub-signature"].startswith("sha1=")
    assert len(headers["x-hub-signature"]) == len("sha1=") + hmac.new(b"", b"", "sha1").digest_size * 2


# Calls that the product makes and that nothing else here sees refused.
OF_PRODUCT = (
    ("GET", "/user/repos"),
    ("POST", "/graphql"),
    ("GET", "/repos/{}/branches"),
    ("GET", "/repos/{}/compare/main...oklch"),
    ("GET", "/repos/{}/issues/1"),
    ("GET", "/repos/{}/issues/1/comments"),
    ("GET", "/repos/{}/pulls"),
    ("GET", "/repos/{}/hooks/4801/deliveries"),
    ("POST", "/repos/{}/hooks/4801/deliveries/5000/attempts"),
)


@pytest.mark.parametrize(("method", "path"), OF_PRODUCT)
async def test_a_dead_token_and_a_repository_out_of_sight_are_refused(
    sandbox: Sandbox, method: str, path: str
) -> None:
    body = {"query": "{ viewer { login } }"} if path == "/graphql" else None
    dead = await sandbox.raw(
        "gho_made_up_for_tests", path.format("ada-park/sketchbook"), method=method, json=body
    )
    assert (dead.status, dead.json()["message"]) == (401, "Bad credentials")
    if "{}" in path:
        call = await caller(sandbox, "priya-nair")
        assert (await call.answer(method, path.format("ada-park/sketchbook"))).status == 404

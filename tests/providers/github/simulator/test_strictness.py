"""What the simulated GitHub refuses because GitHub does, with where that was seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.providers.github.conftest import Sandbox
from tests.providers.github.simulator.calls import caller, refusal

SKETCHBOOK = "/repos/ada-park/sketchbook"


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        # party_foul#122
        (
            "issues",
            {"title": "x" * 257},
            {
                "resource": "Issue",
                "field": "title",
                "code": "custom",
                "message": "title is too long (maximum is 256 characters)",
            },
        ),
        # JasonEtco/create-an-issue#123
        (
            "issues",
            {"title": "x", "body": "x" * 65_537},
            {
                "resource": "Issue",
                "field": "body",
                "code": "custom",
                "message": "body is too long (maximum is 65536 characters)",
            },
        ),
        (
            "issues/1/comments",
            {"body": "x" * 65_537},
            {
                "resource": "IssueComment",
                "field": "data",
                "code": "unprocessable",
                "message": "Body is too long (maximum is 65536 characters)",
            },
        ),
        (
            "issues",
            {"title": "x", "labels": ["x" * 51]},
            {"resource": "Label", "field": "name", "code": "invalid"},
        ),
        (
            "issues",
            {"title": "x", "labels": [str(number) for number in range(101)]},
            {
                "resource": "Issue",
                "field": "labels",
                "code": "custom",
                "message": "cannot have more than 100",
            },
        ),
    ],
)
async def test_what_is_longer_than_github_takes_is_refused(
    sandbox: Sandbox, path: str, body: dict[str, Any], error: dict[str, str]
) -> None:
    call = await caller(sandbox)
    answer = await call.answer("POST", f"{SKETCHBOOK}/{path}", body)
    assert (answer.status, answer.json()["message"], answer.json()["errors"]) == (
        422,
        "Validation Failed",
        [error],
    )


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("issues", {"title": True}, "For 'properties/title', true is not a string."),
        ("issues", {"title": "x", "body": {"a": 1}}, "For 'properties/body', {\"a\"=>1} is not a string."),
        ("issues/1/comments", {"body": 5}, "For 'properties/body', 5 is not a string."),
        (
            "hooks",
            {"config": {"secret": {}}},
            "For 'properties/config/properties/secret', {} is not a string.",
        ),
    ],
)
async def test_what_is_of_another_type_is_refused(
    loose: Sandbox, path: str, body: dict[str, Any], words: str
) -> None:
    call = await caller(loose)
    message = f"Invalid request.\n\n{words}"
    assert await refusal(call, "POST", f"{SKETCHBOOK}/{path}", body) == (422, message)


async def test_an_event_has_twenty_webhooks_at_most(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    for number in range(20):
        url = f"http://127.0.0.1:9/{number}"
        await call("POST", f"{SKETCHBOOK}/hooks", 201, events=["push"], config={"url": url})
    config = {"url": "http://127.0.0.1:9/more", "repository": 1}
    answer = await call.answer("POST", f"{SKETCHBOOK}/hooks", {"events": ["push"], "config": config})
    assert answer.json()["errors"][0]["message"] == 'The "push" event cannot have more than 20 hooks'


async def test_what_is_no_json_is_not_served_where_it_is_asked_for(loose: Sandbox) -> None:
    call = await caller(loose)
    answer = await call.answer("GET", "/user", accept="text/html")
    assert (answer.status, "Must accept" in answer.json()["message"]) == (415, True)


async def test_the_token_endpoint_takes_json_and_needs_no_redirect_address(loose: Sandbox) -> None:
    """As `@octokit/oauth-app` sends it, which knows nothing else."""
    simulator = loose.simulator
    code = simulator.grants.new_code(
        client_id=simulator.app_id,
        redirect_uri="http://127.0.0.1:9/callback",
        account="ada-park",
        scopes=["repo"],
        challenge=None,
    )
    sent = {"client_id": simulator.app_id, "client_secret": simulator.app_secret, "code": code}
    answer = await loose.browser.post(
        f"{simulator.url('web')}/login/oauth/access_token", json=sent, headers={"accept": "application/json"}
    )
    token = answer.json()["access_token"]
    app = (simulator.app_id, simulator.app_secret)
    tokens = f"{simulator.url('api')}/applications/{simulator.app_id}/token"
    checked = await loose.browser.post(tokens, json={"access_token": token}, auth=app)
    assert (checked.json()["user"]["login"], checked.json()["scopes"]) == ("ada-park", ["repo"])
    fresh = (await loose.browser.patch(tokens, json={"access_token": token}, auth=app)).json()["token"]
    assert (await loose.browser.post(tokens, json={"access_token": token}, auth=app)).status_code == 404
    assert (await loose.raw(fresh, "/user")).json()["login"] == "ada-park"


async def test_limits_and_people_are_looked_up(sandbox: Sandbox) -> None:
    call = await caller(sandbox)
    assert (await call("GET", "/users/Tomas-Ruiz"))["name"] == "Tomas Ruiz"
    await call("GET", "/users/nobody", 404)
    before = (await call("GET", "/rate_limit"))["rate"]["remaining"]
    assert (await call("GET", "/rate_limit"))["rate"]["remaining"] == before

"""What GitHub really sends (npm `@octokit/webhooks-examples`), signed, read and told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from fluxstudio.kit.signatures import hmac_sha256_hex
from fluxstudio.providers.github import github
from fluxstudio.sdk import AccessEnded, BadSignature
from tests.support.deliveries import Delivery, deliveries
from tests.support.pins import github_document
from tests.support.schemas import Schemas, explained

assert github.webhooks is not None
WEBHOOK = github.webhooks
SECRET = "not-a-real-webhook-secret"
DELIVERIES = deliveries("fluxstudio.providers.github")
EXAMPLES = [sent for sent in DELIVERIES if b"harbour-pine" not in sent.body]
OURS = [sent for sent in DELIVERIES if sent not in EXAMPLES]


def kind_of(sent: Delivery) -> str:
    return WEBHOOK.event_type(sent.headers, sent.payload)


def example(kind: str, action: str | None = None) -> dict[str, Any]:
    return next(dict(s.payload) for s in EXAMPLES if kind_of(s) == kind and s.payload.get("action") == action)


def text_of(kind: str, payload: Mapping[str, Any]) -> str:
    assert WEBHOOK.describe is not None
    return WEBHOOK.describe(kind, payload)


def link(kind: str, payload: Mapping[str, Any]) -> str | None:
    assert WEBHOOK.link is not None
    return WEBHOOK.link(kind, payload)


def account(payload: Mapping[str, Any]) -> str | None:
    assert WEBHOOK.account is not None
    return WEBHOOK.account(payload)


def order(kind: str, payload: Mapping[str, Any]) -> str | None:
    assert WEBHOOK.order is not None
    return WEBHOOK.order(kind, payload)


@pytest.mark.parametrize("kind", sorted({kind_of(sent) for sent in EXAMPLES}))
def test_what_github_sends_is_verified_read_and_told(kind: str) -> None:  # R27
    assert kind in WEBHOOK.events
    for number, sent in enumerate(sent for sent in EXAMPLES if kind_of(sent) == kind):
        signature = f"sha256={hmac_sha256_hex(SECRET, sent.body)}"
        delivery = f"00000000-0000-4000-8000-{number:012}"
        headers = {
            **sent.headers,
            "x-hub-signature-256": signature,
            "x-github-delivery": delivery,
            "x-github-hook-id": "292430182",
        }
        WEBHOOK.verify(sent.body, headers, SECRET, 0)
        with pytest.raises(BadSignature):
            WEBHOOK.verify(sent.body + b" ", headers, SECRET, 0)
        payload = sent.read(WEBHOOK)
        assert payload == sent.payload
        assert WEBHOOK.event_type(headers, payload) == kind
        assert WEBHOOK.event_id(headers, payload, sent.body) == delivery
        assert WEBHOOK.subscription is not None
        assert WEBHOOK.subscription(headers) == "292430182"
        sentence = text_of(kind, payload)
        assert 1 <= len(sentence) <= 200
        assert not re.search(r"[{}\n]|\bNone\b", sentence), sentence
        address = link(kind, payload)
        assert address is None or urlsplit(address).scheme == "https"


def test_there_are_as_many_examples_as_the_package_has() -> None:
    assert len(EXAMPLES) == 329
    assert len({kind_of(sent) for sent in EXAMPLES}) == 58


@pytest.mark.parametrize("sent", OURS, ids=kind_of)
def test_what_we_wrote_ourselves_names_only_fields_github_documents(sent: Delivery) -> None:
    document = github_document().document
    entries = [
        entry["post"]
        for entry in document["x-webhooks"].values()
        if entry["post"]["operationId"].partition("/")[0].replace("-", "_") == kind_of(sent)
    ]
    schemas = Schemas(document)
    wrong = []
    for entry in entries:
        schema = schemas.resolve(entry["requestBody"]["content"]["application/json"]["schema"])
        fitting = {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: lenient(schemas, part) for name, part in schema["properties"].items()},
        }
        errors = schemas.validator(fitting).iter_errors(dict(sent.payload))
        wrong.append([text for error in errors for text in explained(error)])
    assert [] in wrong, wrong


def lenient(schemas: Schemas, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema that lets fields of an object be left out, but none be made up."""
    result = schemas.resolve(schema)
    if "properties" not in result:
        return result
    return {
        "type": "object",
        "properties": {name: {} for name in result["properties"]},
        "additionalProperties": False,
    }


def test_what_design_teams_follow_has_words_of_its_own() -> None:
    repo, title = "Codertocat/Hello-World", "Update the README with new information."
    pull = example("pull_request", "closed")
    assert text_of("issues", example("issues", "opened")) == (
        f"Codertocat opened issue #1 in {repo}: “Spelling error in the README file”"
    )
    assert text_of("pull_request", pull) == f"Codertocat closed pull request #2 in {repo}: “{title}”"
    merged = {**pull, "pull_request": {**pull["pull_request"], "merged": True}}
    assert text_of("pull_request", merged) == f"Codertocat merged pull request #2 in {repo}: “{title}”"
    asked = text_of("pull_request", example("pull_request", "review_requested"))
    assert asked == f"Codertocat asked octocat to review pull request #2 in {repo}: “{title}”"
    ready = text_of("pull_request", example("pull_request", "ready_for_review"))
    assert ready == f"Codertocat marked pull request #2 in {repo} as ready for review: “{title}”"
    review = example("pull_request_review", "submitted")
    approved = {**review, "review": {**review["review"], "state": "approved", "body": "Lovely"}}
    assert (
        text_of("pull_request_review", approved) == f"Codertocat approved pull request #2 in {repo}: “Lovely”"
    )
    assert text_of("release", example("release", "published")) == f"Codertocat published 0.0.1 in {repo}"
    assert text_of("fork", example("fork")) == f"Octocoders forked {repo} to Octocoders/Hello-World"
    assert text_of("star", example("star", "created")) == f"Codertocat starred {repo}"
    assert text_of("create", example("create")) == f"Codertocat created tag simple-tag in {repo}"
    assert text_of("workflow_run", example("workflow_run", "completed")).startswith(
        "Manually triggered workflow"
    )
    assert text_of("deployment_status", example("deployment_status", "created")) == (
        f"The deployment to production in {repo} succeeded"
    )


def test_a_push_tells_how_many_commits_went_where() -> None:
    push = next(dict(s.payload) for s in EXAMPLES if kind_of(s) == "push" and s.payload["commits"])
    assert (
        text_of("push", push)
        == "Codertocat pushed 1 commit to master in Codertocat/Hello-World: “Initial commit”"
    )
    many = {**push, "commits": push["commits"] * 1200, "forced": True}
    assert text_of("push", many).startswith("Codertocat force-pushed 1,200 commits to master in")
    gone = {**push, "commits": [], "deleted": True}
    assert text_of("push", gone) == "Codertocat deleted branch master in Codertocat/Hello-World"
    assert link("push", gone) == "https://github.com/Codertocat/Hello-World"


def test_a_comment_on_a_pull_request_says_so() -> None:
    comment = example("issue_comment", "created")
    on_pull = {**comment, "issue": {**comment["issue"], "pull_request": {"url": "https://api.github.com/"}}}
    assert text_of("issue_comment", comment).startswith("Codertocat commented on issue #1 in")
    assert text_of("issue_comment", on_pull).startswith("Codertocat commented on pull request #1 in")


def test_what_has_no_words_of_its_own_is_told_plainly() -> None:
    payload = example("branch_protection_rule", "edited")
    assert text_of("branch_protection_rule", payload) == (
        "Branch protection rule edited in octo-org/octo-repo by Codertocat"
    )
    assert text_of("something_new", payload) == "Something new edited in octo-org/octo-repo by Codertocat"
    assert text_of("something_new", {}) == "Something new"
    assert text_of("issues", {"action": "typed"}) == "Issues typed"


def test_a_link_leads_to_what_happened_and_never_to_what_is_gone() -> None:
    page = "https://github.com/Codertocat/Hello-World"
    assert link("issues", example("issues", "opened")) == f"{page}/issues/1"
    assert link("issues", example("issues", "deleted")) == page
    assert link("issue_comment", example("issue_comment", "deleted")) == f"{page}/issues/1"
    assert link("release", example("release", "deleted")) == page
    assert link("repository", {**example("repository", "created"), "action": "deleted"}) is None
    for address in ("http://github.com/a", "javascript:alert(1)", "https://a@b/", "https://a b", 7):
        assert link("issues", {"issue": {"html_url": address}}) is None


def test_an_event_concerns_the_user_who_owns_the_repository() -> None:
    owner = {"repository": {"owner": {"id": 21031067, "type": "User"}}, "sender": {"id": 5, "type": "User"}}
    assert account(owner) == "21031067"
    organization = {"repository": {"owner": {"id": 7, "type": "Organization"}}, "sender": {"id": 5}}
    assert account(organization) is None
    assert account({"organization": {"id": 7}, "sender": {"id": 5}}) is None
    assert account(example("installation", "created")) == "21031067"
    assert account(example("github_app_authorization", "revoked")) == "1"
    assert account({}) is None


def test_what_belongs_together_is_handled_in_order() -> None:
    issue = order("issues", example("issues", "opened"))
    assert issue == order("issue_comment", example("issue_comment", "created")) == "186853002#1"
    pull = order("pull_request", example("pull_request", "opened"))
    assert pull == order("pull_request_review", example("pull_request_review", "submitted")) == "186853002#2"
    push = next(dict(s.payload) for s in EXAMPLES if kind_of(s) == "push" and s.payload["commits"])
    assert order("push", push) == "186853002:master"
    assert order("delete", {**example("delete"), "ref": "master"}) == "186853002:master"
    assert order("star", example("star", "created")) == "186853002"
    assert order("security_advisory", example("security_advisory", "published")) is None


def test_only_a_revoked_authorization_ends_an_access() -> None:
    assert WEBHOOK.ends is not None
    revoked = example("github_app_authorization", "revoked")
    assert WEBHOOK.ends("github_app_authorization", revoked) == AccessEnded(
        "1", "FluxStudio’s access was revoked in GitHub."
    )
    for sent in EXAMPLES:
        if kind_of(sent) != "github_app_authorization":
            assert WEBHOOK.ends(kind_of(sent), sent.payload) is None
    assert WEBHOOK.ends("github_app_authorization", {"action": "revoked"}) is None


def test_a_webhook_is_named_by_its_header_alone() -> None:
    assert WEBHOOK.subscription is not None
    assert WEBHOOK.subscription({"x-github-hook-id": "292430182"}) == "292430182"
    assert WEBHOOK.subscription({}) is None
    assert WEBHOOK.subscription({"x-github-hook-id": ""}) is None

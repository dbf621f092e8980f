from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from fluxstudio.errors import (
    FluxStudioError,
    Forbidden,
    InvalidRequest,
    NotFound,
    ProviderRateLimited,
    ProviderUnavailable,
    ScopeMissing,
)
from fluxstudio.providers.github import github
from fluxstudio.providers.github.failure import RepositoryConflict, github_failure, github_usage
from fluxstudio.sdk import Response, Unauthorized

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_IN_SECONDS = 1_795_348_800


def answered(status: int, body: Any = None, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body if body is not None else {})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, content, "https://api.github.com/repos/harbour-pine/driftwood")


def failed(status: int, body: Any = None, **headers: str) -> Any:
    return github_failure(answered(status, body, **headers))


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_no_failure(status: int) -> None:
    assert failed(status) is None


@pytest.mark.parametrize("status", [403, 429])
def test_a_used_up_budget_waits_until_it_is_reset_by_githubs_clock(status: int) -> None:  # F12
    reset = str(NOON_IN_SECONDS + 90)
    error = failed(status, x_ratelimit_remaining="0", x_ratelimit_reset=reset, date=NOON)
    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after == 90


@pytest.mark.parametrize("status", [403, 429])
def test_retry_after_comes_before_everything_else(status: int) -> None:  # F10
    reset = str(NOON_IN_SECONDS + 90)
    error = failed(
        status, retry_after="396749", x_ratelimit_remaining="0", x_ratelimit_reset=reset, date=NOON
    )
    assert isinstance(error, ProviderRateLimited)
    assert error.details["retryAfter"] == 396_749


def test_a_secondary_limit_without_a_time_waits_a_minute() -> None:
    texts = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
    for error in (failed(403, texts, x_ratelimit_remaining="4711"), failed(429, b"slow down")):
        assert isinstance(error, ProviderRateLimited)
        assert error.retry_after == 60


def test_a_reset_without_githubs_time_is_measured_by_ours() -> None:
    error = failed(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(time.time()) + 600), date="noon")
    assert isinstance(error, ProviderRateLimited)
    assert 590 < error.retry_after <= 600


def test_a_missing_scope_names_the_one_we_can_ask_for() -> None:
    error = failed(
        403,
        {"message": "Missing the 'read:org' scope."},
        x_accepted_oauth_scopes="admin:org, read:org, write:org",
        x_oauth_scopes="read:user, repo",
    )
    assert isinstance(error, ScopeMissing)
    assert error.details["needed"] == ["read:org"]
    unasked = failed(403, x_accepted_oauth_scopes="gist", x_oauth_scopes="")
    assert isinstance(unasked, ScopeMissing)
    assert unasked.details["needed"] == ["gist"]


def test_a_refusal_with_the_scope_at_hand_is_not_a_missing_scope() -> None:
    error = failed(
        403,
        {"message": "Must have push access to view repository collaborators."},
        x_accepted_oauth_scopes="public_repo, repo",
        x_oauth_scopes="repo",
    )
    assert type(error) is Forbidden
    # Front ends read in the sentence what became of their own session, so it is all ours.
    assert "Must have push access" not in error.message
    assert "Must have push access" in error.details["providerMessage"]


def test_a_github_app_without_permission_says_which() -> None:
    error = failed(
        403,
        {"message": "Resource not accessible by integration"},
        x_accepted_github_permissions="issues=write",
    )
    assert type(error) is Forbidden
    assert "issues=write" in error.details["providerMessage"]


def test_single_sign_on_says_where_and_keeps_its_ticket_to_itself() -> None:  # R44
    error = failed(
        403,
        {"message": "Resource protected by organization SAML enforcement."},
        x_github_sso="required; url=https://github.com/orgs/harbour-pine/sso?authorization_request=planted",
    )
    assert type(error) is Forbidden
    assert "https://github.com/orgs/harbour-pine/sso." in error.message
    assert "planted" not in error.message


def test_a_validation_that_failed_names_every_field() -> None:
    body = {
        "message": "Validation Failed",
        "errors": [
            {"resource": "Issue", "field": "title", "code": "missing_field"},
            {"resource": "Issue", "field": "milestone", "code": "invalid"},
            {"resource": "Issue", "code": "custom", "message": "Sorry, issues are closed."},
            "and this",
        ],
    }
    error = failed(422, body)
    assert isinstance(error, InvalidRequest)
    assert error.details["fields"] == {
        "title": "is required",
        "milestone": "is not valid",
        "Issue": "Sorry, issues are closed.",
        "body": "and this",
    }
    assert "title is required" in error.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, NotFound),
        (307, NotFound),
        (400, InvalidRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, RepositoryConflict),
        (410, NotFound),
        (422, InvalidRequest),
        (451, InvalidRequest),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
@pytest.mark.parametrize("body", [b"<html>\x00\xff", b"[1]", b'{"message": 7}', b'{"errors": "no"}', b""])
def test_every_status_has_a_meaning(status: int, kind: type[Exception], body: bytes) -> None:  # F11
    error = failed(status, body)
    assert isinstance(error, kind)
    if isinstance(error, FluxStudioError):
        assert error.message.endswith(".")


def test_the_budget_is_read_from_githubs_headers() -> None:
    usage = github_usage(
        answered(200, x_ratelimit_remaining="4711", x_ratelimit_reset=str(NOON_IN_SECONDS + 60), date=NOON)
    )
    assert usage is not None
    assert (usage.remaining, usage.resets_in) == (4711, 60)


@pytest.mark.parametrize(
    "headers",
    [{}, {"x_ratelimit_remaining": "many"}, {"x_ratelimit_remaining": "3", "x_ratelimit_resource": "search"}],
)
def test_an_answer_that_says_nothing_of_our_budget_changes_nothing(headers: dict[str, str]) -> None:
    assert github_usage(answered(200, **headers)) is None


def test_requests_say_who_we_are_and_which_version_we_mean() -> None:
    assert github.http.headers == {
        "accept": "application/vnd.github+json",
        "user-agent": "FluxStudio-Integrations",
        "x-github-api-version": "2026-03-10",
    }

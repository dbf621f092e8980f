from __future__ import annotations

import msgspec
import pytest

from fluxstudio.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    ProviderRateLimited,
    ProviderUnavailable,
    ScopeMissing,
)
from fluxstudio.providers.figma import figma
from fluxstudio.providers.figma.oauth import read_token
from fluxstudio.sdk import OAuthRefused, Response, Unauthorized
from tests.providers.figma.conftest import FLOW, Sandbox, run
from tests.support.direct import OneToken, Recorded

SCOPE = "Invalid scope(s): files:read, webhooks:write. This endpoint requires the file_variables:read scope"


def answer(status: int, body: object = None, **headers: str) -> Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(status, fields, content, "https://api.figma.com/v1/me")


@pytest.mark.parametrize("shape", ["err", "message"])
@pytest.mark.parametrize("text", ["Invalid token", "Token expired", "OAuth token has been revoked"])
def test_a_dead_token_is_told_from_a_forbidden_call_in_both_shapes(shape: str, text: str) -> None:
    assert isinstance(figma.failure(answer(403, {"status": 403, shape: text})), Unauthorized)


def test_401_is_a_dead_token_too() -> None:
    assert isinstance(figma.failure(answer(401, {"error": True, "message": "no"})), Unauthorized)


def test_a_missing_scope_is_named() -> None:
    failure = figma.failure(answer(403, {"status": 403, "error": True, "message": SCOPE}))
    assert isinstance(failure, ScopeMissing)
    assert failure.details["needed"] == ["file_variables:read"]


def test_the_deprecated_scope_is_never_asked_for() -> None:
    text = "Invalid scope(s): x. This endpoint requires the library_content:read or files:read scope"
    failure = figma.failure(answer(403, {"status": 403, "err": text}))
    assert isinstance(failure, ScopeMissing)
    assert failure.details["needed"] == ["library_content:read"]


def test_a_plan_that_is_too_small_is_said_so() -> None:
    failure = figma.failure(answer(403, {"error": True, "message": "Limited by Figma plan"}))
    assert isinstance(failure, Forbidden)
    assert not isinstance(failure, ScopeMissing)
    assert "plan" in failure.message


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (413, ""),
        (400, "Request too large. If applicable, filter by query params."),
        (400, "Render timeout, try requesting fewer or smaller images"),
    ],
)
def test_what_is_too_large_for_figma_is_no_outage_and_names_the_way_on(status: int, text: str) -> None:
    failure = figma.failure(answer(status, {"status": status, "err": text}))
    assert isinstance(failure, InvalidRequest)
    assert "`depth`" in failure.message


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, InvalidRequest),
        (403, Forbidden),
        (404, NotFound),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b'{"err": 7}', b'{"status": 1, "err": "Sorry"}'])
def test_other_refusals_are_what_their_status_says_whatever_the_body(
    status: int, expected: type[Exception], body: bytes
) -> None:
    assert type(figma.failure(answer(status, body))) is expected


def test_what_figma_says_ends_as_a_sentence() -> None:
    failure = figma.failure(answer(400, {"error": True, "message": "Parameter message is required"}))
    assert isinstance(failure, InvalidRequest)
    assert "required. Correct it" in failure.message


def test_success_is_no_failure() -> None:
    assert figma.failure(answer(200, {})) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [("1", "1 second"), ("3600", "1 hour"), ("7200", "2 hours"), ("396749", "5 days")]
)
def test_a_rate_limit_waits_as_long_as_figma_says(seconds: str, words: str) -> None:  # F10
    limited = answer(429, {"status": 429, "err": "Rate limit exceeded"}, retry_after=seconds)
    failure = figma.failure(limited)
    assert isinstance(failure, ProviderRateLimited)
    assert failure.retry_after == float(seconds)
    assert failure.details == {"retryAfter": int(seconds)}
    assert words in failure.message


def test_a_seat_with_few_calls_is_told_so_with_the_way_to_more() -> None:
    failure = figma.failure(
        answer(
            429,
            b"",
            retry_after="86400",
            x_figma_plan_tier="pro",
            x_figma_rate_limit_type="low",
            x_figma_upgrade_link="https://www.figma.com/files?api_paywall=true",
        )
    )
    assert isinstance(failure, ProviderRateLimited)
    assert "a month" in failure.message
    assert failure.details["planTier"] == "pro"
    assert failure.details["upgradeUrl"].startswith("https://www.figma.com/")


@pytest.mark.parametrize(
    "link",
    ["http://www.figma.com/x", "https://figma.com.evil.example/", "javascript:1", "https://evilfigma.com/"],
)
def test_only_figmas_own_upgrade_link_is_passed_on(link: str) -> None:
    failure = figma.failure(answer(429, b"", x_figma_upgrade_link=link))
    assert isinstance(failure, ProviderRateLimited)
    assert "upgradeUrl" not in failure.details


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ("Invalid refresh token", 400, "invalid_grant"),
        ("Invalid authorization code", 400, "invalid_grant"),
        ("Invalid client credentials", 401, "invalid_client"),
        ("Parameter client_id is required", 400, "invalid_request"),
        ("Please make requests to api.figma.com", 404, "invalid_request"),
    ],
)
def test_the_token_endpoints_refusals_get_the_standard_codes(message: str, status: int, code: str) -> None:
    with pytest.raises(OAuthRefused) as refused:
        read_token({"error": True, "status": status, "message": message, "i18n": None})
    assert refused.value.error == code


async def test_a_call_that_meets_a_dead_token_is_replayed_once_with_a_fresh_one(
    sandbox: Sandbox,
) -> None:  # F3
    api = await sandbox.api()
    fresh = (await sandbox.connect()).access_token
    assert isinstance(api.token, OneToken)
    dead, api.token.fresh = api.token.token, fresh
    assert await run(api, "comments", fileKey=FLOW)
    assert api.token.rejected == [dead]


async def test_running_dry_blocks_the_budget_for_as_long_as_figma_says(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await sandbox.control("limits", {"bucket": "tier2", "calls": 1, "seconds": 60})
    await run(api, "comments", fileKey=FLOW)
    with pytest.raises(ProviderRateLimited) as limited:
        await run(api, "comments", fileKey=FLOW)
    assert 1 <= limited.value.retry_after <= 60
    assert isinstance(api.budget, Recorded)
    assert api.budget.blocked == {"tier2": limited.value.retry_after}


@pytest.mark.parametrize("scope", ["file_comments:read", "projects:read", "library_content:read"])
async def test_a_grant_without_a_scope_is_told_which_one(sandbox: Sandbox, scope: str) -> None:
    granted = tuple(name for name in figma.oauth.asked_scopes() if name != scope)
    api = await sandbox.api(scopes=granted)
    calls = {
        "file_comments:read": ("comments", {"fileKey": FLOW}),
        "projects:read": ("files", {"teamId": "1174201358246917205"}),
        "library_content:read": ("components", {"fileKey": FLOW}),
    }
    name, arguments = calls[scope]
    assert scope in figma[name].scopes
    with pytest.raises(ScopeMissing) as missing:
        await run(api, name, **arguments)
    assert missing.value.details["needed"] == [scope]

"""What GitHub's answers mean.

Sources, all read 2026-11-22: docs.github.com “Rate limits for the REST API” (403 or 429; `retry-after`, else
`x-ratelimit-reset` when nothing remains, else at least a minute), “Troubleshooting the REST API” (validation
codes, accepted permissions), “Scopes for OAuth apps” (`x-oauth-scopes`, `x-accepted-oauth-scopes`), “Best
practices” (redirects), “Authorizing a personal access token for use with single sign-on” (`x-github-sso`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from fluxstudio.errors import Forbidden, InvalidRequest, NotFound, ProviderRateLimited, ScopeMissing
from fluxstudio.kit.http import Garbage
from fluxstudio.providers.github.oauth import SCOPES
from fluxstudio.sdk import UNKNOWN_RETRY_SECONDS, Response, Usage, http_failure, retry_after

FAULTS = {
    "missing": "does not exist",
    "missing_field": "is required",
    "invalid": "is not valid",
    "already_exists": "is taken already",
    "unprocessable": "cannot be used",
}


class RepositoryConflict(InvalidRequest):
    """The state the repository is in does not allow it: an empty repository has no commits, for one."""


def github_failure(response: Response) -> Exception | None:
    """The product's error for one of GitHub's answers, or None."""
    status = response.status
    if status < 300:
        return None
    if status < 400:
        return NotFound(
            "GitHub has this under another name: it was renamed or moved to another owner. List your "
            "repositories again and use the new name."
        )
    problem = _problem(response)
    message = _sentence(str(problem.get("message") or ""))
    if status in {403, 429}:
        limited = _rate_limited(response, message)
        if limited is not None:
            return limited
    match status:
        case 403:
            return _forbidden(response, message) or http_failure("GitHub", response, message)
        case 409:
            return RepositoryConflict(
                f"GitHub cannot do that now. It says: {message or 'There is a conflict.'}"
            )
        case 422:
            return _invalid(problem, message)
        case _:
            return http_failure("GitHub", response, message)


def github_usage(response: Response) -> Usage | None:
    """How much of the hourly budget is left, where the answer says so."""
    if response.headers.get("x-ratelimit-resource", "core") != "core":
        return None
    try:
        remaining = int(response.headers["x-ratelimit-remaining"])
    except (KeyError, ValueError):
        return None
    return Usage(remaining, _until_reset(response.headers))


def _rate_limited(response: Response, message: str) -> ProviderRateLimited | None:
    headers = response.headers
    if "retry-after" in headers:
        wait = retry_after(headers, UNKNOWN_RETRY_SECONDS)
    elif headers.get("x-ratelimit-remaining") == "0":
        wait = _until_reset(headers)
    elif response.status == 429 or "secondary rate limit" in message.lower():
        wait = UNKNOWN_RETRY_SECONDS
    else:
        return None
    return ProviderRateLimited(
        f"GitHub asks us to wait before the next call. Try again in {max(1, round(wait))} seconds.", wait
    )


def _until_reset(headers: Mapping[str, str]) -> float:
    """Seconds until the budget is full again, measured by GitHub's own clock where it tells the time."""
    try:
        now = parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        now = time.time()
    try:
        return max(1.0, float(headers["x-ratelimit-reset"]) - now)
    except (KeyError, ValueError):
        return UNKNOWN_RETRY_SECONDS


def _forbidden(response: Response, message: str) -> Forbidden | None:
    headers = response.headers
    accepted = _names(headers.get("x-accepted-oauth-scopes", ""))
    if accepted and "x-oauth-scopes" in headers and accepted.isdisjoint(_names(headers["x-oauth-scopes"])):
        scopes = [scope.name for scope in SCOPES if scope.name in accepted] or sorted(accepted)[:1]
        return ScopeMissing(
            f"This needs the GitHub permission {scopes[0]}, which this connection was not granted. Grant "
            "access on the integrations page, then try again.",
            scopes[:1],
        )
    if headers.get("x-github-sso", "").startswith("required"):
        return Forbidden(
            f"The organisation asks you to sign in with its single sign-on first{_sign_on(headers)}. Then "
            "reconnect GitHub and try again."
        )
    permissions = headers.get("x-accepted-github-permissions", "")
    if permissions and "not accessible by integration" in message:
        return Forbidden(
            "The GitHub App lacks a permission this needs, or is not installed on that repository. Ask "
            "the app's owner to add it.",
            providerMessage=f"Needed: {permissions[:100]}",
        )
    return None


def _sign_on(headers: Mapping[str, str]) -> str:
    url = urlsplit(headers["x-github-sso"].partition("url=")[2])
    return f" at {url.scheme}://{url.netloc}{url.path}" if url.scheme == "https" else ""


def _names(header: str) -> set[str]:
    return {name.strip() for name in header.split(",") if name.strip()}


def _sentence(text: str) -> str:
    """What GitHub said, with a full stop; nothing where it says no more than the status does."""
    text = text.strip()[:200]
    if not text or text == "Not Found":
        return ""
    return text if text[-1] in ".!?" else f"{text}."


def _problem(response: Response) -> dict[str, Any]:
    """The JSON object an error answer holds; outages and proxies answer with something else."""
    try:
        problem = response.json()
    except Garbage:
        return {}
    return problem if isinstance(problem, dict) else {}


def _invalid(problem: Mapping[str, Any], message: str) -> InvalidRequest:
    errors = problem.get("errors")
    fields = _fields(errors if isinstance(errors, list) else [])
    wrong = "; ".join(f"{name} {reason}" for name, reason in fields.items()) or message
    return InvalidRequest(
        f"GitHub did not accept the request: {_sentence(wrong[:300]) or 'It is not valid.'} "
        "Correct it and send it again.",
        fields,
    )


def _fields(errors: Iterable[Any]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for error in errors:
        if isinstance(error, Mapping):
            name = str(error.get("field") or error.get("resource") or "body")
            code = str(error.get("code") or "invalid")
            fields[name] = str(error.get("message") or FAULTS.get(code, code))[:200]
        else:
            fields.setdefault("body", str(error)[:200])
    return fields

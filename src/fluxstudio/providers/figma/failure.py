"""What Figma's refusals mean.

Figma answers a dead token with 403 instead of 401, in one of two shapes: `{status, err}` or
`{status, error: true, message}` (its OpenAPI document and error-code tables, read 2026-11-22).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fluxstudio.errors import Forbidden, InvalidRequest, ProviderRateLimited, ScopeMissing
from fluxstudio.kit.http import Garbage
from fluxstudio.sdk import Response, Unauthorized, http_failure, retry_after

DEAD_TOKEN = re.compile(
    r"\b(invalid|expired|revoked)\b.*\btoken\b|\btoken\b.*\b(invalid|expired|revoked)\b", re.I
)
NEEDED = re.compile(r"\b[a-z_]+:[a-z_]+\b")
DEPRECATED = "files:read"
# “Request too large. If applicable, filter by query params.”, “Render timeout, try requesting fewer or
# smaller images” (public reports, read 2026-11-29).
TOO_LARGE = re.compile(r"too large|render timeout|fewer or smaller", re.I)


def failure(response: Response) -> Exception | None:
    """The product's error for one of Figma's answers, or None for success."""
    if response.status < 400:
        return None
    message = _message(response)
    if response.status == 429:
        return _rate_limited(response.headers)
    if response.status == 403:
        scopes = _needed_scopes(message)
        if scopes:
            return ScopeMissing(
                f"Figma needs another permission for this: {', '.join(scopes)}. Reconnect Figma to grant it.",
                scopes,
            )
        if DEAD_TOKEN.search(message):
            return Unauthorized("Figma")
        if "figma plan" in message.lower():
            return Forbidden(
                "Figma does not offer this on this team's plan. Ask the team's owner to upgrade it."
            )
    if response.status == 413 or (response.status == 400 and TOO_LARGE.search(message)):
        return InvalidRequest(
            "This is too much for Figma to send at once. Ask for fewer levels with `depth`, for single "
            "layers with `ids`, or for fewer images."
        )
    return http_failure("Figma", response, message)


def not_rendered(reason: str) -> InvalidRequest:
    """The error for an answer with status 200 whose `err` says that nothing was rendered."""
    return InvalidRequest(
        f"Figma could not render this. It says: {reason[:200]} Check the ids, or ask for fewer at once."
    )


def _message(response: Response) -> str:
    try:
        body: Any = response.json()
    except Garbage:
        return ""
    if not isinstance(body, Mapping):
        return ""
    message = next((text for text in (body.get("err"), body.get("message")) if isinstance(text, str)), "")
    return message if not message or message[-1] in ".?!" else f"{message}."


def _needed_scopes(message: str) -> list[str]:
    """The scopes of "Invalid scope(s): … This endpoint requires the … scope"; any one of them would do."""
    _, requirement, names = message.partition("requires")
    if not requirement or "scope" not in message.lower():
        return []
    return [scope for scope in NEEDED.findall(names) if scope != DEPRECATED]


def _rate_limited(headers: Mapping[str, str]) -> ProviderRateLimited:
    """Figma's limits are by seat, plan and kind of call; `low` is a View or Collab seat, or a Starter plan.

    The headers are those of developers.figma.com/docs/rest-api/rate-limits (read 2026-11-22).
    """
    wait = retry_after(headers, 60)
    reason = (
        "this seat or plan allows only a few of these calls a month"
        if headers.get("x-figma-rate-limit-type") == "low"
        else "too many calls were made in the last minute"
    )
    details = {"planTier": headers.get("x-figma-plan-tier"), "upgradeUrl": _upgrade(headers)}
    return ProviderRateLimited(
        f"Figma asks us to wait: {reason}. Try again in {_in_words(wait)}.",
        wait,
        **{name: value for name, value in details.items() if value},
    )


def _upgrade(headers: Mapping[str, str]) -> str | None:
    link = headers.get("x-figma-upgrade-link", "")
    host = urlsplit(link).hostname or ""
    return link if link.startswith("https://") and f".{host}".endswith(".figma.com") else None


def _in_words(seconds: float) -> str:
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            count = round(seconds / length)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{max(1, round(seconds))} seconds"

"""Turning a provider's HTTP answer into one of the product's errors."""

from __future__ import annotations

from fluxstudio.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    ProviderRateLimited,
    ProviderUnavailable,
)
from fluxstudio.kit.http import Response
from fluxstudio.sdk.api import Unauthorized
from fluxstudio.sdk.limits import retry_after

# How long to wait where a provider refuses for its rate and does not say how long.
UNKNOWN_RETRY_SECONDS = 60.0


def http_failure(name: str, response: Response, message: str = "") -> Exception | None:
    """What a plain HTTP API means by a status, or None for success.

    `name` is the provider's as people know it and `message` its own short explanation, if it gave one. A rate
    limit without `Retry-After` waits a minute. Of a 403 no sentence of ours repeats that explanation, since
    front ends read in one what became of their own session.
    """
    status = response.status
    reason = f" It says: {message[:200]}" if message else ""
    if status < 400:
        return None
    if status == 401:
        return Unauthorized(name)
    if status == 429:
        wait = retry_after(response.headers, UNKNOWN_RETRY_SECONDS)
        return ProviderRateLimited(
            f"{name} asks us to wait before the next call. Try again in {max(1, round(wait))} seconds.", wait
        )
    if status == 403:
        return Forbidden(
            f"{name} does not let this account do that. Ask someone with access, or use another one.",
            **({"providerMessage": message[:200]} if message else {}),
        )
    if status in {404, 410}:
        return NotFound(f"{name} couldn't find that, or this account doesn't have access.{reason}")
    if status < 500:
        return InvalidRequest(f"{name} did not accept the request.{reason} Correct it and send it again.")
    return ProviderUnavailable(f"{name} is not working right now ({status}). Try again in a minute.")

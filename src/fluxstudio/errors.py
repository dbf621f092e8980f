"""Every error the product shows, in one tree.

    FluxStudioError
    ├── MissingToken              401 MISSING_TOKEN
    ├── InvalidToken              401 INVALID_TOKEN
    ├── Forbidden                 403 FORBIDDEN
    │   ├── AdminRequired         403 ADMIN_REQUIRED
    │   ├── HttpsRequired         403 HTTPS_REQUIRED
    │   └── ScopeMissing          403 SCOPE_MISSING (+ needed)
    ├── NotFound                  404 NOT_FOUND
    │   └── UnknownProvider       404 UNKNOWN_PROVIDER
    ├── NotConnected              409 NOT_CONNECTED
    ├── ReauthorizationRequired   409 REAUTHORIZATION_REQUIRED
    ├── ConnectionAmbiguous       409 CONNECTION_AMBIGUOUS (+ connections)
    ├── Conflict                  409 CONFLICT (+ reason)
    ├── IdempotencyKeyReused      422 IDEMPOTENCY_KEY_REUSED
    ├── InvalidRequest            400 INVALID_REQUEST (+ fields)
    │   └── StateInvalid          400 STATE_INVALID
    ├── QuestionRefused           400 QUESTION_REFUSED (+ reason, readings, understood, suggestions)
    ├── QuestionFailed            400 QUESTION_FAILED
    ├── PayloadDeleted            410 PAYLOAD_DELETED
    ├── TooLarge                  413 TOO_LARGE
    ├── Misdirected               421 MISDIRECTED
    ├── RateLimited               429 RATE_LIMITED (+ retryAfter)
    │   └── ProviderRateLimited   429 PROVIDER_RATE_LIMITED (+ retryAfter)
    ├── ProviderUnavailable       502 PROVIDER_UNAVAILABLE
    ├── ProviderNotConfigured     503 PROVIDER_NOT_CONFIGURED
    └── Unavailable               503 UNAVAILABLE

A message says what happened, why, and what to do next. It never holds a token, a secret or a trace.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from fluxstudio.kit.trace import current_request


class FluxStudioError(Exception):
    """An error a caller can act on.

    `message` is the sentence shown, `details` are further JSON keys of the answer.
    """

    status: int = 500
    code: ClassVar[str] = "INTERNAL"

    @property
    def did_nothing(self) -> bool:
        """Whether it is certain that nothing was changed."""
        return 400 <= self.status < 500 or self.status == 503

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """The JSON answer: `{success, error, code, message, requestId, ...details}`."""
        envelope = {"success": False, "error": self.message, "code": self.code, "message": self.message}
        return {**envelope, "requestId": current_request(), **self.details}

    def headers(self) -> Mapping[str, str]:
        """HTTP headers that belong to the answer."""
        return {}


class MissingToken(FluxStudioError):
    """Nobody is signed in."""

    status = 401
    code = "MISSING_TOKEN"

    def __init__(
        self, message: str = "Sign in, or send `Authorization: Bearer <token>` with the request."
    ) -> None:
        super().__init__(message)

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class InvalidToken(FluxStudioError):
    """The token is not one of ours, has expired, or belongs to a user who was switched off."""

    status = 401
    code = "INVALID_TOKEN"

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class Forbidden(FluxStudioError):
    """The caller, or the account behind the connection, may not do this."""

    status = 403
    code = "FORBIDDEN"


class AdminRequired(Forbidden):
    """Only an administrator may do this."""

    code = "ADMIN_REQUIRED"

    def __init__(self, message: str = "Only admins can do this. Ask an admin for access.") -> None:
        super().__init__(message)


class HttpsRequired(Forbidden):
    """The request came in clear, and only HTTPS is served."""

    code = "HTTPS_REQUIRED"


class Misdirected(FluxStudioError):
    """The request named a host that is not served here."""

    status = 421
    code = "MISDIRECTED"


class ScopeMissing(Forbidden):
    """The grant lacks a scope the operation needs; `needed` names the scopes."""

    code = "SCOPE_MISSING"

    def __init__(self, message: str, needed: Sequence[str], **details: Any) -> None:
        super().__init__(message, needed=list(needed), **details)


class NotFound(FluxStudioError):
    """There is no such thing, or it is not the caller's to see."""

    status = 404
    code = "NOT_FOUND"


class UnknownProvider(NotFound):
    """No provider of that name is registered."""

    code = "UNKNOWN_PROVIDER"

    def __init__(self, name: str, names: Sequence[str]) -> None:
        super().__init__(f"There is no provider “{name[:40]}”. Known providers: {', '.join(names)}.")


class NotConnected(FluxStudioError):
    """The user has no live connection to the provider."""

    status = 409
    code = "NOT_CONNECTED"


class ReauthorizationRequired(FluxStudioError):
    """The provider no longer accepts the grant; the user has to connect again."""

    status = 409
    code = "REAUTHORIZATION_REQUIRED"


class ConnectionAmbiguous(FluxStudioError):
    """The user has several connections and did not say which; `connections` lists them."""

    status = 409
    code = "CONNECTION_AMBIGUOUS"

    def __init__(self, message: str, connections: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message, connections=[dict(connection) for connection in connections])


class Conflict(FluxStudioError):
    """What is asked for does not fit the state it is in; `reason` is a stable word for why."""

    status = 409
    code = "CONFLICT"

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message, reason=reason)


class IdempotencyKeyReused(FluxStudioError):
    """An idempotency key was sent with another request before."""

    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was sent with another request before. Use a new key for each request, and "
            "the same one only to repeat it."
        )


class InvalidRequest(FluxStudioError):
    """The request is not one we understand; `fields` maps each wrong field to what is wrong with it."""

    status = 400
    code = "INVALID_REQUEST"

    def __init__(self, message: str, fields: Mapping[str, str] | None = None, **details: Any) -> None:
        super().__init__(message, fields=dict(fields or {}), **details)


class StateInvalid(InvalidRequest):
    """The connect attempt is unknown, used, expired, or belongs to someone else."""

    code = "STATE_INVALID"


class QuestionRefused(FluxStudioError):
    """A question is refused rather than guessed; `details` say what was understood and what would work."""

    status = 400
    code = "QUESTION_REFUSED"


class QuestionFailed(FluxStudioError):
    """What was planned for a question could not be run: it took too long, or the database refused it.

    `problem` is what is wrong with the SQL, for whoever wrote it: names and types, nothing out of rows. It
    is empty where other SQL would fare no better.
    """

    status = 400
    code = "QUESTION_FAILED"

    def __init__(self, message: str, *, problem: str = "") -> None:
        super().__init__(message)
        self.problem = problem


class PayloadDeleted(FluxStudioError):
    """What a provider sent with an event is kept for less time than the event, and was deleted."""

    status = 410
    code = "PAYLOAD_DELETED"


class TooLarge(FluxStudioError):
    """The body is larger than we read."""

    status = 413
    code = "TOO_LARGE"


class RateLimited(FluxStudioError):
    """Too many requests; `retryAfter` is in whole seconds."""

    status = 429
    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after: float, **details: Any) -> None:
        self.retry_after = retry_after
        super().__init__(message, retryAfter=max(1, math.ceil(retry_after)), **details)

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.details["retryAfter"])}


class ProviderRateLimited(RateLimited):
    """The provider's budget for this account is used up; `retryAfter` is in whole seconds."""

    code = "PROVIDER_RATE_LIMITED"


class ProviderUnavailable(FluxStudioError):
    """The provider did not answer, or answered with something it should not.

    `sent` is False where nothing was sent to it.
    """

    status = 502
    code = "PROVIDER_UNAVAILABLE"

    def __init__(self, message: str, *, sent: bool = True, **details: Any) -> None:
        super().__init__(message, **details)
        self.sent = sent

    @property
    def did_nothing(self) -> bool:
        return not self.sent


class ProviderNotConfigured(FluxStudioError):
    """The operator has not given this installation an app at the provider yet."""

    status = 503
    code = "PROVIDER_NOT_CONFIGURED"


class Unavailable(FluxStudioError):
    """We cannot serve the request right now; nothing was changed."""

    status = 503
    code = "UNAVAILABLE"

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}

"""What a refusal means to the person who connects: a stable code, the cause, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fluxstudio.core.connections.attempts import Attempt, ConnectFailure, Timeline
from fluxstudio.core.registry import Registry
from fluxstudio.errors import ProviderUnavailable, StateInvalid
from fluxstudio.sdk import OAuthRefused
from fluxstudio.settings import setting_name

DECLINED = frozenset({"access_denied", "user_denied", "user_cancelled_authorize", "user_cancelled_login"})
# What is longer may be a code or a token that the provider repeats.
MAX_WORD_CHARACTERS = 60
PASSING = frozenset({"temporarily_unavailable", "server_error"})
APP_REFUSED = frozenset({"invalid_client", "unauthorized_client", "redirect_uri_mismatch"})


# What a state that comes back cannot be used for, whatever it was begun for.
BEGIN_AGAIN = "Begin it again."
EXPIRED = ConnectFailure(StateInvalid.code, "It took longer than 15 minutes.", BEGIN_AGAIN, "abandoned")
OF_ANOTHER_PROVIDER = ConnectFailure(
    StateInvalid.code, "The answer came back to the address of another provider.", BEGIN_AGAIN
)
SIGNED_OUT = ConnectFailure(
    StateInvalid.code, "The browser that began it was signed out.", BEGIN_AGAIN, "abandoned"
)

# Codes of connects that failed, beside those of the product's own errors.
CONNECT_CODES = (
    "ACCESS_DENIED",
    "APP_REFUSED",
    "EXCHANGE_REFUSED",
    "IDENTITY_UNKNOWN",
    "ISSUER_MISMATCH",
    "NO_CODE",
    "PROVIDER_REFUSED",
    "SETTINGS_CHANGED",
)


class ConnectStopped(Exception):
    """A connect that goes no further; `failure` says why."""

    def __init__(self, code: str, cause: str, mend: str, outcome: str = "failed") -> None:
        super().__init__(code)
        self.failure = ConnectFailure(code, cause, mend, outcome)


def explained(registry: Registry, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Attempts that nobody came back from say so: nothing happened that could have written it down."""
    return [_explained(registry, attempt) for attempt in attempts]


def _explained(registry: Registry, attempt: Attempt) -> Attempt:
    provider = registry.get(attempt.provider)
    if attempt.outcome != "abandoned" or attempt.cause is not None or provider.retired:
        return attempt
    silent = ", which sends no answer when you decline" if provider.provider.oauth.declines_silently else ""
    return replace(
        attempt,
        cause=f"You never returned from {provider.provider.name}{silent}.",
        mend="Connect again whenever you like.",
    )


def declined(name: str, answer: Mapping[str, str], timeline: Timeline) -> ConnectStopped:
    """The failure that an `error` in the provider's answer stands for (RFC 6749 4.1.2.1)."""
    error = answer["error"]
    if error in DECLINED:
        timeline.step("declined", "refused")
        return ConnectStopped(
            "ACCESS_DENIED",
            f"You did not allow access to {name}.",
            "Connect again whenever you like.",
            "declined",
        )
    reason = _reason(error, answer.get("error_description", ""))
    timeline.step("refused by the provider", "failed", reason)
    if error in PASSING:
        return unanswered(name)
    return ConnectStopped(
        "PROVIDER_REFUSED",
        f"{name} refused the request ({reason}).",
        "An administrator should compare the app's settings there with those here.",
    )


def unanswered(name: str) -> ConnectStopped:
    """The provider cannot be reached, or says that it cannot do it now."""
    return ConnectStopped(
        ProviderUnavailable.code, f"{name} did not answer.", "Nothing was changed. Connect again in a minute."
    )


def not_exchanged(provider_id: str, name: str, redirect_uri: str, refused: OAuthRefused) -> ConnectStopped:
    """What the token endpoint's refusal of a code stands for (RFC 6749 5.2)."""
    if refused.error in PASSING:
        return unanswered(name)
    if refused.error in APP_REFUSED:
        return _app_refused(provider_id, name, redirect_uri, refused)
    reason = _reason(refused.error, refused.description)
    return ConnectStopped(
        "EXCHANGE_REFUSED",
        f"{name} did not accept the code ({reason}).",
        "Connect once more. If it happens again, an administrator should check the app's id, secret and "
        "redirect address.",
    )


def _app_refused(provider_id: str, name: str, redirect_uri: str, refused: OAuthRefused) -> ConnectStopped:
    """What is wrong with the app's own settings, which no person who connects can change."""
    ids = " and ".join(setting_name(provider_id, part) for part in ("client_id", "client_secret"))
    mend = (
        f"An administrator has to register {redirect_uri} as the app's redirect address there."
        if refused.error == "redirect_uri_mismatch"
        else f"An administrator has to compare {ids} with the app's settings there."
    )
    reason = _reason(refused.error, refused.description)
    return ConnectStopped("APP_REFUSED", f"{name} does not accept this installation's app ({reason}).", mend)


def _reason(error: str, description: str) -> str:
    """The provider's code and its explanation as one line; neither holds more than words."""
    code = re.sub(r"[^\w.-]", "", error)[:60]
    readable = re.sub(r"[^\w\s.,:;'()/+-]", "", description)
    words = " ".join(word for word in readable.split() if len(word) <= MAX_WORD_CHARACTERS)[:200]
    return f"{code}: {words}" if words and words != code else code

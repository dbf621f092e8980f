"""Codes and tokens of a simulated authorization server."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from fluxstudio.kit.pkce import challenge_of
from fluxstudio.kit.signatures import same
from fluxstudio.sdk.simulation.world import SimulatedClock, World


class GrantRefused(Exception):
    """The authorization server says no; `error` is the code it answers with."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class SimulatedGrants:
    """One-time codes and live tokens, kept in the world under `codes` and `tokens`.

    A token is a JSON object: `{kind: access|refresh, family, account, client_id, scopes, expires_at}`.
    `family` ties together what one consent gave out. Times are Unix seconds of the simulator's clock.
    """

    def __init__(self, world: World, clock: SimulatedClock, *, code_lives: float) -> None:
        self._world = world
        self._clock = clock
        self._code_lives = code_lives

    @property
    def tokens(self) -> dict[str, dict[str, Any]]:
        """Every token that was not removed, by its value."""
        tokens: dict[str, dict[str, Any]] = self._world.data.setdefault("tokens", {})
        return tokens

    @property
    def _codes(self) -> dict[str, dict[str, Any]]:
        codes: dict[str, dict[str, Any]] = self._world.data.setdefault("codes", {})
        return codes

    def new_code(
        self,
        *,
        client_id: str,
        redirect_uri: str,
        account: str,
        scopes: Iterable[str],
        challenge: str | None,
        **details: Any,
    ) -> str:
        """A one-time code for what a person has just allowed."""
        now = self._clock.now()
        for old in [code for code, entry in self._codes.items() if entry["expires_at"] < now]:
            del self._codes[old]
        code = secrets.token_urlsafe(24)
        self._codes[code] = {
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "account": account,
            "scopes": list(scopes),
            "challenge": challenge,
            "expires_at": self._clock.now() + self._code_lives,
            **details,
        }
        return code

    def redeem(
        self, code: str, *, client_id: str, redirect_uri: str | None, verifier: str | None
    ) -> dict[str, Any]:
        """What a code stands for; it is used afterwards. Without a `redirect_uri` none has to match.

        Raises `GrantRefused`: `used_code`, `bad_code` (unknown, expired, another client's), `bad_verifier`,
        `bad_redirect_uri`.
        """
        code_entry = self._codes.get(code)
        if code_entry is not None and code_entry.get("is_used"):
            raise GrantRefused("used_code")
        if code_entry is not None:
            self._codes[code] = {**code_entry, "is_used": True}
        if (
            code_entry is None
            or code_entry["client_id"] != client_id
            or code_entry["expires_at"] < self._clock.now()
        ):
            raise GrantRefused("bad_code")
        if redirect_uri is not None and code_entry["redirect_uri"] != redirect_uri:
            raise GrantRefused("bad_redirect_uri")
        if code_entry["challenge"] is not None and not same(
            challenge_of(verifier or ""), code_entry["challenge"]
        ):
            raise GrantRefused("bad_verifier")
        return code_entry

    def issue(
        self,
        kind: str,
        *,
        prefix: str,
        family: str,
        account: str,
        client_id: str,
        scopes: Iterable[str],
        lives: float | None,
        **details: Any,
    ) -> str:
        """A new token value beginning with `prefix`; `lives` is in seconds, None for ever."""
        value = prefix + secrets.token_urlsafe(30)
        self.tokens[value] = {
            "kind": kind,
            "family": family,
            "account": account,
            "client_id": client_id,
            "scopes": list(scopes),
            "expires_at": None if lives is None else self._clock.now() + lives,
            **details,
        }
        return value

    def live(self, value: str, kind: str) -> dict[str, Any] | None:
        """The token of that kind if it is known and has not expired."""
        token = self.tokens.get(value)
        if token is None or token["kind"] != kind:
            return None
        if token["expires_at"] is not None and token["expires_at"] <= self._clock.now():
            return None
        return token

    def shorten(self, value: str, lives: float) -> None:
        """Let a token die in `lives` seconds at the latest."""
        token = self.tokens.get(value)
        if token is not None:
            dies = self._clock.now() + lives
            token["expires_at"] = dies if token["expires_at"] is None else min(token["expires_at"], dies)

    def remove(self, **matching: Any) -> int:
        """Remove every token whose fields equal `matching`; how many there were."""
        values = [value for value, token in self.tokens.items() if matching.items() <= token.items()]
        for value in values:
            del self.tokens[value]
        return len(values)

    def expire(self, kind: str = "access") -> int:
        """Let every token of a kind expire at once; how many there were."""
        for token in self.tokens.values():
            if token["kind"] == kind:
                token["expires_at"] = self._clock.now() - 1
        return sum(token["kind"] == kind for token in self.tokens.values())

"""Every secret that was given out while a test ran, and the shapes in which one could leak."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from fluxstudio.sdk.simulation.grants import SimulatedGrants
from tests.support.running import Running


@dataclass
class Planted:
    """`tokens` are what providers issued; `passing` serves one exchange only: codes, verifiers, states."""

    tokens: set[str] = field(default_factory=set)
    passing: set[str] = field(default_factory=set)

    @classmethod
    def by(cls, monkeypatch: pytest.MonkeyPatch) -> Planted:
        """Notes from now on what simulated providers issue and are shown."""
        planted = cls()
        issue, new_code, redeem = SimulatedGrants.issue, SimulatedGrants.new_code, SimulatedGrants.redeem

        def noted_issue(self: SimulatedGrants, kind: str, **details: Any) -> str:
            planted.tokens.add(token := issue(self, kind, **details))
            return token

        def noted_code(self: SimulatedGrants, **details: Any) -> str:
            planted.passing.add(code := new_code(self, **details))
            return code

        def noted_redeem(self: SimulatedGrants, code: str, **details: Any) -> dict[str, Any]:
            if details.get("verifier"):
                planted.passing.add(details["verifier"])
            return redeem(self, code, **details)

        monkeypatch.setattr(SimulatedGrants, "issue", noted_issue)
        monkeypatch.setattr(SimulatedGrants, "new_code", noted_code)
        monkeypatch.setattr(SimulatedGrants, "redeem", noted_redeem)
        return planted

    def note_begun(self, authorization_url: str) -> str:
        """Note the state of a connect that was begun; returns the address."""
        self.passing |= set(parse_qs(urlsplit(authorization_url).query)["state"])
        return authorization_url


def secrets_of(running: Running) -> set[str]:
    """The installation's own secrets: app secrets of providers and the keys that seal."""
    keys = running.services.vault._keyset.keys.values()
    apps = {entry.settings.client_secret for entry in running.services.registry}
    return apps | {base64.urlsafe_b64encode(key).decode() for key in keys}


def shapes(secret: str) -> Iterator[bytes]:
    """How a secret may stand in a text: as it is, percent-encoded, in hex, in base64 of any alignment."""
    plain = secret.encode()
    yield plain
    yield quote(secret, safe="").encode()
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # The first and the last four characters depend on what stands around it.
            yield encode(b"\0" * shift + plain).rstrip(b"=")[4:-4]


def leaked(text: str | bytes, secrets: Iterable[str]) -> set[str]:
    """Which of the secrets stand in a text, in any shape."""
    searched = text.encode() if isinstance(text, str) else text
    return {secret for secret in secrets if any(shape in searched for shape in shapes(secret))}

"""Proof keys for code exchange."""

from __future__ import annotations

import re

from fluxstudio.kit.pkce import challenge_of, new_verifier


def test_the_challenge_of_the_example_in_the_standard_is_the_one_it_gives() -> None:
    # RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_verifier_is_another_and_such_as_the_standard_asks_for() -> None:  # R4
    # RFC 7636, 4.1.
    verifiers = {new_verifier() for _ in range(100)}
    assert len(verifiers) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) for verifier in verifiers)

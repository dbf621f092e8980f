"""Proof keys for code exchange (RFC 7636), S256 only."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode

from fluxstudio.kit.signatures import sha256


def new_verifier() -> str:
    """A fresh code verifier: 64 URL-safe characters, 384 bits."""
    return secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier, base64url without padding."""
    return urlsafe_b64encode(sha256(verifier)).rstrip(b"=").decode()

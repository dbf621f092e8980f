"""Proof keys for code exchange (RFC 7636), S256 only."""

from __future__ import annotations

import secrets

from authlib.oauth2.rfc7636 import create_s256_code_challenge


def new_verifier() -> str:
    """A fresh code verifier: 64 URL-safe characters, 384 bits."""
    return secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier, base64url without padding."""
    return str(create_s256_code_challenge(verifier))

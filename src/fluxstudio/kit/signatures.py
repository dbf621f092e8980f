"""Keyed signatures over raw bytes, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac


def hmac_sha256_hex(secret: bytes | str, message: bytes) -> str:
    """HMAC-SHA256 of `message`, as 64 lower-case hex digits."""
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.digest(key, message, "sha256").hex()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Whether two values are equal, in time that does not depend on where they differ."""
    left = left.encode() if isinstance(left, str) else left
    right = right.encode() if isinstance(right, str) else right
    return hmac.compare_digest(left, right)


def sha256(value: str | bytes) -> bytes:
    """The 32-byte SHA-256 digest of a value, for keeping what must be recognised but never read."""
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).digest()

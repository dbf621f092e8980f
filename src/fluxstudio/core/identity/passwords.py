"""Passwords: hashed with Argon2id, and checked in the same time whether anybody has the address or not."""

from __future__ import annotations

import asyncio
import secrets
from functools import cache

import argon2

MIN_PASSWORD_CHARACTERS = 12
MAX_PASSWORD_CHARACTERS = 1024

_hasher = argon2.PasswordHasher()


async def hash_password(password: str) -> str:
    """A hash to store."""
    return await asyncio.to_thread(_hasher.hash, password.encode("utf-8", "replace"))


async def password_matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a stored hash; never for None, after the same time."""
    try:
        await asyncio.to_thread(_verify, stored, password.encode("utf-8", "replace"))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return stored is not None


def _verify(stored: str | None, password: bytes) -> None:
    # Asked for in either case: the first time takes as long as a hash.
    nobodys = _nobodys()
    _hasher.verify(stored or nobodys, password)


@cache
def _nobodys() -> str:
    """Checked when nobody has the address, so that the time taken does not tell whether anyone does."""
    return _hasher.hash(secrets.token_urlsafe(16))


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with less work than is done today."""
    return _hasher.check_needs_rehash(stored)

"""The people who use the product, and their sessions in a browser."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import argon2
import asyncpg

from fluxstudio.errors import InvalidRequest, InvalidToken
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256
from fluxstudio.kit.together import Together

sql = Queries.load("fluxstudio.sql", "queries/people.sql")

SESSION_LIVES = timedelta(days=30)
SESSION_IDLES = timedelta(days=7)

_hasher = argon2.PasswordHasher()
# Checked when nobody has the address, so that the time taken does not tell whether anyone does.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is calling. `subject` is what API tokens call the user, `role` is member or admin."""

    user_id: UUID
    subject: str
    role: str
    email: str | None
    name: str | None

    @property
    def is_admin(self) -> bool:
        """Whether the user administers this installation."""
        return self.role == "admin"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified API token says of its user; `role` is None where it says nothing."""

    subject: str
    email: str | None
    name: str | None
    role: str | None


class People:
    """Users and their sessions."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._subjects = Together(self._by_subject)
        self._sessions = Together(self._of_sessions)

    async def from_claims(self, claims: Claims) -> Actor:
        """The user an API token speaks for, made if unknown so far. Raises `InvalidToken` when disabled."""
        row = await self._subjects.ask(claims.subject)
        if row is None or _differs(row, claims):
            row = await self._db.fetchrow(sql.upsert, claims.subject, claims.email, claims.name, claims.role)
        if row is None or row["disabled"]:
            raise InvalidToken("This account was switched off. Ask an administrator.")
        return _actor(row)

    async def _by_subject(self, subjects: Sequence[str]) -> list[asyncpg.Record | None]:
        rows = await self._db.fetch(sql.by_subject, subjects)
        found = {row["subject"]: row for row in rows}
        return [found.get(subject) for subject in subjects]

    async def sign_up(self, email: str, password: str, name: str) -> Actor:
        """Make an account with a password; the first one of all is the administrator's.

        Raises `InvalidRequest` for an address that has one already.
        """
        hashed = await asyncio.to_thread(_hasher.hash, password)
        try:
            async with self._db.transaction() as connected:
                await connected.execute(sql.sign_up_in_turn)
                row = await connected.fetchrow(sql.sign_up, uuid4(), email, name, hashed)
        except asyncpg.UniqueViolationError:
            raise InvalidRequest(
                "This address cannot be used. Sign in if it is yours, or use another one.",
                {"email": "cannot be used"},
            ) from None
        assert row is not None
        return _actor(row)

    async def sign_in(self, email: str, password: str) -> Actor | None:
        """The user with that address and password, or None."""
        row = await self._db.fetchrow(sql.by_email, email)
        stored = row["password_hash"] if row is not None else _NOBODY
        try:
            await asyncio.to_thread(_hasher.verify, stored, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return None
        if row is None or row["disabled"]:
            return None
        if _hasher.check_needs_rehash(stored):
            await self._db.execute(sql.rehash, row["id"], await asyncio.to_thread(_hasher.hash, password))
        return _actor(row)

    async def with_password(self, email: str) -> UUID | None:
        """Who signs in with that address, or None."""
        found: UUID | None = await self._db.fetchval(sql.with_password, email)
        return found

    async def open_session(self, user_id: UUID, user_agent: str | None) -> str:
        """A new session; the value for its cookie, 256 random bits."""
        value = secrets.token_urlsafe(32)
        await self._db.execute(
            sql.open_session, sha256(value), user_id, SESSION_LIVES, (user_agent or "")[:300]
        )
        return value

    async def of_session(self, value: str) -> Actor | None:
        """Whose session this is, or None when it has ended or its user was switched off."""
        row = await self._sessions.ask(sha256(value))
        if row is None:
            return None
        if row["quiet"]:
            await self._db.execute(sql.seen, row["token_hash"])
        return _actor(row)

    async def _of_sessions(self, hashes: Sequence[bytes]) -> list[asyncpg.Record | None]:
        rows = await self._db.fetch(sql.of_session, hashes, SESSION_IDLES)
        found = {row["token_hash"]: row for row in rows}
        return [found.get(token_hash) for token_hash in hashes]

    async def close_session(self, value: str) -> None:
        """End a session at once."""
        await self._db.execute(sql.close_session, sha256(value))

    async def disable(self, user_id: UUID) -> None:
        """Switch a user off and end all their sessions."""
        await self._db.execute(sql.disable, user_id)

    async def sweep(self) -> None:
        """Delete sessions that have ended."""
        await self._db.execute(sql.sweep_sessions, SESSION_IDLES)

    async def guest(self, email: str, name: str) -> Actor:
        """An administrator without a password, for a demo."""
        row = await self._db.fetchrow(sql.guest, uuid4(), email, name)
        assert row is not None
        return _actor(row)

    async def subject_of(self, email: str) -> str:
        """What API tokens call the user with this address. Raises `LookupError` when nobody has it."""
        subject: str | None = await self._db.fetchval(sql.subject_of, email)
        if subject is None:
            raise LookupError("nobody has this address")
        return subject

    async def has_accounts(self) -> bool:
        """Whether anyone has signed up yet."""
        return bool(await self._db.fetchval(sql.has_accounts))


def _differs(row: asyncpg.Record, claims: Claims) -> bool:
    said = {"email": claims.email, "name": claims.name, "role": claims.role}
    return any(value is not None and row[name] != value for name, value in said.items())


def _actor(row: asyncpg.Record) -> Actor:
    return Actor(row["id"], row["subject"], row["role"], row["email"], row["name"])

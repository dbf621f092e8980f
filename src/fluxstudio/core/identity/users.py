"""The people who use the product: whom a token speaks for, how somebody is found, and who administers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec
import structlog

from fluxstudio.core.identity.addresses import address_key
from fluxstudio.errors import InvalidRequest, InvalidToken, ScopeMissing
from fluxstudio.kit.batching import Batcher
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

log = structlog.get_logger(__name__)
sql = Queries.load("fluxstudio.sql", "queries/identity/users.sql")

LAST_ADMIN = "users_last_admin"
# Asked for as a scope it is there with that of any tool.
ANY_TOOL = "tools:"


@dataclass(frozen=True, slots=True)
class TokenRights:
    """What an access token lets its holder do: `scopes`, of what its owner may do.

    `expires_at` is when it ends, `admin_until` when its owner stops being an administrator by the token that
    it was made with. `providers` are those whose connections it is for, all where there are none.
    """

    token_id: UUID
    scopes: frozenset[str]
    owner_is_admin: bool
    expires_at: datetime | None = None
    admin_until: datetime | None = None
    providers: frozenset[str] = frozenset()

    def allow(self, scopes: Iterable[str]) -> bool:
        """Whether one of these scopes is among the token's; `admin` stands for all of them."""
        return "admin" in self.scopes or any(
            scope in self.scopes or (scope == ANY_TOOL and any(own.startswith(scope) for own in self.scopes))
            for scope in scopes
        )


class Actor(msgspec.Struct, frozen=True):
    """Who is calling. `subject` is what API tokens call the user, `role` is member or admin.

    Where it is a token that makes an administrator of the user, `admin_until` is when that token expires, in
    seconds since 1970; the role of everybody else is their own. `rights` are those of the access token that
    calls, None for a person or a program that may do all that its user may.
    """

    user_id: UUID
    subject: str
    role: str
    email: str | None
    name: str | None
    admin_until: float | None = None
    rights: TokenRights | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the user administers this installation."""
        return self.role == "admin"

    @property
    def acts_for_others(self) -> bool:
        """Whether the caller may name another user to act for: administrators, and their access tokens."""
        return self.is_admin or (self.rights is not None and self.rights.owner_is_admin)

    def may(self, *scopes: str) -> bool:
        """Whether the caller has one of these scopes, as everybody has who calls without an access token."""
        return self.rights is None or self.rights.allow(scopes)

    def reaches(self, provider: str) -> bool:
        """Whether the caller may look at connections to this provider."""
        return self.rights is None or not self.rights.providers or provider in self.rights.providers

    def require(self, *scopes: str) -> None:
        """Raises `ScopeMissing` for an access token that has none of these scopes."""
        if not self.may(*scopes):
            words = " or ".join(f"“{scope}”" for scope in scopes)
            raise ScopeMissing(
                f"This access token lacks the scope {words}. Make one that has it in Settings → Account.",
                scopes,
            )


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified API token says of its user; `role` is None where it says nothing.

    `account` says that the subject is the id of an account made here rather than the issuer's own name for
    somebody, `expires_at` when the token ends, in seconds since 1970.
    """

    subject: str
    email: str | None
    name: str | None
    role: str | None
    account: bool = False
    expires_at: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who was looked for. `account` says that they were made here, not by a token."""

    id: UUID
    subject: str
    email: str | None
    name: str | None
    account: bool
    verified: bool
    disabled: bool


@dataclass(frozen=True, slots=True)
class UserLine:
    """Somebody as administrators see them. `role` is the granted one: what tokens say is not kept."""

    id: UUID
    subject: str
    email: str | None
    name: str | None
    role: str
    role_granted_at: datetime | None
    role_granted_by: str | None
    disabled: bool
    created_at: datetime
    has_password: bool
    has_openid: bool
    account: bool
    verified: bool
    last_seen_at: datetime | None
    connections: int


class AmbiguousUser(InvalidRequest):
    """A name that several people could be meant by, or that nobody has proven to be theirs."""


class LastAdmin(InvalidRequest):
    """Nobody would be left who administers this installation."""

    def __init__(self) -> None:
        super().__init__("This is the last administrator. Make someone else an administrator first.")


class Users:
    """Users: found by subject, changed by administrators."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._subjects = Batcher(self._by_subject)

    async def from_claims(self, claims: Claims) -> Actor:
        """The user an API token speaks for, made if unknown so far.

        The token's role counts for the answer and is not kept. Raises `InvalidToken` for a user who was
        disabled, and where the token calls its user by the id of an account made here without having been
        signed for it: an issuer's names for people and ours are apart.
        """
        row = await self._subjects.ask(claims.subject)
        if (row is not None and row["account"]) != claims.account:
            raise InvalidToken(
                "This token does not belong to an account here. Fetch a new one and try again."
            )
        if row is None or (not claims.account and _differs(row, claims)):
            address = address_key(claims.email) if claims.email else None
            row = await self._db.fetchrow(sql.upsert, claims.subject, claims.email, claims.name, address)
        if row is None or row["disabled"]:
            raise InvalidToken("This account was disabled. Ask an administrator.")
        return actor_of(row, claims)

    async def _by_subject(self, subjects: Sequence[str]) -> list[asyncpg.Record | None]:
        rows = await self._db.fetch(sql.by_subject, subjects)
        by_subject = {row["subject"]: row for row in rows}
        return [by_subject.get(subject) for subject in subjects]

    async def by_subject(self, subject: str) -> Actor | None:
        """The user of that subject with the role they were granted; None for nobody and for the disabled."""
        row = await self._subjects.ask(subject)
        return None if row is None or row["disabled"] else actor_of(row)

    async def find(self, name: str, *, verified: bool) -> User | None:
        """The one person of that subject or e-mail address, or None where nobody has it.

        By address only the account made here that has it is found, and with `verified` only if somebody
        vouched for the address. Raises `AmbiguousUser`, which lists the subjects to choose from.
        """
        rows = await self._db.fetch(sql.matching, name, address_key(name))
        people = [
            (row["named"], User(**{field: row[field] for field in User.__dataclass_fields__})) for row in rows
        ]
        proven = [
            person
            for named, person in people
            if named or (person.account and (person.verified or not verified))
        ]
        if len(proven) == 1:
            return proven[0]
        if not people:
            return None
        listed = ", ".join(
            f"{person.subject} ({person.name or person.email or 'no name'})" for _, person in people
        )
        why = "Several people could be meant" if proven else "This address has not been verified by anyone"
        raise AmbiguousUser(f"{why}. Name one of them by subject: {listed}.")

    async def listing(
        self, *, after: UUID | None = None, search: str | None = None, limit: int = 100
    ) -> list[UserLine]:
        """People in the order they came, after the one of that id; those that a text occurs in."""
        key = address_key(search) if search else None
        rows = await self._db.fetch(sql.listing, None, after, search, key, limit)
        return [UserLine(**row) for row in rows]

    async def one(self, user_id: UUID) -> UserLine | None:
        """One person, or None."""
        row = await self._db.fetchrow(sql.listing, user_id, None, None, None, 1)
        return None if row is None else UserLine(**row)

    async def administrators(self) -> list[tuple[str, str | None]]:
        """Subject and address of everybody who was granted the role of an administrator."""
        return [(row["subject"], row["email"]) for row in await self._db.fetch(sql.administrators)]

    async def grant_role(self, user_id: UUID, role: str, granted_by: UUID | None) -> bool:
        """Give a user the role of an administrator or a member; whether that is a change.

        Raises `LastAdmin`.
        """
        with last_admin_kept():
            return await self._db.fetchval(sql.grant_role, user_id, role, granted_by) is not None

    async def disable(self, user_id: UUID) -> bool:
        """Disable a user and end all their sessions; whether that is a change. Raises `LastAdmin`."""
        with last_admin_kept():
            return await self._db.fetchval(sql.disable, user_id) is not None

    async def enable(self, user_id: UUID) -> bool:
        """Let a disabled user in again; whether that is a change."""
        return await self._db.fetchval(sql.enable, user_id) is not None

    async def guest(self, email: str, name: str) -> Actor:
        """An administrator without a password, for a demo."""
        row = await self._db.fetchrow(sql.guest, uuid4(), email, address_key(email), name)
        assert row is not None
        return actor_of(row)

    async def fill_addresses(self, *, accounts_only: bool = False) -> None:
        """Normalise the addresses that a version before this one has stored as they were typed."""
        after = datetime.min.replace(tzinfo=UTC)
        while rows := await self._db.fetch(sql.without_address, after, accounts_only):
            for row in rows:
                try:
                    await self._db.execute(sql.set_address, row["id"], address_key(row["email"]) or None)
                except asyncpg.UniqueViolationError:
                    log.warning("address_taken", user=str(row["id"]))
            after = await self._db.fetchval(sql.created_at, rows[-1]["id"]) or after
            await asyncio.sleep(0)


@contextmanager
def last_admin_kept() -> Iterator[None]:
    """Turns the database's refusal to lose the last administrator into `LastAdmin`."""
    try:
        yield
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == LAST_ADMIN:
            raise LastAdmin from None
        raise


def _differs(row: asyncpg.Record, claims: Claims) -> bool:
    return (claims.email is not None and row["email"] != claims.email) or (
        claims.name is not None and row["name"] != claims.name
    )


def actor_of(row: asyncpg.Record, claims: Claims | None = None) -> Actor:
    """The user of a row with `granted_role`, as a token with these claims lets them act."""
    by_token = claims is not None and claims.role == "admin" and row["granted_role"] != "admin"
    return Actor(
        row["id"],
        row["subject"],
        "admin" if by_token else row["granted_role"],
        row["email"],
        row["name"],
        claims.expires_at if by_token and claims is not None else None,
    )

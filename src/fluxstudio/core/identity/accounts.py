"""Accounts with a password: signing up and in, invitations, and links that let somebody choose a password."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from fluxstudio.core.identity.addresses import address_key
from fluxstudio.core.identity.passwords import hash_password, is_outdated, password_matches
from fluxstudio.core.identity.users import Actor, actor_of
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/identity/accounts.sql")

INVITATION_LIVES = timedelta(days=7)
MAX_LISTED_INVITATIONS = 200
PASSWORD_LINK_LIVES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link that works once: `secret` is what only its holder knows, `id` names it in lists."""

    id: UUID | None
    secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can be accepted; `email` is None where whoever opens it chooses the address."""

    id: UUID
    email: str | None
    address: str | None
    role: str
    created_by: UUID | None


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation as administrators see it. `status` is open, used, revoked or expired."""

    id: UUID
    email: str | None
    role: str
    created_at: datetime
    expires_at: datetime
    created_by: str | None
    created_by_name: str | None
    used_by: str | None
    used_at: datetime | None
    status: str


class Accounts:
    """Makes accounts and checks passwords."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def sign_up(
        self, email: str, password: str, name: str, *, first_is_admin: bool = False
    ) -> Actor | None:
        """Make an account; None, after the same time, where the address has one already.

        With `first_is_admin` the account administers the installation if nobody does yet.
        """
        hashed = await hash_password(password)
        async with self._db.transaction() as connected:
            await connected.execute(sql.in_turn)
            first = first_is_admin and not await connected.fetchval(sql.has_admin)
            role = "admin" if first else "member"
            row = await connected.fetchrow(
                sql.add, uuid4(), email, address_key(email), False, name, hashed, role, None
            )
        return None if row is None else actor_of(row)

    async def sign_in(self, email: str, password: str) -> Actor | None:
        """The user with that address and password, or None."""
        row = await self._db.fetchrow(sql.by_address, address_key(email))
        stored: str | None = None if row is None else row["password_hash"]
        matches = await password_matches(stored, password)
        if not matches or row is None or stored is None or row["disabled"]:
            return None
        if is_outdated(stored):
            await self._db.execute(sql.set_password, row["id"], await hash_password(password))
        return actor_of(row)

    async def with_address(self, email: str) -> UUID | None:
        """Whose account has that address, or None."""
        user_id: UUID | None = await self._db.fetchval(sql.has_account, address_key(email))
        return user_id

    async def change_password(self, user_id: UUID, current: str, password: str) -> bool:
        """Replace a password by another one; whether `current` was right."""
        stored: str | None = await self._db.fetchval(sql.password_of, user_id)
        if not await password_matches(stored, current):
            return False
        hashed = await hash_password(password)
        return await self._db.fetchval(sql.set_password, user_id, hashed) is not None

    async def rename(self, user_id: UUID, name: str) -> bool:
        """Change the name of an account that was made here; False for somebody who signs in elsewhere."""
        return await self._db.fetchval(sql.rename, user_id, name) is not None

    async def has_password(self, user_id: UUID) -> bool:
        """Whether somebody signs in with a password."""
        return await self._db.fetchval(sql.password_of, user_id) is not None

    async def is_password(self, user_id: UUID, password: str) -> bool:
        """Whether this is somebody's password."""
        return await password_matches(await self._db.fetchval(sql.password_of, user_id), password)

    async def invite(
        self,
        email: str | None,
        role: str,
        created_by: UUID | None,
        lives: timedelta = INVITATION_LIVES,
    ) -> OneTimeLink:
        """An invitation for somebody with that address, or for whoever has the link."""
        secret = secrets.token_urlsafe(32)
        row = await self._db.fetchrow(
            sql.invite,
            sha256(secret),
            email,
            address_key(email) if email else None,
            role,
            created_by,
            lives,
        )
        assert row is not None
        return OneTimeLink(row["id"], secret, row["expires_at"])

    async def invitation(self, secret: str) -> Invitation | None:
        """The invitation of a link that still works, or None."""
        row = await self._db.fetchrow(sql.invitation, sha256(secret))
        return None if row is None else Invitation(**row)

    async def accept(
        self, secret: str, email: str, password: str, name: str
    ) -> tuple[Invitation, Actor | None] | None:
        """Use an invitation up: the invitation and the account made, or None where the link does not work.

        Nobody is made where the address has an account already. An invitation for one address makes an
        account with that one, whatever `email` says.
        """
        hashed = await hash_password(password)
        async with self._db.transaction() as connected:
            used = await connected.fetchrow(sql.use_invitation, sha256(secret))
            if used is None:
                return None
            invitation = Invitation(**used)
            email = invitation.email or email
            row = await connected.fetchrow(
                sql.add,
                uuid4(),
                email,
                address_key(email),
                invitation.email is not None,
                name,
                hashed,
                invitation.role,
                invitation.created_by,
            )
            if row is not None:
                await connected.execute(sql.used_by, invitation.id, row["id"])
        return invitation, None if row is None else actor_of(row)

    async def revoke_invitation(self, invitation_id: UUID) -> bool:
        """End an invitation that nobody has used; whether there was one."""
        return await self._db.fetchrow(sql.revoke_invitation, invitation_id) is not None

    async def invitations(self, *, limit: int = MAX_LISTED_INVITATIONS) -> Sequence[InvitationLine]:
        """The invitations of the last months, newest first."""
        return [InvitationLine(**row) for row in await self._db.fetch(sql.invitations, limit)]

    async def password_link(self, user_id: UUID, created_by: UUID | None) -> OneTimeLink | None:
        """A link by which somebody chooses a new password; an earlier one stops working.

        None where the user does not sign in here.
        """
        secret = secrets.token_urlsafe(32)
        expires_at = await self._db.fetchval(
            sql.add_password_link, sha256(secret), user_id, created_by, PASSWORD_LINK_LIVES
        )
        return None if expires_at is None else OneTimeLink(None, secret, expires_at)

    async def password_link_for(self, secret: str) -> str | None:
        """The address of the account that a link belongs to, or None where it does not work."""
        email: str | None = await self._db.fetchval(sql.password_link, sha256(secret))
        return email

    async def set_password(self, secret: str, password: str) -> UUID | None:
        """Use a password link up: whose password this is now, or None where the link does not work."""
        hashed = await hash_password(password)
        async with self._db.transaction() as connected:
            used = await connected.fetchrow(sql.use_password_link, sha256(secret))
            if used is None:
                return None
            await connected.execute(sql.set_password, used["user_id"], hashed)
        user_id: UUID = used["user_id"]
        return user_id

    async def sweep(self) -> None:
        """Delete invitations that ended long ago."""
        await self._db.execute(sql.sweep_invitations)

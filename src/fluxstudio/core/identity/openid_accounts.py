"""Whose account an OpenID identity is, sign-ins on their way, and the sessions they began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid4

import asyncpg
import msgspec

from fluxstudio.core.identity.addresses import address_key
from fluxstudio.core.identity.openid import OpenIdPerson, OpenIdSession
from fluxstudio.core.identity.users import Actor, actor_of
from fluxstudio.core.tokens.vault import Vault, VaultError
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/identity/openid.sql")

REQUEST_LIVES = timedelta(minutes=15)
# A longer ID token does not fit into the address that signs out, as servers and browsers bound them.
MAX_HINT_CHARACTERS = 4096


class OpenIdRequest(msgspec.Struct, frozen=True):
    """A sign-in on its way: what only we and the issuer know of it, and where it leads back to."""

    nonce: str
    verifier: str
    return_to: str = "/"


@dataclass(frozen=True, slots=True)
class OpenIdSignIn:
    """Whose sign-in it was. `actor` is None where nobody is let in, and `problem` says why.

    `made_admin` says that a group of the issuer's made an administrator of them before.
    """

    actor: Actor | None
    problem: Literal["", "disabled", "unverified", "closed"] = ""
    made_admin: bool = False
    is_new: bool = False


class OpenIdAccounts:
    """Keeps sign-ins under way, and finds or makes the accounts of those who come back."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def store(self, state: str, browser: str, request: OpenIdRequest) -> None:
        """Keep a sign-in of this browser under its state."""
        sealed = self._vault.seal_bytes(_place(state), msgspec.msgpack.encode(request))
        await self._db.execute(
            sql.store_request, sha256(state), sha256(browser), sealed, request.return_to, REQUEST_LIVES
        )

    async def take(self, state: str, browser: str) -> OpenIdRequest | None:
        """The sign-in of a state, once; None for one that is unknown, used, too old or another browser's."""
        row = await self._db.fetchrow(sql.take_request, sha256(state), sha256(browser))
        if row is None or not row["usable"]:
            return None
        return msgspec.msgpack.decode(
            self._vault.open_bytes(_place(state), row["secrets"]), type=OpenIdRequest
        )

    async def sign_in(self, person: OpenIdPerson, *, current: UUID | None, policy: str) -> OpenIdSignIn:
        """Find or make the account of somebody.

        An account that was made here is linked by its address where both sides have verified it, or where
        it is the one that the browser is signed in to (`current`). `policy` says who else may have one.
        """
        async with self._db.transaction() as connected:
            await connected.execute(sql.in_turn, person.issuer, person.subject)
            row = await connected.fetchrow(sql.known, person.issuer, person.subject)
            is_new = row is None
            if row is None:
                problem = await self._admit(connected, person, current, policy)
                if problem:
                    return OpenIdSignIn(None, problem)
                row = await connected.fetchrow(sql.known, person.issuer, person.subject)
            assert row is not None
            if row["disabled"]:
                return OpenIdSignIn(None, "disabled")
            return OpenIdSignIn(actor_of(row), made_admin=row["made_admin"], is_new=is_new)

    async def _admit(
        self, connected: Connection, person: OpenIdPerson, current: UUID | None, policy: str
    ) -> Literal["", "unverified", "closed"]:
        address = address_key(person.email) if person.email else None
        account = await connected.fetchrow(sql.account_of_address, address) if address else None
        if account is not None:
            if not account["verified"] and account["id"] != current:
                # Whoever made it may have claimed an address that is somebody else's.
                return "unverified"
            await connected.execute(sql.verify_address, account["id"])
            user_id: UUID = account["id"]
        else:
            made = await self._make(connected, person, address, policy)
            if made is None:
                return "closed"
            user_id = made
        await connected.execute(sql.link, person.issuer, person.subject, user_id)
        return ""

    async def _make(
        self, connected: Connection, person: OpenIdPerson, address: str | None, policy: str
    ) -> UUID | None:
        invited: asyncpg.Record | None = None
        if address is not None:
            invited = await connected.fetchrow(sql.invited, address)
        if policy != "open" and invited is None:
            return None
        user_id = uuid4()
        role, granted_by = ("member", None) if invited is None else (invited["role"], invited["created_by"])
        await connected.execute(sql.add, user_id, person.email, address, person.name, role, granted_by)
        if invited is not None:
            await connected.execute(sql.used_by, invited["id"], user_id)
        return user_id

    async def attach(self, session: str, person: OpenIdPerson) -> None:
        """Keep the sign-in that a session, by its cookie's value, began with, until the session ends."""
        digest, token = sha256(session), person.id_token
        sealed = None
        if len(token) <= MAX_HINT_CHARACTERS:
            sealed = self._vault.seal_bytes(_session_place(digest), token.encode())
        await self._db.execute(sql.attach, digest, person.issuer, sealed)

    async def attached(self, session: str) -> OpenIdSession | None:
        """The sign-in that a session, by its cookie's value, began with; None for any other session."""
        digest = sha256(session)
        row = await self._db.fetchrow(sql.attached, digest)
        if row is None:
            return None
        return OpenIdSession(row["openid_issuer"], self._hint(digest, row["id_token"]))

    def _hint(self, digest: bytes, sealed: bytes | None) -> str | None:
        if sealed is None:
            return None
        try:
            return self._vault.open_bytes(_session_place(digest), sealed).decode()
        except VaultError:
            # Its key was retired meanwhile: signing out goes on without.
            return None

    async def set_made_admin(self, person: OpenIdPerson, *, made_admin: bool) -> None:
        """Note whether it is a group that makes an administrator of somebody."""
        await self._db.execute(sql.set_made_admin, person.issuer, person.subject, made_admin)

    async def sweep(self) -> None:
        """Delete sign-ins that nobody came back from."""
        await self._db.execute(sql.sweep_requests)


def _place(state: str) -> str:
    return f"openid\x1f{sha256(state).hex()}"


def _session_place(digest: bytes) -> str:
    return f"sessions\x1fid_token\x1f{digest.hex()}"

"""Tickets: a link that signs a browser in once, for a host product on another site."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from fluxstudio.core.identity.users import Actor, actor_of
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/identity/tickets.sql")

TICKET_LIVES = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A ticket for one browser, and until when it counts."""

    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """Whom a ticket signs in, and which page of ours it leads to."""

    actor: Actor
    return_to: str


async def issue(db: Database, actor: Actor, return_to: str) -> IssuedTicket:
    """A ticket that signs a browser in as `actor` and leads to a path of ours."""
    secret = secrets.token_urlsafe(32)
    expires_at = await db.fetchval(
        sql.issue, sha256(secret), actor.user_id, return_to, actor.admin_until, TICKET_LIVES
    )
    return IssuedTicket(secret, expires_at)


async def read(db: Database, secret: str) -> HeldTicket | None:
    """What a ticket is good for; None where it was used, is too old, or its user was disabled."""
    row = await db.fetchrow(sql.read, sha256(secret))
    if row is None:
        return None
    actor = actor_of(row)
    if row["admin_until"] is not None:
        actor = msgspec.structs.replace(actor, role="admin", admin_until=row["admin_until"])
    return HeldTicket(actor, row["return_to"])


async def redeem(db: Database, secret: str) -> bool:
    """Use a ticket up; of any number who try, one gets it."""
    return await db.fetchval(sql.redeem, sha256(secret)) is not None

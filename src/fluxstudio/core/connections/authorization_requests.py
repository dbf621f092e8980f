"""Requests for authorization on their way through a provider: single use, hashed, sealed, short-lived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from fluxstudio.core.connections.attempts import ConnectFailure, Timeline
from fluxstudio.core.tokens.vault import Vault
from fluxstudio.errors import StateInvalid
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256

sql = Queries.load("fluxstudio.sql", "queries/connections/authorization_requests.sql")

# How long a repeated callback gets the answer that the first one got.
REPEATED_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A request for authorization. `browser_hash` is the SHA-256 of what the browser holds.

    `in_session` says that it was begun with a session of ours, not with a token. It leads back to
    `return_to`; with `popup` to a page that posts what happened to its opener at `origin`. An `unbound` one
    is bound to a browser once that sets out.
    """

    attempt_id: UUID
    user_id: UUID
    provider: str
    browser_hash: bytes = field(repr=False)
    verifier: str | None = field(repr=False)
    client_id: str
    redirect_uri: str
    token_endpoint: str
    issuer: str | None
    scopes: tuple[str, ...]
    return_to: str
    connection_id: UUID | None
    in_session: bool
    popup: bool = False
    origin: str | None = None
    unbound: bool = False

    @property
    def place(self) -> BegunAt:
        """Where it was begun."""
        return BegunAt(self.attempt_id, self.return_to, self.popup)


@dataclass(frozen=True, slots=True)
class BegunAt:
    """Where a connect was begun, so that it leads back there; `return_to` is None for one of before."""

    attempt_id: UUID
    return_to: str | None
    popup: bool


async def store(
    db: Database, vault: Vault, state: str, request: AuthorizationRequest, timeline: Timeline
) -> datetime:
    """Keep a request under its state until it comes back, and begin the timeline of it; when it expires."""
    place = f"state\x1f{sha256(state).hex()}"
    verifier = None if request.verifier is None else vault.seal_note(place, request.verifier)
    expires_at: datetime = await db.fetchval(
        sql.store,
        sha256(state),
        request.attempt_id,
        request.user_id,
        request.provider,
        request.browser_hash,
        verifier,
        request.client_id,
        request.redirect_uri,
        request.token_endpoint,
        request.issuer,
        list(request.scopes),
        request.return_to,
        request.connection_id,
        timeline.as_json(),
        request.in_session,
        request.origin,
        request.popup,
        request.unbound,
    )
    return expires_at


async def consume(
    db: Database,
    vault: Vault,
    provider: str,
    state: str,
    *,
    expired: ConnectFailure,
    of_another_provider: ConnectFailure,
) -> AuthorizationRequest:
    """Take the request that belongs to a state; of any number who try, one gets it.

    The timeline of one that cannot be used ends with whichever of the two failures it is.

    Raises `StateInvalid` for a state that is unknown, used, expired or another provider's.
    """
    row = await db.fetchrow(sql.consume, sha256(state))
    is_usable = row is not None and row["provider"] == provider and not row["expired"]
    if row is not None and not is_usable:
        failure = expired if row["expired"] else of_another_provider
        await db.execute(sql.refused, row["attempt_id"], *failure.as_columns())
    if row is None or not is_usable:
        raise StateInvalid(
            "This connect was already finished, took longer than 15 minutes, or was not begun here. "
            "Begin it again."
        )
    return _request(vault, state, row)


def _request(vault: Vault, state: str, row: asyncpg.Record) -> AuthorizationRequest:
    box = row["verifier"]
    return AuthorizationRequest(
        attempt_id=row["attempt_id"],
        user_id=row["user_id"],
        provider=row["provider"],
        browser_hash=row["browser_hash"],
        verifier=None if box is None else vault.open_note(f"state\x1f{sha256(state).hex()}", box),
        client_id=row["client_id"],
        redirect_uri=row["redirect_uri"],
        token_endpoint=row["token_endpoint"],
        issuer=row["issuer"],
        scopes=tuple(row["scopes"]),
        return_to=row["return_to"],
        connection_id=row["connection_id"],
        in_session=row["in_session"],
        popup=row["popup"],
        origin=row["origin"],
        unbound=row["unbound"],
    )


@dataclass(frozen=True, slots=True)
class Departing:
    """A request that sets out from a page of ours, and who `person` is that it is for."""

    request: AuthorizationRequest
    person: str


async def departing(db: Database, vault: Vault, state: str) -> Departing | None:
    """The request of a state that no browser is bound to yet, or None."""
    row = await db.fetchrow(sql.departing, sha256(state))
    if row is None:
        return None
    person = row["person_name"] or row["person_email"] or row["person_subject"]
    return Departing(_request(vault, state, row), person)


async def bind(db: Database, state: str, binding: str) -> bool:
    """Bind a request to the browser that holds `binding`; of any number who try, one succeeds."""
    return await db.fetchval(sql.bind, sha256(state), sha256(binding)) is not None


async def begun_at(db: Database, provider: str, state: str) -> BegunAt | None:
    """Where a state was begun that is on its way or was used a moment ago; None for any other."""
    row = await db.fetchrow(sql.begun, sha256(state), provider)
    return None if row is None else BegunAt(**dict(row))


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request for authorization that nobody has come back with yet."""

    attempt_id: UUID
    user_id: UUID
    return_to: str
    popup: bool

    @property
    def place(self) -> BegunAt:
        """Where it was begun."""
        return BegunAt(self.attempt_id, self.return_to, self.popup)


async def latest_of_browser(db: Database, provider: str, browser: Sequence[bytes]) -> PendingRequest | None:
    """The request that a browser began last at a provider and that can still be used, or None.

    `browser` holds the SHA-256 of everything that binds connects to it.
    """
    row = await db.fetchrow(sql.of_browser, provider, list(browser))
    return None if row is None else PendingRequest(**dict(row))


@dataclass(frozen=True, slots=True)
class ConsumedRequest:
    """What became of a state that was used: who began with it, and how its attempt stands.

    `outcome` is `waiting` while that is under way; `failure` is None unless it failed.
    """

    user_id: UUID
    browser_hash: bytes = field(repr=False)
    in_session: bool
    place: BegunAt
    outcome: str
    failure: ConnectFailure | None
    connection_id: UUID | None


async def consumed(db: Database, provider: str, state: str) -> ConsumedRequest | None:
    """The state as it was used within the last minute, or None."""
    row = await db.fetchrow(sql.consumed, sha256(state), provider, REPEATED_WITHIN)
    if row is None:
        return None
    ended = row["outcome"] not in {"waiting", "connected"}
    return ConsumedRequest(
        user_id=row["user_id"],
        browser_hash=row["browser_hash"],
        in_session=row["in_session"],
        place=BegunAt(row["attempt_id"], row["return_to"], row["popup"]),
        outcome=row["outcome"],
        failure=ConnectFailure(row["code"], row["cause"], row["mend"], row["outcome"]) if ended else None,
        connection_id=row["connection_id"],
    )


async def abandon(
    db: Database, browser: Sequence[bytes], failure: ConnectFailure, *, but_of: UUID | None = None
) -> None:
    """Delete what was begun with a session in a browser and is on its way, but for what one user began.

    Their timelines end with `failure`.
    """
    if browser:
        await db.execute(sql.abandon, list(browser), but_of, *failure.as_columns())


async def sweep(db: Database) -> None:
    """Delete requests that nobody came back with, and what is remembered of used ones."""
    await db.execute(sql.sweep, REPEATED_WITHIN)

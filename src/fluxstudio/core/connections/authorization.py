"""A connect that worked, as it is kept: grant, connection, timeline and audit line in one statement."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from fluxstudio.core.audit import audit_origin
from fluxstudio.core.connections.attempts import Timeline, step
from fluxstudio.core.connections.grants import account_json
from fluxstudio.core.tokens.vault import TokenOwner, Vault
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.sdk import Account, TokenAnswer

sql = Queries.load("fluxstudio.sql", "queries/connections/authorization.sql")

GRANTS = UUID("6f0c2a1e-5d0b-4c57-9a53-2f6d7c1b8e94")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationResult:
    """What a person allowed: to which account, by which app, and the tokens for it.

    `renewed` is the connection that was to be renewed, if one was; `person` the provider's id of the person;
    `consent` which words of the provider they agreed to (`OAuth2.consent`), 0 where they read none.
    """

    user_id: UUID
    provider: str
    client_id: str
    account: Account
    answer: TokenAnswer = field(repr=False)
    scopes: tuple[str, ...]
    renewed: UUID | None = None
    person: str | None = None
    consent: int = 0


async def save_authorization(
    db: Database, vault: Vault, authorization: AuthorizationResult, timeline: Timeline, address: str | None
) -> UUID:
    """Keep a consent and the rest of its timeline, and note it in the audit log; the connection's id."""
    account = (authorization.provider, authorization.client_id, authorization.account.id)
    # Tokens are sealed for the grant's id, so it has to be known beforehand: whoever connects the account
    # first gives it this one. Only those of before have others.
    grant_id = uuid5(GRANTS, json.dumps(account))
    while True:
        connection_id = await _connection_id(db, vault, grant_id, authorization, timeline, address)
        if connection_id is not None:
            return connection_id
        grant_id = await db.fetchval(sql.grant_of, *account) or grant_id


async def _connection_id(
    db: Database,
    vault: Vault,
    grant_id: UUID,
    authorization: AuthorizationResult,
    timeline: Timeline,
    address: str | None,
) -> UUID | None:
    """The connection's id; None, and nothing is kept, where the account has a grant of another id."""
    answer, account = authorization.answer, authorization.account
    owner = TokenOwner(grant_id, authorization.provider, authorization.client_id, account.id)
    sealed = vault.seal_tokens(owner, answer.access_token, answer.refresh_token)
    connection_id: UUID | None = await db.fetchval(
        sql.keep,
        grant_id,
        authorization.provider,
        authorization.client_id,
        account.id,
        account_json(account),
        list(authorization.scopes),
        sealed.data_key,
        sealed.access_token,
        sealed.refresh_token,
        answer.expires_in,
        answer.refresh_expires_in,
        authorization.user_id,
        timeline.id,
        timeline.steps,
        address,
        {"account": account.id, "scopes": list(authorization.scopes)},
        authorization.renewed,
        [step("kept as a further account")],
        authorization.person,
        authorization.consent,
        *audit_origin(),
    )
    return connection_id

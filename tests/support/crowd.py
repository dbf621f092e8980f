"""Many accounts at once, sealed as the product seals them."""

from __future__ import annotations

from uuid import uuid4

from fluxstudio.core.tokens.vault import TokenOwner, Vault
from fluxstudio.kit.postgres.database import Database

PERSON = """
INSERT INTO users (subject) VALUES ('crowd') ON CONFLICT (subject) DO UPDATE SET name = NULL RETURNING id
"""
GRANTS = """
INSERT INTO oauth_tokens (id, provider, client_id, account_id, account, data_key, access_token, refresh_token)
SELECT id, 'crowd', 'simulated', account_id, '{"name": "Somebody"}', data_key, access_token, refresh_token
FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[])
    AS given (id, account_id, data_key, access_token, refresh_token)
"""
CONNECTIONS = "INSERT INTO connections (user_id, grant_id, provider) SELECT $1, unnest($2::uuid[]), 'crowd'"


async def crowd(db: Database, vault: Vault, count: int) -> list[TokenOwner]:
    """That many accounts of one person, at a provider that nobody calls; whose tokens they are."""
    owners = [TokenOwner(uuid4(), "crowd", "simulated", f"account{number}") for number in range(count)]
    sealed = [vault.seal_tokens(owner, "not-a-real-token", "not-a-real-refresh") for owner in owners]
    ids = [owner.grant_id for owner in owners]
    person = await db.fetchval(PERSON)
    await db.execute(
        GRANTS,
        ids,
        [owner.account_id for owner in owners],
        [entry.data_key for entry in sealed],
        [entry.access_token for entry in sealed],
        [entry.refresh_token for entry in sealed],
    )
    await db.execute(CONNECTIONS, person, ids)
    return owners

"""People with a row of their own in every table that belongs to somebody."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.signatures import sha256


@dataclass(frozen=True)
class Person:
    """Somebody and what tells their rows from everybody else's."""

    name: str
    user: UUID
    grant: UUID
    connection: UUID

    def owns(self, row: str) -> bool:
        """Whether a row, written out as text, is theirs."""
        return any(mark in row for mark in (self.name, str(self.user), str(self.grant), str(self.connection)))


async def settled(db: Database, name: str) -> Person:
    """A new person with a row in every table and in every view."""
    person = Person(name, uuid4(), uuid4(), uuid4())
    rows: list[tuple[str, tuple[object, ...]]] = [
        (
            "users (id, subject, email, name, password_hash)",
            (person.user, name, f"{name}@example.com", name, f"not-a-real-hash-of-{name}"),
        ),
        ("sessions (token_hash, user_id, user_agent, expires_at)", (sha256(name), person.user, name, "1 day")),
        ("audit_log (user_id, action)", (person.user, name)),
        (
            "oauth_tokens (id, provider, client_id, account_id, account, data_key, access_token, refresh_token)",
            (person.grant, "figma", "app", name, {"name": name}, b"key", b"access", b"refresh"),
        ),
        ("connections (id, user_id, grant_id, provider)", (person.connection, person.user, person.grant, "figma")),
        (
            "oauth_integration_settings (connection_id, user_id, provider, settings)",
            (person.connection, person.user, "figma", {"of": name}),
        ),
        ("connect_attempts (id, user_id, provider, cause)", (person.user, person.user, "figma", name)),
        (
            "oauth_state_tokens (state_hash, attempt_id, user_id, provider, browser_hash, verifier, client_id,"
            " redirect_uri, token_endpoint, scopes, return_to)",
            (sha256(f"state of {name}"), person.user, person.user, "figma", sha256(name), b"verifier", "app",
             "https://example.com/back", "https://example.com/token", [], "/"),
        ),
        ("provider_budgets (grant_id, bucket)", (person.grant, "default")),
        (
            "webhook_subscriptions (provider, webhook_id, user_id, connection_id, passcode_hash)",
            ("figma", f"webhook of {name}", person.user, person.connection, sha256(name)),
        ),
        (
            "integration_webhooks (provider, delivery_key, event_type, account_id, payload)",
            ("figma", f"delivery of {name}", "PING", name, {"of": name}),
        ),
    ]  # fmt: skip
    rows += [
        (
            "provider_cache (grant_id, operation, key, body, fresh_until)",
            (person.grant, operation, sha256(operation), {"of": name}, "1 hour"),
        )
        for operation in ("figma.files", "figma.file", "slack.channels")
    ]
    for into, values in rows:
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        if isinstance(values[-1], str) and values[-1] in {"1 day", "1 hour"}:
            places = places.removesuffix(f"${len(values)}") + f"now() + interval '{values[-1]}'"
            values = values[:-1]
        await db.execute(f"INSERT INTO {into} VALUES ({places})", *values)
    return person

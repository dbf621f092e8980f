"""People with a row of their own in every table that belongs to somebody."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from fluxstudio.core.webhooks.events import new_id
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.signatures import sha256


@dataclass(frozen=True)
class Person:
    """Somebody, and what tells their rows from everybody else's."""

    name: str
    user: UUID
    grant: UUID
    connection: UUID
    rule: UUID

    def owns(self, row: str) -> bool:
        """Whether a row, written out as text, is theirs."""
        return any(mark in row for mark in (self.name, str(self.user), str(self.grant), str(self.connection)))


async def settled_sync(give: Callable[..., Awaitable[None]], me: Person) -> None:
    """A sync of design tokens of this person, and one run of it."""
    sync = me.connection
    await give(
        "design_token_syncs", id=sync, user_id=me.user, source_connection_id=me.connection,
        target_connection_id=me.connection, file_key=me.name, repository=f"{me.name}/x", path="x.json",
    )  # fmt: skip
    await give("design_token_runs", sync_id=sync, outcome="failed", problem=me.name)
    await give("design_token_libraries", sync_id=sync, library=me.name, origin="plugin")
    await give("design_token_codes", sync_id=sync, code_hash=sha256(me.name), expires_at=datetime.now(UTC))


async def settled_agent(give: Callable[..., Awaitable[None]], me: Person) -> None:
    """An agent of this person, with a grant, an approval that waits, and a call."""
    agent, call = uuid4(), {"operation": "figma.post_comment", "connection_id": me.connection}
    own = {"agent_id": agent, "user_id": me.user}
    await give(
        "agents", id=agent, user_id=me.user, name=me.name, kind="token",
        token_hash=sha256(f"agent of {me.name}"), reads="allow", writes="ask", crossing="ask",
    )  # fmt: skip
    await give("agent_notices", user_id=me.user, connection_id=me.connection, channel=me.name)
    await give("agent_grants", **own, connection_id=me.connection, tool="reads", mode="allow")
    await give(
        "agent_approvals", **own, **call, arguments={"of": me.name}, digest="0" * 64, reason="grant",
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )  # fmt: skip
    login = {**own, "client_id": me.name, "resource": me.name, "scopes": ["read"]}
    await give(
        "agent_codes", **login, code_hash=sha256(me.name), redirect_uri=me.name, challenge=me.name,
        expires_at=datetime.now(UTC),
    )  # fmt: skip
    await give(
        "agent_tokens", **login, family=agent, access_hash=sha256(f"access of {me.name}"),
        refresh_hash=sha256(f"refresh of {me.name}"), access_expires_at=datetime.now(UTC),
        refresh_expires_at=datetime.now(UTC),
    )  # fmt: skip
    await give("agent_calls", **own, **call, tool=me.name, writes=True, outcome="waiting")


async def settled(db: Database, name: str) -> Person:
    """A new person with a row in every table and in every view.

    The name becomes one that cannot stand in an id by chance, as “ada” can.
    """
    name = f"{name}-the-person"
    me = Person(name, uuid4(), uuid4(), uuid4(), uuid4())
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    figma = {"provider": "figma"}

    async def give(table: str, **row: object) -> None:
        places = ", ".join(f"${number}" for number, _ in enumerate(row, 1))
        await db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())

    await give(
        "users", id=me.user, subject=name, email=f"{name}@example.com", name=name,
        password_hash=f"not-a-real-hash-of-{name}",
    )  # fmt: skip
    await give("questions", user_id=me.user, question=name, source="fluxstudio", answered=True)
    await give("sessions", token_hash=sha256(name), user_id=me.user, user_agent=name, expires_at=tomorrow)
    await give(
        "access_tokens", user_id=me.user, name=name, token_hash=sha256(f"pat of {name}"), hint="abcd",
        scopes=["read"],
    )  # fmt: skip
    await give("embed_tokens", token_hash=sha256(name), user_id=me.user, providers=[], expires_at=tomorrow)
    await give(
        "session_tickets", ticket_hash=sha256(name), user_id=me.user, return_to="/", expires_at=tomorrow
    )  # fmt: skip
    await give(
        "connect_links", **figma, secret_hash=sha256(name), user_id=me.user, scopes=[], expires_at=tomorrow
    )  # fmt: skip
    await give(
        "insight_counts", **figma, hour=tomorrow, figure="calls", subject=name, outcome="done",
        user_id=me.user, count=1,
    )  # fmt: skip
    await give("idempotency_keys", user_id=me.user, token_id=me.user, key_hash=sha256(name))
    await give("user_preferences", user_id=me.user, notify_channel=name)
    await give("openid_identities", issuer="https://issuer.example", subject=name, user_id=me.user)
    await give("audit_log", user_id=me.user, action="sign-in", subject=name)
    await give("known_browsers", token_hash=sha256(name), user_id=me.user)
    await give("password_links", token_hash=sha256(name), user_id=me.user, expires_at=tomorrow)
    await give(
        "invitations", token_hash=sha256(name), email=f"{name}@example.com", created_by=me.user,
        expires_at=tomorrow, used_by=me.user, used_at=tomorrow,
    )  # fmt: skip
    await give(
        "oauth_tokens", **figma, id=me.grant, client_id="app", account_id=name, account={"name": name},
        data_key=b"key", access_token=b"access", refresh_token=b"refresh",
    )  # fmt: skip
    await give("connections", **figma, id=me.connection, user_id=me.user, grant_id=me.grant, person=name)
    await give(
        "conversation_members", **figma, account_id=name, person=name, conversation=f"conversation of {name}",
        checked_at=datetime.now(UTC),
    )  # fmt: skip
    await give("names", **figma, account_id=name, id=f"channel of {name}", name=name)
    await give("resources", **figma, id=f"file/{name}", name=name)
    await give(
        "resource_access", **figma, account_id=name, resource=f"file/{name}", is_visible=True,
        checked_at=datetime.now(UTC),
    )  # fmt: skip
    await give(
        "oauth_integration_settings", **figma, connection_id=me.connection, user_id=me.user,
        settings={"of": name},
    )  # fmt: skip
    await give("connect_attempts", **figma, id=me.user, user_id=me.user, cause=name)
    await give(
        "oauth_state_tokens", **figma, state_hash=sha256(name), attempt_id=me.user, user_id=me.user,
        browser_hash=sha256(name), verifier=b"verifier", client_id="app", redirect_uri="https://example.com/back",
        token_endpoint="https://example.com/token", scopes=[], return_to="/",
    )  # fmt: skip
    for operation in ("figma.files", "figma.file", "slack.channels"):
        await give(
            "provider_cache", grant_id=me.grant, operation=operation, key=sha256(""), body={"of": name},
            fresh_until=tomorrow,
        )  # fmt: skip
    await give("provider_budgets", grant_id=me.grant, bucket="default")
    await give(
        "webhook_subscriptions", **figma, webhook_id=f"webhook of {name}", user_id=me.user,
        connection_id=me.connection, passcode_hash=sha256(name),
    )  # fmt: skip
    event = new_id(time.time())
    await give(
        "integration_webhooks", **figma, id=event, delivery_key=f"delivery of {name}", event_type="PING",
        account_id=name, payload={"of": name},
    )  # fmt: skip
    await give("deliveries", event_id=event, attempt=1, outcome="done", took_ms=1, note=name)
    await give("automations", id=me.rule, user_id=me.user, name=name, event="figma.PING")
    await give("automation_versions", automation_id=me.rule, version=1, definition={"of": name})
    await give(
        "automation_runs", automation_id=me.rule, version=1, event_id=event, inputs={"of": name},
    )  # fmt: skip
    await give("failures_seen", user_id=me.user)
    await settled_agent(give, me)
    await settled_sync(give, me)
    return me

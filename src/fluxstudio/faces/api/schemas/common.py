"""What the API's answers look like, as models for its documentation and as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, computed_field
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import Registry
from fluxstudio.kit.json import encode
from fluxstudio.sdk import Provider


def json_answer(value: Any, status: int = 200) -> Response:
    """A JSON answer of whatever the product's JSON can hold."""
    return Response(encode(value), status, media_type="application/json")


class Answer(BaseModel):
    """Base of the API's own answers: camelCase keys."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ListAnswer(Answer):
    """Base of lists: `nextCursor` leads to more as `cursor`, and is null on the last page."""

    next_cursor: str | None = None

    @computed_field
    def has_more(self) -> bool:
        """Whether there is more than this page."""
        return self.next_cursor is not None


class WholeListAnswer(Answer):
    """Base of lists that are answered whole: there is never more."""

    has_more: Literal[False] = False
    next_cursor: None = None


class RequestBody(BaseModel):
    """Base of what callers send: camelCase keys, and no others."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class ErrorAnswer(Answer):
    """What every error looks like; some carry further keys."""

    model_config = ConfigDict(extra="allow")

    success: bool
    error: str
    code: str
    message: str
    request_id: str


class AuthorizationAnswer(Answer):
    """Where to send the person to connect an account."""

    authorization_url: str
    state_token: str
    state: str
    provider: str
    expires_at: datetime


class ConnectedData(Answer):
    """The connection that was made."""

    provider: str
    permissions: list[str]
    account_name: str
    connection_id: str


class ConnectedAnswer(Answer):
    """A connect that worked."""

    success: bool
    message: str
    data: ConnectedData


class Integration(Answer):
    """One connection of the caller.

    `expiresAt` is when a person has to act, null where access is renewed without one; `accessExpiresAt` is
    the token's own. `providerUsername` is what the provider calls whom the account acts as.
    `seesPrivate` is false where the provider has private conversations and we do not know who the caller is
    there. Reconnect to see them.
    """

    id: str
    provider: str
    user_id: str
    status: str
    connected: bool
    connected_at: datetime
    expires_at: datetime | None
    access_expires_at: datetime | None
    last_used: datetime | None
    provider_username: str | None
    team_name: str | None
    scopes: list[str]
    missing_scopes: list[str]
    sees_private: bool
    metadata: dict[str, Any]


class RenewedAnswer(Integration):
    """The connection that was renewed; `integrations` are all of them where several were."""

    integrations: list[Integration]


class IntegrationsAnswer(ListAnswer):
    """The caller's connections."""

    integrations: list[Integration]


class DependentAnswer(Answer):
    """An automation that uses what was disconnected; `status` is paused, or off where it was switched off."""

    id: str
    name: str
    status: str


class DisconnectedAnswer(Answer):
    """What a disconnect did. `automations` use what has ended, and go on once that is connected again."""

    message: str
    provider: str
    revoked: bool
    automations: list[DependentAnswer]


class AttemptStepAnswer(Answer):
    """One step of an attempt."""

    at: datetime
    step: str
    outcome: str
    note: str


class AttemptAnswer(Answer):
    """A try to connect. `outcome` is waiting, connected, declined, failed or abandoned."""

    id: str
    provider: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    code: str | None
    cause: str | None
    mend: str | None
    steps: list[AttemptStepAnswer]


class AttemptsAnswer(ListAnswer):
    """The caller's recent tries, newest first."""

    attempts: list[AttemptAnswer]


class AuditEntry(Answer):
    """One line of the audit log. `outcome` is done, refused or failed.

    `requestId` is the id of the request that led to it (`X-Request-Id` of its answer), through however many
    jobs; `traceId` is the W3C trace of both.
    """

    id: str
    at: datetime
    user_id: str | None
    action: str
    provider: str | None
    subject: str | None
    outcome: str
    address: str | None
    details: dict[str, Any]
    request_id: str | None
    trace_id: str | None


class AuditAnswer(ListAnswer):
    """A page of the audit log; `nextCursor` leads to older lines, and is null on the last page."""

    entries: list[AuditEntry]


class SessionAnswer(Answer):
    """Who is signed in."""

    user_id: str
    email: str | None
    name: str | None
    role: str


class CsrfAnswer(Answer):
    """Proof for a page of this browser and session."""

    csrf_token: str


class TicketAnswer(Answer):
    """A link that signs a browser in once; `expiresAt` is when it stops to."""

    url: str
    expires_at: datetime


def integrations_of(actor: Actor, listed: list[ListedConnection], registry: Registry) -> list[Integration]:
    """The caller's connections as the API shows them."""
    entries = []
    for entry in listed:
        registered = registry.get(entry.provider)
        if registered.retired and not entry.is_active:
            continue
        provider = registered.provider
        others = [
            _account_of(other, provider)
            for other in listed
            if other.provider == entry.provider and other.is_active
        ]
        problem = dict(entry.problem) if entry.problem else None
        entries.append(
            Integration(
                id=str(entry.id),
                provider=entry.provider,
                user_id=actor.subject,
                status=entry.status,
                connected=entry.status == "connected",
                connected_at=entry.connected_at,
                expires_at=None if entry.renews and entry.status != "expired" else entry.expires_at,
                access_expires_at=entry.expires_at,
                last_used=entry.last_used_at,
                provider_username=provider.identity.username(entry.account),
                team_name=entry.account.name if provider.identity.noun != "account" else None,
                scopes=list(entry.scopes) if entry.is_active else [],
                missing_scopes=provider.oauth.missing(provider.oauth.asked_scopes(), entry.scopes)
                if entry.is_active
                else [],
                sees_private=entry.person is not None or provider.visibility.audience is None,
                metadata={
                    "accountId": entry.account.id,
                    "accountName": entry.account.name,
                    "avatarUrl": entry.account.avatar_url,
                    "url": entry.account.url,
                    "problem": problem,
                    "problemSince": entry.problem_since,
                    "tags": entry.settings.get("tags") or {},
                    **provider.identity.profile(entry.account),
                    f"{provider.identity.noun}s": others,
                },
            )
        )
    return entries


def _account_of(entry: ListedConnection, provider: Provider) -> dict[str, Any]:
    """One of a person's accounts at a provider, among the others."""
    return {
        "id": entry.account.id,
        "name": entry.account.name,
        "connectionId": str(entry.id),
        **provider.identity.profile(entry.account),
        "scope": ",".join(entry.scopes),
        "connectedAt": entry.connected_at,
        "lastUsed": entry.last_used_at,
    }

"""Importing connections from Nango: nobody connects again, and what cannot come is named with the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from fluxstudio.core.connections.attempts import Timeline
from fluxstudio.core.connections.authorization import AuthorizationResult, save_authorization
from fluxstudio.core.connections.imports import ImportedConnections, ImportTarget
from fluxstudio.core.identity.users import Actor, Claims
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidToken, UnknownProvider
from fluxstudio.flows.connections.identification import identify
from fluxstudio.flows.connections.nango import NangoApi, NangoConnection, NangoCredentials, NangoIntegration
from fluxstudio.kit.http import HttpError
from fluxstudio.sdk import Account, TokenAnswer


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What became of one connection, or of an integration that none of them can come from."""

    label: str
    outcome: Literal["imported", "present", "would come", "left out"]
    why: str = ""


async def import_from(services: Services, nango: NangoApi, *, dry_run: bool) -> AsyncIterator[ImportLine]:
    """Import every connection; with `dry_run` only say what would come.

    One after the other, each kept before the next is read: an import that was interrupted goes on where it
    was when it is started again. A connection that is here already keeps its own tokens. Raises `Forbidden`
    and `Unavailable` where Nango cannot be read.
    """
    integrations = await nango.integrations()
    async for connection in nango.connections():
        try:
            registered = _provider(services, integrations.get(connection.integration), connection)
            credentials = await nango.credentials(connection)
            if credentials is None:
                raise _LeftOut("it holds no OAuth 2 tokens")
            if dry_run:
                yield ImportLine(connection.label, "would come", f"as {connection.user}")
                continue
            outcome = await _import_one(services, registered, connection, credentials)
            yield ImportLine(connection.label, outcome, f"as {connection.user}")
        except _LeftOut as reason:
            yield ImportLine(connection.label, "left out", str(reason))


class _LeftOut(Exception):
    """Why a connection does not come."""


def _provider(
    services: Services, integration: NangoIntegration | None, connection: NangoConnection
) -> RegisteredProvider:
    name = integration.provider if integration is not None else connection.provider
    try:
        registered = services.registry[name]
    except UnknownProvider:
        raise _LeftOut(f"there is no provider “{name[:40]}” here") from None
    if not registered.configured:
        raise _LeftOut(f"{registered.provider.name} is not set up here")
    ours = registered.settings.client_id
    if integration is not None and integration.client_id not in (None, ours):
        raise _LeftOut(
            f"its OAuth app is {integration.client_id}, and {registered.provider.name} is set up here with "
            "another one: only the app that got tokens can renew them"
        )
    if connection.problem is not None:
        raise _LeftOut(connection.problem)
    return registered


async def _import_one(
    services: Services,
    registered: RegisteredProvider,
    connection: NangoConnection,
    credentials: NangoCredentials,
) -> Literal["imported", "present"]:
    provider = registered.provider
    answer = credentials.answer(await services.db.now(), provider.oauth.read_token)
    account = await _account(services, registered, answer)
    actor = await _user(services, connection)
    audience = provider.visibility.audience
    target = ImportTarget(
        actor.user_id,
        provider.id,
        registered.settings.client_id,
        account.id,
        audience.person(answer) if audience is not None else None,
    )
    imports = ImportedConnections(services.db)
    present = await imports.present(target)
    connection_id = present or await imports.attach(target)
    if connection_id is None:
        connection_id = await _save(services, registered, target, account, answer)
    await imports.tag(target, connection_id, connection.tags)
    return "imported" if present is None else "present"


async def _account(services: Services, registered: RegisteredProvider, answer: TokenAnswer) -> Account:
    try:
        return await identify(services, registered, answer)
    except (FluxStudioError, HttpError, KeyError, TypeError, ValueError):
        raise _LeftOut(f"{registered.provider.name} does not accept its token") from None


async def _user(services: Services, connection: NangoConnection) -> Actor:
    subject = connection.user
    if len(subject) > 255 or not subject.isprintable():
        raise _LeftOut("its user has a name that cannot be kept")
    try:
        return await services.users.from_claims(Claims(subject, connection.email, connection.name, None))
    except InvalidToken as error:
        raise _LeftOut(f"its user {subject} cannot be used here: {error.message}") from None


async def _save(
    services: Services,
    registered: RegisteredProvider,
    target: ImportTarget,
    account: Account,
    answer: TokenAnswer,
) -> UUID:
    scopes = answer.scopes if answer.scopes is not None else tuple(registered.provider.oauth.asked_scopes())
    authorization = AuthorizationResult(
        user_id=target.user_id,
        provider=target.provider,
        client_id=target.client_id,
        account=account,
        answer=answer,
        scopes=scopes,
        person=target.person,
    )
    return await save_authorization(services.db, services.vault, authorization, Timeline(), None)

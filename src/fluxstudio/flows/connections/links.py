"""Connect links: made for a host product, opened by somebody who need not have an account here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fluxstudio.core.connections import links
from fluxstudio.core.connections.links import OpenLink
from fluxstudio.core.identity.users import Actor, Claims
from fluxstudio.core.services import Services
from fluxstudio.errors import Forbidden, InvalidRequest, InvalidToken
from fluxstudio.flows.connections.connect import StartedConnect, asked_scopes, begin
from fluxstudio.flows.connections.places import Beginning, checked_return, known_origins

LINK_PATH = "/connect/link/{secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest:
    """A link that a host product wants for one of its users, whom it calls `subject`."""

    provider: str
    subject: str
    scopes: Sequence[str] = ()
    return_to: str | None = None
    lives: timedelta


async def user_named(services: Services, by: Actor, subject: str) -> Actor:
    """The user whom a host product names, made if unknown so far.

    Raises `Forbidden` for a caller who may not act for others, and `InvalidRequest` for a disabled user.
    """
    if subject != by.subject and not by.acts_for_others:
        raise Forbidden("Only an administrator, or an access token of one, may name another user.")
    user = await services.users.by_subject(subject)
    if user is not None:
        return user
    try:
        return await services.users.from_claims(Claims(subject, None, None, None))
    except InvalidToken:
        raise InvalidRequest("This user was disabled.", {"userId": "was disabled"}) from None


async def make_link(services: Services, by: Actor, wanted: LinkRequest) -> tuple[str, datetime]:
    """The address of a new link, and when it expires.

    Raises `UnknownProvider`, `ProviderNotConfigured`, `Forbidden`, and `InvalidRequest` for a way back or
    scopes that are not to be had.
    """
    registered = services.registry[wanted.provider]
    registered.client(services.http)
    asked_scopes(registered.provider, wanted.scopes)
    return_to = (
        checked_return(wanted.return_to, known_origins(services.settings)) if wanted.return_to else None
    )
    user = await user_named(services, by, wanted.subject)
    secret, expires_at = await links.create(
        services.db, user.user_id, wanted.provider, wanted.scopes, return_to, wanted.lives
    )
    await services.audit.record(
        "connect-link-made", wanted.provider, user.subject, user_id=by.user_id, scopes=list(wanted.scopes)
    )
    return services.settings.base_url + LINK_PATH.format(secret=secret), expires_at


async def open_link(services: Services, secret: str) -> OpenLink | None:
    """What a link connects, as long as it can."""
    return await links.read(services.db, secret)


async def begin_by_link(services: Services, secret: str, binding: str) -> StartedConnect | None:
    """Begin the connect of a link in the browser that is to hold `binding`; None where it is used up.

    Whoever comes back without a connection may open the link again; an earlier try then ends.
    """
    link = await links.read(services.db, secret)
    if link is None:
        return None
    beginning = Beginning(
        binding=binding,
        in_session=False,
        return_to=link.return_to,
        scopes=link.scopes,
        popup=link.return_to is None,
    )
    started = await begin(services, link.actor, link.provider, beginning)
    return started if await links.note_begun(services.db, secret, started.attempt_id) else None

"""Signing in by OpenID Connect: beginning, coming back, the role that a group gives, and signing out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec
import structlog

from fluxstudio.core.identity.openid import OpenIdIssuer, OpenIdPerson, OpenIdRefused, OpenIdSession
from fluxstudio.core.identity.openid_accounts import OpenIdRequest
from fluxstudio.core.identity.users import Actor, LastAdmin
from fluxstudio.core.services import Services
from fluxstudio.errors import Forbidden, NotFound, Unavailable
from fluxstudio.kit.pkce import new_verifier

log = structlog.get_logger(__name__)

CALLBACK_PATH = "/sign-in/openid/callback"
SIGNED_OUT_PATH = "/sign-in"
PROBLEMS = {
    "disabled": "This account was disabled. Ask an administrator.",
    "unverified": (
        "An account here has your e-mail address, but nobody has proven that it is theirs. Sign in with its "
        "password first, then use single sign-on."
    ),
    "closed": "You have no account here yet. Ask an administrator for an invitation.",
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has signed in, and where that leads."""

    actor: Actor
    person: OpenIdPerson
    return_to: str


def _issuer(services: Services) -> OpenIdIssuer:
    if services.openid is None:
        raise NotFound("Single sign-on is not set up here.")
    return services.openid


def _redirect_uri(services: Services) -> str:
    return f"{services.settings.base_url}{CALLBACK_PATH}"


async def begin(services: Services, browser: str, return_to: str) -> str:
    """Begin a sign-in of this browser: the issuer's address to send it to.

    Raises `NotFound` where no issuer is configured, `Unavailable` while it cannot be reached.
    """
    issuer, state = _issuer(services), secrets.token_urlsafe(32)
    request = OpenIdRequest(secrets.token_urlsafe(32), new_verifier(), return_to)
    url = await issuer.authorization_url(_redirect_uri(services), state, request.nonce, request.verifier)
    await services.openid_accounts.store(state, browser, request)
    return url


async def complete(
    services: Services,
    answer: Mapping[str, str],
    browser: str,
    *,
    current: UUID | None,
    address: str | None,
) -> SignedIn:
    """Finish a sign-in with what the issuer sent the browser back with; `current` is who is signed in.

    Raises `Forbidden` for a sign-in that does not prove who it is or of somebody who is not let in, and
    `Unavailable`.
    """
    issuer = _issuer(services)
    request = await services.openid_accounts.take(answer.get("state", ""), browser)
    if request is None:
        raise Forbidden("This sign-in has expired or was begun in another browser. Start again.")
    try:
        person = await issuer.person(answer, _redirect_uri(services), request.nonce, request.verifier)
    except OpenIdRefused as error:
        log.warning("openid_refused", reason=error.reason)
        await services.audit.record("sign-in", outcome="refused", address=address, via="openid")
        raise Forbidden("Single sign-on was cancelled or did not work. Start again.") from None
    signed = await services.openid_accounts.sign_in(person, current=current, policy=_policy(services))
    if signed.actor is None:
        await services.audit.record(
            "sign-in", outcome="refused", address=address, via="openid", reason=signed.problem
        )
        raise Forbidden(PROBLEMS[signed.problem])
    if signed.is_new:
        await services.audit.record(
            "openid-linked", user_id=signed.actor.user_id, address=address, issuer=person.issuer
        )
    actor = await _with_role(services, signed.actor, person, made_admin=signed.made_admin)
    return SignedIn(actor, person, request.return_to)


async def logout_url(services: Services, session: OpenIdSession | None, state: str) -> str | None:
    """Where to send a browser whose session has ended, so that the issuer's ends as well.

    None where the session did not begin at the issuer, or the issuer cannot be signed out of now.
    """
    if services.openid is None or session is None:
        return None
    try:
        return await services.openid.logout_url(
            session, f"{services.settings.base_url}{SIGNED_OUT_PATH}", state
        )
    except Unavailable:
        return None


def _policy(services: Services) -> str:
    """Who may have an account: what `SIGN_UP` says, else everybody whom the issuer lets sign in."""
    return services.settings.sign_up or "open"


async def _with_role(services: Services, actor: Actor, person: OpenIdPerson, *, made_admin: bool) -> Actor:
    """The same with the role that their groups give: one that a group gave ends with it, and no other."""
    group = services.settings.oidc_admin_group
    belongs = bool(group) and group in person.groups
    if belongs and not actor.is_admin:
        await _grant(services, actor, person, "admin", made_admin=True)
        return msgspec.structs.replace(actor, role="admin")
    if made_admin and not belongs:
        try:
            await _grant(services, actor, person, "member", made_admin=False)
        except LastAdmin:
            log.warning("last_admin_kept", user=str(actor.user_id))
            return actor
        return msgspec.structs.replace(actor, role="member")
    return actor


async def _grant(
    services: Services, actor: Actor, person: OpenIdPerson, role: str, *, made_admin: bool
) -> None:
    changed = await services.users.grant_role(actor.user_id, role, None)
    await services.openid_accounts.set_made_admin(person, made_admin=made_admin)
    if changed:
        await services.audit.record(
            "role-granted", subject=actor.subject, user_id=actor.user_id, role=role, by="openid"
        )

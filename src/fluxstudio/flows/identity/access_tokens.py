"""Access tokens: what they may do, making them, never stronger than who asks, and ending them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fluxstudio.core.identity.access_tokens import (
    MAX_ACTIVE_TOKENS,
    AccessTokenLine,
    NewAccessToken,
)
from fluxstudio.core.identity.users import Actor, TokenRights
from fluxstudio.core.services import Services
from fluxstudio.errors import AdminRequired, InvalidRequest, NotFound, ScopeMissing
from fluxstudio.flows.agents.catalog import Catalog, tool_name
from fluxstudio.flows.identity.users import Initiator
from fluxstudio.sdk import Operation

TOOL_SCOPE = "tools:"
# In the order they are shown, with what each means.
SCOPES = {
    "read": "Read everything you can read",
    "write": "Send, change and delete on your behalf",
    "connect": "Connect and disconnect accounts",
    "admin": "Everything you can do, including administering",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A token that somebody wants; `expires_at` None for one that lives until it is revoked."""

    name: str
    scopes: Sequence[str]
    expires_at: datetime | None = None


def operation_scopes(operation: Operation) -> tuple[str, ...]:
    """The scopes that let an access token call an operation, any one of them."""
    return (
        "write" if operation.writes else "read",
        f"{TOOL_SCOPE}{operation.full_name}",
        f"{TOOL_SCOPE}{operation.full_name.replace('.', '_')}",
        f"{TOOL_SCOPE}{tool_name(operation)}",
    )


async def make_access_token(
    services: Services, by: Initiator, wanted: TokenRequest
) -> tuple[AccessTokenLine, str]:
    """Make an access token for whoever asks: its line, and the token itself, shown once.

    Raises `InvalidRequest`, `AdminRequired` for `admin` asked for by a member, and `ScopeMissing` where an
    access token asks for more than it has itself.
    """
    actor = by.actor
    assert actor is not None
    scopes = _checked_scopes(services, actor, wanted.scopes)
    now = await services.db.now()
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise InvalidRequest("Choose an expiry in the future.", {"expiresAt": "is in the past"})
    new = NewAccessToken(
        name=wanted.name.strip(),
        scopes=scopes,
        expires_at=_no_later(wanted.expires_at, actor.rights),
        made_with=actor.rights.token_id if actor.rights else None,
        admin_until=_admin_until(actor),
    )
    created = await services.access_tokens.create(actor.user_id, new)
    if created is None:
        raise InvalidRequest(
            f"You have {MAX_ACTIVE_TOKENS} access tokens. Revoke one that you no longer need first."
        )
    token_id, token = created
    await services.audit.record(
        "access-token-made",
        None,
        token_id,
        user_id=actor.user_id,
        address=by.address,
        name=new.name,
        scopes=list(scopes),
    )
    [line] = await services.access_tokens.listing(actor.user_id, token_id)
    return line, token


def _checked_scopes(services: Services, actor: Actor, scopes: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(scopes))
    if not wanted:
        raise InvalidRequest("Choose at least one scope.", {"scopes": "is empty"})
    catalog = Catalog(services.registry)
    for scope in wanted:
        _check_scope(catalog, scope)
    missing = [scope for scope in wanted if not _may_give(actor, catalog, scope)]
    if missing:
        raise ScopeMissing("An access token cannot make one that may do more than itself.", missing)
    if "admin" in wanted and not actor.is_admin:
        raise AdminRequired("Only an administrator can make an access token with the scope admin.")
    return wanted


def _check_scope(catalog: Catalog, scope: str) -> None:
    if scope in SCOPES:
        return
    if not scope.startswith(TOOL_SCOPE):
        raise InvalidRequest(
            f"There is no scope “{scope[:80]}”. Choose among {', '.join(SCOPES)}, or tools: with a name.",
            {"scopes": f"“{scope[:80]}” is not a scope"},
        )
    if problem := _tool_problem(catalog, scope):
        raise NotFound(problem)


def tools_problem(services: Services, scopes: Sequence[str]) -> str | None:
    """What is wrong with the tools that scopes name, None where all of them exist."""
    catalog = Catalog(services.registry)
    named = (scope for scope in scopes if scope.startswith(TOOL_SCOPE))
    return next((problem for scope in named if (problem := _tool_problem(catalog, scope))), None)


def _tool_problem(catalog: Catalog, scope: str) -> str | None:
    tool = scope.removeprefix(TOOL_SCOPE)
    if catalog.get(tool) is not None:
        return None
    return f"There is no tool “{tool[:60]}”. Name an operation such as slack.message."


def _may_give(actor: Actor, catalog: Catalog, scope: str) -> bool:
    if actor.rights is None or actor.rights.allow([scope]):
        return True
    tool = catalog.get(scope.removeprefix(TOOL_SCOPE)) if scope.startswith(TOOL_SCOPE) else None
    return tool is not None and actor.rights.allow(operation_scopes(tool.operation))


def _no_later(expires_at: datetime | None, rights: TokenRights | None) -> datetime | None:
    """When a token ends that ends no later than the one it is made with."""
    ends = [end for end in (expires_at, rights.expires_at if rights else None) if end is not None]
    return min(ends, default=None)


def _admin_until(actor: Actor) -> float | None:
    if actor.rights is not None and actor.rights.admin_until is not None:
        return actor.rights.admin_until.timestamp()
    return actor.admin_until


async def revoke_access_token(services: Services, by: Initiator, token_id: UUID) -> None:
    """End one of one's own access tokens, with those it has made. Raises `NotFound`."""
    actor = by.actor
    assert actor is not None
    if not await services.access_tokens.listing(actor.user_id, token_id):
        raise NotFound("You have no access token with this id. `GET /api/access-tokens` lists yours.")
    await _revoke(services, by, actor, token_id)


async def revoke_access_tokens(services: Services, by: Initiator) -> int:
    """End all of one's own access tokens; how many."""
    assert by.actor is not None
    return await _revoke(services, by, by.actor, None)


async def _revoke(services: Services, by: Initiator, actor: Actor, token_id: UUID | None) -> int:
    ended = await services.access_tokens.revoke(actor.user_id, token_id)
    for ended_id, name in ended:
        await services.audit.record(
            "access-token-revoked", None, ended_id, user_id=actor.user_id, address=by.address, name=name
        )
    return len(ended)

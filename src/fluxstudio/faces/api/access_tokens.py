"""Access tokens of programs: made, listed, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from fluxstudio.core.identity.access_tokens import AccessTokenLine
from fluxstudio.faces.api.connections import Caller, errors
from fluxstudio.faces.api.paging import Cursor, Limit, lines_to_read, page_of
from fluxstudio.faces.api.schemas.agents import NUMBER, Name
from fluxstudio.faces.api.schemas.common import Answer, ListAnswer, RequestBody, json_answer
from fluxstudio.faces.authentication import services_of
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.flows.identity import access_tokens
from fluxstudio.flows.identity.users import Initiator

router = APIRouter(prefix="/api/access-tokens", tags=["Access tokens"], responses=errors)

Scope = Annotated[str, Field(pattern=r"^(read|write|connect|admin|tools:[A-Za-z0-9_.-]{1,120})$")]


class AccessTokenAnswer(Answer):
    """An access token without what it is: `hint` is how it ends.

    `status` is active, expired or revoked. `adminUntil` is set where its owner was an administrator by an API
    token only: from then on it administers nothing.
    """

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    status: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    admin_until: datetime | None


class NewAccessTokenAnswer(AccessTokenAnswer):
    """A new access token, with the token itself. Nobody can read it later."""

    token: str


class AccessTokensAnswer(ListAnswer):
    """The caller's access tokens, those that count first."""

    access_tokens: list[AccessTokenAnswer]


class RevokedTokensAnswer(Answer):
    """How many access tokens were revoked."""

    revoked: int


class NewAccessTokenBody(RequestBody):
    """An access token to be made. It ends after `expiresInDays` or at `expiresAt`, whichever is sooner."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)]
    expires_in_days: Annotated[int, Field(ge=1, le=3650), NUMBER] | None = None
    expires_at: AwareDatetime | None = None


@router.get("", response_model=AccessTokensAnswer, operation_id="list_access_tokens")
async def list_access_tokens(
    request: Request, actor: Caller, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    """Your access tokens, those that count first, with when each was last used."""
    lines = await services_of(request).access_tokens.listing(
        actor.user_id, limit=lines_to_read(cursor, limit)
    )
    page, following = page_of(lines, cursor, limit)
    answers = [_answer(line) for line in page]
    return json_answer(AccessTokensAnswer(access_tokens=answers, next_cursor=following))


@router.post("", response_model=NewAccessTokenAnswer, status_code=201, operation_id="create_access_token")
async def make_access_token(request: Request, actor: Caller, body: NewAccessTokenBody) -> Response:
    """Make an access token. It counts wherever an API token does, within its scopes, and is shown once.

    `read` reads and `write` changes whatever you may; `tools:` with the name of a tool calls that one;
    `connect` connects accounts, and makes connect links and embed tokens; `admin` is everything, for
    administrators. Made with an access token, it has none of the scopes that one lacks, and ends with it.
    """
    services = services_of(request)
    ends = [] if body.expires_at is None else [body.expires_at]
    if body.expires_in_days is not None:
        ends.append(await services.db.now() + timedelta(days=body.expires_in_days))
    wanted = access_tokens.TokenRequest(
        name=body.name, scopes=body.scopes, expires_at=min(ends, default=None)
    )
    line, token = await access_tokens.make_access_token(services, _by(request, actor), wanted)
    return json_answer(NewAccessTokenAnswer(**_answer(line).model_dump(), token=token), 201)


@router.delete("/{id}", status_code=204, operation_id="revoke_access_token")
async def revoke_access_token(
    request: Request,
    actor: Caller,
    which: Annotated[UUID, Path(alias="id", description="Id of the access token.")],
) -> Response:
    """Revoke one of your access tokens, and those that were made with it. It stops working at once."""
    await access_tokens.revoke_access_token(services_of(request), _by(request, actor), which)
    return Response(status_code=204)


@router.delete("", response_model=RevokedTokensAnswer, operation_id="revoke_access_tokens")
async def revoke_access_tokens(
    request: Request,
    actor: Caller,
    which: Annotated[UUID | None, Query(alias="id", description="Only the access token of this id.")] = None,
) -> Response:
    """Revoke all your access tokens, or the one that is named."""
    services, by = services_of(request), _by(request, actor)
    if which is None:
        return json_answer(
            RevokedTokensAnswer(revoked=await access_tokens.revoke_access_tokens(services, by))
        )
    await access_tokens.revoke_access_token(services, by, which)
    return json_answer(RevokedTokensAnswer(revoked=1))


def _by(request: Request, actor: Caller) -> Initiator:
    return Initiator(actor, address_of(request))


def _answer(line: AccessTokenLine) -> AccessTokenAnswer:
    return AccessTokenAnswer(
        id=line.id,
        name=line.name,
        hint=f"…{line.hint}",
        scopes=list(line.scopes),
        status="active" if line.active else "revoked" if line.revoked_at else "expired",
        created_at=line.created_at,
        expires_at=line.expires_at,
        last_used_at=line.last_used_at,
        revoked_at=line.revoked_at,
        admin_until=line.admin_until,
    )

"""Settings → Account → Access tokens: making one, which is shown once, and revoking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.identity.access_tokens import AccessTokenLine
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.faces.web.account.views import AccessTokenRow, NewAccessTokenPage, ScopeChoice, ShownTokenPage
from fluxstudio.faces.web.components.views import HeadView, LinkView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.paths import ACCOUNT
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.identity import access_tokens
from fluxstudio.flows.identity.access_tokens import SCOPES, TOOL_SCOPE, TokenRequest
from fluxstudio.flows.identity.users import Initiator

TOKENS = f"{ACCOUNT}/access-tokens"
TOKEN_LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "Until you revoke it"))
BACK = LinkView(label="Account", href=ACCOUNT)

router = APIRouter(include_in_schema=False)


def access_token_row(line: AccessTokenLine) -> AccessTokenRow:
    """A token as the account page lists it."""
    return AccessTokenRow(
        id=str(line.id),
        name=line.name,
        hint=f"…{line.hint}",
        scopes=", ".join(line.scopes),
        last_used_at=line.last_used_at,
        expires_at=line.expires_at,
    )


@router.get(f"{TOKENS}/new")
async def new_access_token(request: Request) -> Response:
    """The form for a new access token."""
    return await _form(await Visit.of(request), {"scopes.read": "on", "lives": "90"})


async def _form(visit: Visit, fields: Mapping[str, str], errors: FormErrors = NO_ERRORS) -> Response:
    is_admin = visit.actor.is_admin
    page = NewAccessTokenPage(
        head=HeadView(
            title="New access token",
            sentence="For scripts and servers that call the API as you.",
            parent=BACK,
        ),
        action=f"{TOKENS}/new",
        name=fields.get("name", "")[:120],
        scopes=tuple(
            ScopeChoice(name=scope, words=words, chosen=f"scopes.{scope}" in fields)
            for scope, words in SCOPES.items()
            if is_admin or scope != "admin"
        ),
        tools=fields.get("tools", "")[:2000],
        example_tool=next((entry.full_name for entry in visit.services.registry.operations), ""),
        lives=TOKEN_LIVES,
        chosen_life=fields.get("lives", "90"),
        errors=errors,
    )
    return await visit.page(page, status=errors.status)


def _errors(visit: Visit, wanted: TokenRequest) -> FormErrors:
    """All that is wrong with what was asked for."""
    errors = {}
    if not 0 < len(wanted.name) <= 120 or "\x00" in wanted.name:
        errors["name"] = "Give it a name."
    if not wanted.scopes:
        errors["scopes"] = "Choose what it may do."
    if problem := access_tokens.tools_problem(visit.services, wanted.scopes):
        errors["tools"] = problem
    return FormErrors(errors)


@router.post(f"{TOKENS}/new")
async def make_access_token(request: Request) -> Response:
    """Make an access token and show it, this once."""
    visit = await Visit.of(request)
    fields = await visit.form()
    name, days = fields.get("name", "").strip(), fields.get("lives", "")
    scopes = [scope for scope in SCOPES if f"scopes.{scope}" in fields]
    scopes += [TOOL_SCOPE + tool for tool in fields.get("tools", "")[:2000].replace(",", " ").split()]
    lives = timedelta(days=int(days)) if days and days in dict(TOKEN_LIVES) else None
    wanted = TokenRequest(
        name=name, scopes=scopes, expires_at=None if lives is None else await visit.services.db.now() + lives
    )
    errors = _errors(visit, wanted)
    try:
        if not errors:
            line, token = await access_tokens.make_access_token(visit.services, _by(visit), wanted)
    except InvalidRequest as error:
        errors = FormErrors({"name": error.message})
    if errors:
        return await _form(visit, fields, errors)
    page = ShownTokenPage(
        head=HeadView(title=line.name, sentence="Copy the token now. It is shown only once.", parent=BACK),
        token=token,
        back=LinkView(label="Done", href=ACCOUNT),
    )
    response = await visit.page(page)
    response.headers["cache-control"] = "no-store"
    return response


@router.post(TOKENS)
async def revoke_access_token(request: Request) -> Response:
    """Revoke one access token, or all of them."""
    visit = await Visit.of(request)
    token = (await visit.form()).get("token")
    if token is None:
        await access_tokens.revoke_access_tokens(visit.services, _by(visit))
        return await visit.go(f"{ACCOUNT}?done=tokens")
    try:
        await access_tokens.revoke_access_token(visit.services, _by(visit), UUID(token))
    except ValueError:
        raise NotFound("This access token is revoked already.") from None
    return await visit.go(f"{ACCOUNT}?done=token")


def _by(visit: Visit) -> Initiator:
    return Initiator(visit.actor, address_of(visit.request))

"""A program asks to be let in (OAuth 2.1): its user sees who asks, and decides what it may do."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.web.agents.presenter import level_fields, levels_in
from fluxstudio.faces.web.agents.views import ConsentPage, LevelField, ReturnPage
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.agents.consent import LEVELS, Refused, Wanted, allow, denied, wanted

router = APIRouter(include_in_schema=False)

AUTHORIZE = "/oauth/authorize"
# What a request consists of, none of them twice.
PARAMETERS = (
    *("response_type", "client_id", "redirect_uri", "scope", "state", "resource"),
    *("code_challenge", "code_challenge_method"),
)
LONGEST_QUERY = 6000
MAX_CONSENT_FORM_FIELDS = 200


@router.get(AUTHORIZE)
async def ask(request: Request) -> Response:
    """Who asks for what."""
    visit = await Visit.of(request)
    query = _parameters(request.url.query)
    try:
        asked = await wanted(visit.services, query)
    except Refused as refused:
        return await visit.send(RedirectResponse(refused.address, 303))
    services, actor = visit.services, visit.actor
    connections = await services.connections.of_user(actor.user_id)
    highest = "ask" if "write" in asked.scopes else "read"
    fields = level_fields(services.registry, connections, {}, highest)
    page = ConsentPage(
        name=asked.client.name,
        identity=_identity(asked),
        returns_to=_place(asked.redirect_uri),
        query=urlencode(query),
        levels=tuple(_within(field, asked) for field in fields),
        person=actor.name or actor.email or "you",
    )
    return await visit.page(page)


def _parameters(query: str) -> dict[str, str]:
    """The parameters of a request. Raises `InvalidRequest` for one that comes twice."""
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query[:LONGEST_QUERY], keep_blank_values=True):
        if name in parameters:
            raise InvalidRequest(f"{name[:40]} appears twice in this address. Start again from the app.")
        if name in PARAMETERS:
            parameters[name] = value
    return parameters


def _within(field: LevelField, asked: Wanted) -> LevelField:
    """The same choice without what was not asked for."""
    options = tuple(
        (value, words)
        for value, words in field.options
        if "write" in asked.scopes or LEVELS[value][1] == "deny"
    )
    return LevelField(name=field.name, label=field.label, options=options, chosen=field.chosen)


def _identity(asked: Wanted) -> str:
    """What is known of who asks: the host its document lies at, or that it named itself."""
    if asked.client.kind == "document":
        return urlsplit(asked.client.client_id).hostname or ""
    return ""


def _place(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


@router.post(AUTHORIZE)
async def decided(request: Request) -> Response:
    """Let the program in, or not, and lead back to it."""
    visit = await Visit.of(request)
    fields = await visit.form(MAX_CONSENT_FORM_FIELDS)
    try:
        asked = await wanted(visit.services, _parameters(fields.get("query", "")))
    except Refused as refused:
        return await visit.page(_back("This did not work", "the program", refused.address))
    if fields.get("decision") == "allow":
        address = await allow(visit.services, visit.actor, asked, levels_in(fields))
        return await visit.page(_back(f"{asked.client.name} is let in", asked.client.name, address))
    _ = visit.actor
    address = denied(visit.services, asked)
    return await visit.page(_back(f"{asked.client.name} is not let in", asked.client.name, address))


def _back(title: str, name: str, address: str) -> ReturnPage:
    return ReturnPage(title=title, name=name, href=address)

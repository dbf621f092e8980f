"""Connecting, listing, refreshing and disconnecting accounts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from fluxstudio.core.connections.attempts import recent_attempts
from fluxstudio.core.identity.users import Actor
from fluxstudio.errors import FluxStudioError, Forbidden, InvalidRequest, Unavailable, UnknownProvider
from fluxstudio.faces.api.chosen_connection import ChosenConnection, chosen_connection, json_object
from fluxstudio.faces.api.paging import Cursor, Limit, lines_to_read, page_of
from fluxstudio.faces.api.schemas.common import (
    AttemptsAnswer,
    AuthorizationAnswer,
    ConnectedAnswer,
    ConnectedData,
    DisconnectedAnswer,
    ErrorAnswer,
    IntegrationsAnswer,
    RenewedAnswer,
    integrations_of,
    json_answer,
)
from fluxstudio.faces.authentication import (
    READ,
    authenticator_of,
    current_actor,
    current_person,
    require_scope,
    services_of,
)
from fluxstudio.faces.browser_binding import bind, browser_returning, crosses_sites, new_binding, release
from fluxstudio.faces.middleware.head import is_head, is_prefetch
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.flows.connections import connect
from fluxstudio.flows.connections.disconnect import disconnect
from fluxstudio.flows.connections.places import Beginning, Returning, begun_at, way_back
from fluxstudio.flows.connections.refusals import explained
from fluxstudio.flows.connections.renew import renew

Caller = Annotated[Actor, Depends(current_actor)]
# Who may not be an access token.
PersonCaller = Annotated[Actor, Depends(current_person)]
CONNECT = "connect"
Connector = Annotated[Actor, Depends(require_scope(CONNECT))]
ConnectionReader = Annotated[Actor, Depends(require_scope(READ, CONNECT))]
# What `flows.connections` takes for a way back, as far as a pattern can say it; empty stands for none.
WAY_BACK = r"^((/|https?://)([^/\\\s\x00-\x1f\x7f][^\\\s\x00-\x1f\x7f]*)?)?$"
BROUGHT_BACK = {
    "code": "The code that stands for the granted access.",
    "state": "The `state` that the connect was begun with.",
    "error": "Why no access was given, in the provider's word.",
    "iss": "Who answered (RFC 9207).",
}


def _parameter(name: str, description: str, **schema: object) -> dict[str, Any]:
    """A parameter of the query as OpenAPI has it; the endpoint reads it itself, on the fast path as well."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


CHOICE = {
    "parameters": [
        _parameter("connection", "Id of one of your connections; may be in the body instead.", maxLength=100)
    ]
}

errors: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": "See `code` and `error`."}
    for status in (400, 401, 403, 404, 409, 413, 429, 502, 503)
}

router = APIRouter(prefix="/api/integrations", tags=["Connections"], responses=errors)


@router.get("", response_model=IntegrationsAnswer, operation_id="list_integrations")
async def integrations(
    request: Request, actor: ConnectionReader, cursor: Cursor = None, limit: Limit = 200
) -> Response:
    """List connections (including disconnected)."""
    services = services_of(request)
    listed = [
        entry for entry in await services.connections.of_user(actor.user_id) if actor.reaches(entry.provider)
    ]
    page, following = page_of(integrations_of(actor, listed, services.registry), cursor, limit)
    return json_answer(IntegrationsAnswer(integrations=list(page), next_cursor=following))


@router.get(
    "/{provider}/auth",
    response_model=AuthorizationAnswer,
    openapi_extra={
        "parameters": [
            _parameter(
                "returnTo",
                "Path of ours to come back to, or an address on an origin of `CORS_ORIGINS`.",
                maxLength=2000,
                pattern=WAY_BACK,
            ),
            _parameter("connection", "Id of one of your connections, to renew it.", maxLength=100),
            _parameter("scopes", "Optional scopes to ask for as well, separated by commas.", maxLength=2000),
            _parameter(
                "display",
                "`popup` ends on a page that posts what happened to its opener and closes itself. "
                "That is what a script gets that names no `returnTo`.",
                enum=["page", "popup"],
            ),
        ]
    },
    operation_id="begin_connect",
)
async def auth(request: Request, provider: str) -> Response:
    """Begin to connect an account: send the person to `authorizationUrl`.

    The answer sets a cookie that binds this connect to the browser: fetch it with `credentials: "include"`.
    Browsers keep no cookie for a page on another site; its `authorizationUrl` leads through a page of ours,
    which says whose account it is, and goes on by itself in a pop-up.
    """
    actor = await authenticator_of(request).actor(request, CONNECT)
    _require_reach(actor, provider)
    if is_head(request):
        return Response()
    binding = new_binding()
    connect_start = await connect.begin(services_of(request), actor, provider, _beginning(request, binding))
    response = json_answer(
        AuthorizationAnswer(
            authorization_url=connect_start.authorization_url,
            state_token=connect_start.state,
            state=connect_start.state,
            provider=connect_start.provider,
            expires_at=connect_start.expires_at,
        )
    )
    if not crosses_sites(request):
        bind(request, response, connect_start.state, binding)
    return response


def _require_reach(actor: Actor, provider: str) -> None:
    """Raises `Forbidden` for a token that is for other providers."""
    if not actor.reaches(provider):
        raise Forbidden("This page may not connect that provider. Ask its owner to allow it.")


def _beginning(request: Request, binding: str) -> Beginning:
    query = request.query_params
    display = query.get("display") or ("popup" if _waits_without_a_way_back(request) else "page")
    if display not in {"page", "popup"}:
        raise InvalidRequest("`display` is page or popup.", {"display": "must be page or popup"})
    return Beginning(
        binding=binding,
        in_session="authorization" not in request.headers,
        return_to=query.get("returnTo"),
        connection=query.get("connection"),
        scopes=query.get("scopes", "").replace(",", " ").split(),
        origin=request.headers.get("origin"),
        popup=display == "popup",
        crosses_sites=crosses_sites(request),
    )


def _waits_without_a_way_back(request: Request) -> bool:
    """Whether the script of a front end asks that does not say where to go: it waits for its window.

    Front ends that others wrote know no `display`, and our own pages would ask their people to sign in.
    """
    headers = request.headers
    by_script = headers.get("sec-fetch-mode") == "cors" or "origin" in headers
    return by_script and "authorization" in headers and not request.query_params.get("returnTo")


@router.get(
    "/{provider}/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses={
        303: {"description": "Back to `returnTo` with `provider`, `status` and, on an error, `code`."}
    },
    openapi_extra={"parameters": [_parameter(name, text) for name, text in BROUGHT_BACK.items()]},
    operation_id="return_from_provider",
)
async def came_back(request: Request, provider: str) -> Response:
    """Where providers send people back to. Needs the browser that began."""
    services, authenticator = services_of(request), authenticator_of(request)
    await authenticator.count(request, None)
    if is_head(request):
        return Response()
    if is_prefetch(request):
        # Nobody has come back yet. Whoever does gets the answer.
        raise Unavailable("A connect is not finished ahead of time. Open this page to finish it.")
    services.registry[provider]
    answer = {name: value[:4096] for name, value in request.query_params.items()}
    state = answer.get("state", "")
    returning = await browser_returning(request, state)
    outcome: dict[str, str] = {"provider": provider, "status": "success"}
    place = None
    try:
        done = await connect.complete(services, provider, answer, returning, address=address_of(request))
        place = done.place
        outcome["connection"] = str(done.connection_id)
        if done.other_account:
            outcome["notice"] = "OTHER_ACCOUNT"
    except connect.ConnectFailed as error:
        place = error.place
        outcome |= {"status": "error", "code": error.failure.code}
    except UnknownProvider:
        raise
    except FluxStudioError as error:
        place = await begun_at(services, provider, state)
        outcome |= {"status": "error", "code": error.code}
    signed_in = returning.signed_in is not None
    response = RedirectResponse(way_back(services.settings, place, outcome, signed_in=signed_in), 303)
    response.headers["referrer-policy"] = "no-referrer"
    response.headers["cache-control"] = "no-store"
    release(request, response, state)
    return response


# Asked for often enough to be answered ahead of the framework.
FAST = (auth, came_back)


class Callback(BaseModel):
    """What the provider sent to the front end."""

    model_config = ConfigDict(extra="ignore")

    code: str | None = Field(default=None, max_length=4096)
    state: str = Field(max_length=4096)
    error: str | None = Field(default=None, max_length=4096)
    iss: str | None = Field(default=None, max_length=4096)


@router.post("/{provider}/callback", response_model=ConnectedAnswer, operation_id="finish_connect")
async def handed_over(request: Request, provider: str, actor: Connector, body: Callback) -> Response:
    """For front ends that receive the redirect themselves: hand over its `code` and `state`."""
    _require_reach(actor, provider)
    done = await connect.complete(
        services_of(request),
        provider,
        body.model_dump(exclude_none=True),
        Returning(caller=actor.user_id),
        address=address_of(request),
    )
    name = services_of(request).registry[provider].provider.name
    return json_answer(
        ConnectedAnswer(
            success=True,
            message=f"{name} is connected to {done.account.name}.",
            data=ConnectedData(
                provider=provider,
                permissions=list(done.scopes),
                account_name=done.account.name,
                connection_id=str(done.connection_id),
            ),
        )
    )


@router.delete(
    "/{provider}", response_model=DisconnectedAnswer, openapi_extra=CHOICE, operation_id="disconnect_provider"
)
async def end(request: Request, provider: str, actor: Connector) -> Response:
    """Disconnect one account, or all of the provider's where none is named."""
    services = services_of(request)
    _require_reach(actor, provider)
    chosen = await _chosen(request, provider)
    connection = chosen.connection
    if connection is None and chosen.account is not None:
        picked = await services.connections.pick(
            actor.user_id, services.registry[provider].provider, account=chosen.account
        )
        connection = str(picked.id)
    done = await disconnect(services, actor, provider, connection)
    return json_answer(
        {
            "message": done.message,
            "provider": done.provider,
            "revoked": done.revoked,
            "automations": [
                {"id": str(rule.id), "name": rule.name, "status": "paused" if rule.enabled else "off"}
                for rule in done.automations
            ],
        }
    )


async def _chosen(request: Request, provider: str) -> ChosenConnection:
    """The connection that a request names, in its address or in a body that it need not have."""
    declared = services_of(request).registry.get(provider).provider
    return chosen_connection(request.query_params, declared, await json_object(request))


@router.post(
    "/{provider}/refresh",
    response_model=RenewedAnswer,
    openapi_extra=CHOICE,
    operation_id="refresh_integrations",
)
async def refresh(request: Request, provider: str, actor: Connector) -> Response:
    """Renew the access now rather than when it is due: of one connection, or of all where none is named."""
    services = services_of(request)
    _require_reach(actor, provider)
    chosen = await _chosen(request, provider)
    ids = await renew(services, actor, provider, connection=chosen.connection, account=chosen.account)
    listed = await services.connections.of_user(actor.user_id)
    wanted = {str(entry) for entry in ids}
    renewed = [entry for entry in integrations_of(actor, listed, services.registry) if entry.id in wanted]
    if not renewed:
        raise InvalidRequest("This connection ended while it was being renewed. Connect it again.")
    return json_answer(RenewedAnswer(**dict(renewed[0]), integrations=renewed))


@router.get("/{provider}/attempts", response_model=AttemptsAnswer, operation_id="list_connect_attempts")
async def attempts(
    request: Request, provider: str, actor: ConnectionReader, cursor: Cursor = None, limit: Limit = 20
) -> Response:
    """Your recent tries to connect, step by step, with the cause and the mend of a failure."""
    _require_reach(actor, provider)
    services = services_of(request)
    services.registry[provider]
    entries = await recent_attempts(services.db, actor.user_id, provider, limit=lines_to_read(cursor, limit))
    page, following = page_of(explained(services.registry, entries), cursor, limit)
    return json_answer(
        {
            "hasMore": following is not None,
            "nextCursor": following,
            "attempts": [
                {
                    "id": attempt.id,
                    "provider": attempt.provider,
                    "startedAt": attempt.started_at,
                    "finishedAt": attempt.finished_at,
                    "outcome": attempt.outcome,
                    "code": attempt.code,
                    "cause": attempt.cause,
                    "mend": attempt.mend,
                    "steps": attempt.steps,
                }
                for attempt in page
            ],
        }
    )

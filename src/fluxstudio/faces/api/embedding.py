"""For host products: which providers there are, links that connect, and tokens for a page of theirs."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from fluxstudio.core.identity import embed_tokens
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.errors import Forbidden
from fluxstudio.faces.api.connections import ConnectionReader, Connector, errors
from fluxstudio.faces.api.schemas.common import Answer, RequestBody, WholeListAnswer, json_answer
from fluxstudio.faces.authentication import services_of
from fluxstudio.flows.connections.links import LinkRequest, make_link, user_named
from fluxstudio.sdk import CodeHost, DesignSource, Notifier

router = APIRouter(prefix="/api", tags=["Connections"], responses=errors)

CAPABILITIES = {
    DesignSource: "designs",
    Notifier: "messages",
    CodeHost: "code",
}
DEFAULT_LINK_MINUTES = 60
MAX_LINK_MINUTES = 7 * 24 * 60

Subject = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="Your id of the user, as the tokens you sign have it. An unknown one becomes a user.",
    ),
]
ProviderId = Annotated[str, Field(min_length=1, max_length=60)]


class ProviderScope(Answer):
    """A permission. `means` finishes “This lets you …”; an `optional` one is asked for by name."""

    name: str
    means: str
    optional: bool


class ProviderAnswer(Answer):
    """A provider as it is here.

    `icon` is its mark, as an SVG in a `data:` address. `simulated` says that a simulator stands in for it.
    `noun` is what one of its accounts is called.
    """

    id: str
    name: str
    icon: str
    tagline: str
    configured: bool
    simulated: bool
    scopes: list[ProviderScope]
    capabilities: list[str]
    noun: str


class ProvidersAnswer(WholeListAnswer):
    """Every provider, by name."""

    providers: list[ProviderAnswer]


@router.get("/providers", response_model=ProvidersAnswer, operation_id="list_providers")
async def providers(request: Request, actor: ConnectionReader) -> Response:
    """List the providers that accounts can be connected at."""
    services = services_of(request)
    return json_answer(
        ProvidersAnswer(
            providers=[
                _provider(entry, simulated=not services.settings.of_provider(entry.provider.id).configured)
                for entry in services.registry
                if actor.reaches(entry.provider.id)
            ]
        )
    )


def _provider(registered: RegisteredProvider, *, simulated: bool) -> ProviderAnswer:
    provider = registered.provider
    icon = b64encode((registered.file("icon.svg") or "").encode()).decode()
    return ProviderAnswer(
        id=provider.id,
        name=provider.name,
        icon=f"data:image/svg+xml;base64,{icon}",
        tagline=provider.tagline,
        configured=registered.configured,
        simulated=registered.configured and simulated,
        scopes=[
            ProviderScope(name=scope.name, means=scope.means, optional=scope.optional)
            for scope in provider.oauth.described_scopes()
        ],
        capabilities=[
            *(word for kind, word in CAPABILITIES.items() if provider.capability(kind) is not None),
            *(["webhooks"] if provider.webhooks is not None else []),
        ],
        noun=provider.identity.noun,
    )


class NewConnectLink(RequestBody):
    """A link for one of your users; it leads on to `returnTo`, or to a page that says what happened."""

    provider: ProviderId
    user_id: Subject
    scopes: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=100)
    return_to: str | None = Field(default=None, max_length=2000)
    expires_in_minutes: int = Field(default=DEFAULT_LINK_MINUTES, ge=1, le=MAX_LINK_MINUTES)


class ConnectLinkAnswer(Answer):
    """A link that makes one connection, and until when."""

    url: str
    expires_at: datetime


@router.post(
    "/connect-links", status_code=201, response_model=ConnectLinkAnswer, operation_id="create_connect_link"
)
async def connect_link(request: Request, actor: Connector, body: NewConnectLink) -> Response:
    """Make a link by which somebody without an account here connects one: for one user, once, for a while."""
    if not actor.acts_for_others:
        raise Forbidden("Only an administrator, or an access token of one, may make connect links.")
    wanted = LinkRequest(
        provider=body.provider,
        subject=body.user_id,
        scopes=body.scopes,
        return_to=body.return_to,
        lives=timedelta(minutes=body.expires_in_minutes),
    )
    url, expires_at = await make_link(services_of(request), actor, wanted)
    return json_answer(ConnectLinkAnswer(url=url, expires_at=expires_at), 201)


class NewEmbedToken(RequestBody):
    """Whose connections the page shows, and to which providers: all where none is named."""

    user_id: Subject
    providers: list[ProviderId] = Field(default=[], max_length=50)


class EmbedTokenAnswer(Answer):
    """A token for `<flux-integrations>`."""

    token: str
    expires_at: datetime


@router.post(
    "/embed-tokens", status_code=201, response_model=EmbedTokenAnswer, operation_id="create_embed_token"
)
async def embed_token(request: Request, actor: Connector, body: NewEmbedToken) -> Response:
    """Make a token that lets a page of yours show, begin and end one user's connections for ten minutes."""
    services = services_of(request)
    if not actor.acts_for_others:
        raise Forbidden("Only an administrator, or an access token of one, may make embed tokens.")
    for provider in body.providers:
        services.registry[provider]
    user = await user_named(services, actor, body.user_id)
    token, expires_at = await embed_tokens.create(services.db, user.user_id, body.providers)
    return json_answer(EmbedTokenAnswer(token=token, expires_at=expires_at), 201)

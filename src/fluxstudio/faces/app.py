"""The faces over the running product, each as one ASGI app behind everything that a request has to pass."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.types import ASGIApp

from fluxstudio import __version__
from fluxstudio.core.services import Services
from fluxstudio.faces.api import errors, health, metrics
from fluxstudio.faces.api.rate_limits import RateLimitHeaders
from fluxstudio.faces.authentication import Authenticator
from fluxstudio.faces.csrf import origin_of
from fluxstudio.faces.middleware.aliases import PathAliases
from fluxstudio.faces.middleware.compression import Compression
from fluxstudio.faces.middleware.cors import ExactOrigins
from fluxstudio.faces.middleware.head import HeadAnswers
from fluxstudio.faces.middleware.headers import SecurityHeaders
from fluxstudio.faces.middleware.hosts import AllowedHosts
from fluxstudio.faces.middleware.https import HttpsOnly
from fluxstudio.faces.middleware.late import LateRequests
from fluxstudio.faces.middleware.pipeline import Pipeline, Stage
from fluxstudio.faces.middleware.proxies import TrustedProxies
from fluxstudio.faces.middleware.request_log import request_log
from fluxstudio.faces.middleware.security import OneHostName, SecurityMiddleware
from fluxstudio.faces.routing import add_routes
from fluxstudio.faces.web.shell.guest import Guest
from fluxstudio.faces.webhooks.endpoint import WebhookEndpoint
from fluxstudio.flows.webhooks.ingest import WebhookIngest
from fluxstudio.settings import Settings


def web_app(services: Services, *, guest: Guest | str | None = None) -> ASGIApp:
    """The faces over the running product, as one ASGI app.

    `guest` is the user, or the subject of one, whom a browser of this machine is signed in as on its first
    visit.
    """
    from fluxstudio.faces import api, mcp, web

    settings, registry = services.settings, services.registry
    app = FastAPI(
        title="FluxStudio Integrations",
        version=__version__,
        docs_url=None,
        redirect_slashes=False,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.services = services
    app.state.authenticator = Authenticator(services)
    app.state.guest = Guest(guest, settings.home) if isinstance(guest, str) else guest
    errors.install(app)
    whole = api.install(app, registry)
    mcp.install(app, services)
    if settings.mcp_auto_connect:
        services.hosted_servers.start()
    web.install(app, components_page=not settings.production)
    return _behind_doors(whole, services)


def probes(services: Services) -> ASGIApp:
    """What a process without pages answers: whether it lives, whether it can work, and its figures."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.services = services
    app.state.authenticator = Authenticator(services)
    errors.install(app)
    add_routes(app, health.router, metrics.router)
    return Pipeline(app, [*_outermost(services.settings), HeadAnswers()])


def _outermost(settings: Settings) -> list[Stage]:
    """What names requests, gives every answer its headers, and knows who calls through which proxy."""
    proxies = [TrustedProxies(settings.proxies)] if settings.proxies else []
    return [
        *request_log(settings.log_requests, settings.log_level),
        SecurityHeaders(settings.base_url),
        *proxies,
    ]


def _behind_doors(app: ASGIApp, services: Services) -> ASGIApp:
    """The app behind everything that a request has to pass first."""
    settings, registry = services.settings, services.registry
    hosts = [origin_of(url) for entry in registry for url in entry.hosts.values()]
    images = [image for entry in registry for image in entry.provider.http.images]
    names = {urlsplit(settings.base_url).hostname or "", settings.host, *settings.hosts}
    aliases = {entry.provider.id: entry.provider.aliases for entry in registry if entry.provider.aliases}
    https = HttpsOnly(settings.base_url) if settings.production else None
    stages = [
        *_outermost(settings),
        LateRequests(),
        # Ahead of what follows: signatures protect these, and no website can make one.
        WebhookEndpoint(WebhookIngest(services), registry, services.inbound_limits, settings.home, https),
        PathAliases(aliases),
        HeadAnswers(),
        AllowedHosts(names, settings.base_url),
        ExactOrigins(settings.origins),
        SecurityMiddleware(images=sorted({*images, *hosts}), forms=sorted(set(hosts))),
        OneHostName(settings.base_url),
        *([https] if https is not None else []),
        Compression(),
        RateLimitHeaders(),
    ]
    return Pipeline(app, stages)

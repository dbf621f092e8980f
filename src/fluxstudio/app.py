"""The composition root: the one place that wires things together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp

from fluxstudio import __version__
from fluxstudio.core.agents.server_settings import read_servers
from fluxstudio.core.agents.servers import HostedServers
from fluxstudio.core.ask.language_model import language_model_of
from fluxstudio.core.ask.state import AskState
from fluxstudio.core.audit import Audit
from fluxstudio.core.cache import Cache
from fluxstudio.core.clock import SECONDS_BETWEEN_LOOKS, Clock
from fluxstudio.core.connections.connections import Connections
from fluxstudio.core.connections.grants import Grants
from fluxstudio.core.event_stream.publisher import Publisher
from fluxstudio.core.event_stream.subscribers import EventStream
from fluxstudio.core.idempotency import IdempotencyKeys
from fluxstudio.core.identity.access_tokens import AccessTokens
from fluxstudio.core.identity.accounts import Accounts
from fluxstudio.core.identity.jwks import RemoteKeys
from fluxstudio.core.identity.openid import openid_issuer
from fluxstudio.core.identity.openid_accounts import OpenIdAccounts
from fluxstudio.core.identity.sessions import Sessions
from fluxstudio.core.identity.token_reader import RemoteTokenReader, TokenReader
from fluxstudio.core.identity.users import Users
from fluxstudio.core.insights.counts import SECONDS_BETWEEN_ADDING, InsightCounts
from fluxstudio.core.installation import InstallationIdentity, address_of
from fluxstudio.core.jobs.workers import Wakeups
from fluxstudio.core.metrics import counters
from fluxstudio.core.metrics.cluster import SECONDS_BETWEEN_SHARING, ClusterMetrics
from fluxstudio.core.migrations import migrate_database
from fluxstudio.core.rate_limits.inbound import InboundLimits
from fluxstudio.core.registry import Registry, discover
from fluxstudio.core.repetition import repeat
from fluxstudio.core.secrets import api_secret, key_source, vault_over
from fluxstudio.core.services import Services
from fluxstudio.core.tokens.keys import SECONDS_BETWEEN_TURNS, Keys
from fluxstudio.core.tokens.refresher import Refresher, RefreshTimeouts
from fluxstudio.core.tokens.spool import Spool
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
from fluxstudio.flows import notifications
from fluxstudio.flows.agents import approvals
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.design_tokens.syncs.running import run_for_connection
from fluxstudio.flows.endpoints.deliver import DeliveryFlow
from fluxstudio.flows.rotate_keys import KeyService
from fluxstudio.flows.visibility import concern
from fluxstudio.flows.webhooks.ingest import WebhookIngest
from fluxstudio.flows.webhooks.process import Processing
from fluxstudio.flows.worker import work
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.http import HttpClient
from fluxstudio.kit.postgres.database import Database, Target
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.kit.postgres.hosts import sessions_of
from fluxstudio.kit.rate_limit.local import Limiter, LocalLimiter
from fluxstudio.kit.trace import record_with, stop_recording
from fluxstudio.kit.webhook_client import WebhookClient
from fluxstudio.kit.worker_pool import WorkerPool
from fluxstudio.settings import ProviderSettings, Settings, SettingsError

log = structlog.get_logger(__name__)

# What our sessions are called in pg_stat_activity, unless DATABASE_URL names them.
SESSIONS = "fluxstudio"
# What the workers do that may be ended at any moment.
WORKER = "fluxstudio.flows.pool_tasks:prepare"
# JSON of 25 MB takes ten times as much once it is read.
WORKER_BYTES = 512 * 1024 * 1024


def registry_of(
    settings: Settings,
    *,
    packages: Sequence[str] = ("fluxstudio.providers",),
    overrides: Mapping[str, ProviderSettings] | None = None,
) -> Registry:
    """Every provider with its settings; `overrides` stand in for those that are not configured."""

    def of(provider: str) -> ProviderSettings:
        configured = settings.of_provider(provider)
        return configured if configured.configured else (overrides or {}).get(provider, configured)

    return Registry(discover(packages), of)


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Target]:
    """Where the database is: the configured one, or our own for as long as this lasts."""
    if settings.database_url is not None:
        yield sessions_of(settings.database_url.get_secret_value(), SESSIONS)
        return
    async with EmbeddedPostgres(settings.home, programs=settings.database_programs) as server:
        yield sessions_of(server.connect_kwargs, SESSIONS)


@asynccontextmanager
async def product(
    settings: Settings,
    registry: Registry,
    *,
    target: Target | None = None,
    timeouts: RefreshTimeouts | None = None,
    maintenance: bool = True,
) -> AsyncIterator[Services]:
    """The running product without its faces: database migrated, interrupted work taken up.

    `target` is a database other than the settings' own; `maintenance` says whether this process also does
    jobs, sweeps what has expired and finishes what others left behind.
    """
    async with AsyncExitStack() as stack:
        _record_traces(stack, settings)
        where = target if target is not None else await stack.enter_async_context(database_of(settings))
        await migrate_database(where, registry)
        db = await stack.enter_async_context(pool(settings, where))
        http = registry.http()
        stack.push_async_callback(http.aclose)
        services = services_of(settings, registry, db, http, timeouts)
        stack.push_async_callback(services.tokens.aclose)
        if services.openid is not None:
            stack.push_async_callback(services.openid.aclose)
        stack.push_async_callback(services.hosted_servers.close)
        stack.push_async_callback(services.ask.aclose)
        stack.push_async_callback(services.limiter.aclose)
        stack.push_async_callback(services.refresher.close)
        counters.expect(entry.provider.id for entry in registry)
        _begin(
            stack, repeat("share_metrics", services.cluster_metrics.share, seconds=SECONDS_BETWEEN_SHARING)
        )
        stack.push_async_callback(services.insights.close)
        _begin(stack, repeat("add_insights", services.insights.add, seconds=SECONDS_BETWEEN_ADDING))
        stack.push_async_callback(services.event_stream.close)
        stack.push_async_callback(services.workers.close)
        stack.push_async_callback(services.publisher.close)
        await services.users.fill_addresses(accounts_only=True)
        await services.clock.look()
        await services.installation.identify()
        await services.limiter.look()
        _begin(stack, repeat("look_at_clock", services.clock.look, seconds=SECONDS_BETWEEN_LOOKS))
        stack.push_async_callback(services.keys.leave)
        await services.keys.join()
        _begin(stack, repeat("keep_up_with_keys", services.keys.keep_up, seconds=SECONDS_BETWEEN_TURNS))
        if not services.installation.quiet:
            await services.refresher.recover()
        if maintenance:
            sending = DeliveryFlow(services, WebhookClient(settings.endpoint_hosts))
            stack.push_async_callback(sending.aclose)
            queues = [triggers.queue(services), concern.concern_queue(services), sending.queue()]
            periodic_tasks = [
                *triggers.periodic_tasks(services),
                *approvals.periodic_tasks(services),
                *notifications.periodic_tasks(services),
                *sending.periodic_tasks(),
            ]
            processing = Processing(services, triggers.start_runs)
            _begin(stack, _act(services, lambda: work(processing, queues, periodic_tasks)))
        yield services


def _record_traces(stack: AsyncExitStack, settings: Settings) -> None:
    """Record what happens as OpenTelemetry traces, where they are wanted. Raises `SettingsError`."""
    if not settings.traces_wanted:
        return
    settings.share_otel_settings()
    try:
        # A package that most installations have no use for, and its memory neither.
        from fluxstudio.kit.opentelemetry_traces import OpenTelemetryTracer
    except ImportError as error:
        problem = f"OTEL_EXPORTER_OTLP_ENDPOINT: the packages that send traces are missing ({error.name})."
        advice = "Install `fluxstudio-integrations[traces]`, or unset it."
        raise SettingsError([f"{problem} {advice}"]) from None
    tracer = OpenTelemetryTracer("fluxstudio", __version__)
    record_with(tracer)
    stack.push_async_callback(asyncio.to_thread, tracer.close)
    stack.callback(stop_recording, tracer)


@asynccontextmanager
async def key_care(settings: Settings) -> AsyncIterator[KeyService]:
    """What the commands over keys work with: the database migrated, nothing started."""
    source = key_source(settings)
    vault = vault_over(source)
    async with database_of(settings) as where:
        await migrate_database(where, registry_of(settings))
        async with pool(settings, where) as db:
            yield KeyService(vault, source, Keys(db, vault, source), Audit(db))


def pool(settings: Settings, where: Target) -> Database:
    """A database whose connections act for people as the restricted role; it is still to be opened."""
    return Database(
        where,
        max_size=settings.database_pool_size,
        user_role="fluxstudio_user",
        user_setting="fluxstudio.user_id",
    )


def services_of(
    settings: Settings, registry: Registry, db: Database, http: HttpClient, timeouts: RefreshTimeouts | None
) -> Services:
    """Wire the services of one process."""
    source = key_source(settings)
    vault = vault_over(source)
    grants = Grants(db, vault)
    installation = InstallationIdentity(db, address_of(settings))
    audit = Audit(db)
    clock = Clock(db)
    spool = Spool(settings.home / "spool", vault, clock.now)
    limiter = limiter_of(settings)
    announcer = Publisher(db)
    return Services(
        settings=settings,
        installation=installation,
        drain=Drain(settings.drain_seconds, settings.drain_notice_seconds),
        db=db,
        clock=clock,
        limiter=limiter,
        inbound_limits=InboundLimits(settings, limiter),
        tokens=token_reader(settings, clock),
        registry=registry,
        http=http,
        vault=vault,
        keys=Keys(db, vault, source),
        grants=grants,
        refresher=Refresher(grants, registry, vault, http, spool, audit, timeouts, installation.require),
        connections=Connections(db),
        cache=Cache(db),
        users=Users(db),
        accounts=Accounts(db),
        access_tokens=AccessTokens(db),
        sessions=Sessions(db),
        idempotency_keys=IdempotencyKeys(db, vault),
        openid=openid_issuer(settings, clock.now),
        openid_accounts=OpenIdAccounts(db, vault),
        audit=audit,
        cluster_metrics=ClusterMetrics(db),
        insights=InsightCounts(db),
        # As many pieces of one member may wait as runs of one member may be under way.
        workers=WorkerPool(
            WORKER,
            {"packages": [entry.package for entry in registry]},
            waiting_each=triggers.RUNS_AT_ONCE,
            memory=WORKER_BYTES,
        ),
        event_stream=EventStream(db, announcer),
        wakeups=Wakeups(announcer),
        publisher=announcer,
        hosted_servers=HostedServers(
            read_servers(settings.mcp_servers.get_secret_value() if settings.mcp_servers else ""),
            caching=settings.mcp_enable_caching,
        ),
        ask=AskState(db, settings.further_databases, language_model_of(settings)),
        run_sync=run_for_connection,
    )


def token_reader(settings: Settings, clock: Clock) -> RemoteTokenReader:
    """Reads API tokens by the database's clock. Raises `SettingsError` where no key can be used."""
    url = settings.jwt_jwks_url
    return RemoteTokenReader(
        TokenReader(api_secret(settings), clock.now), RemoteKeys(url) if url is not None else None
    )


def limiter_of(settings: Settings) -> Limiter:
    """Counts requests in Redis where there is one, else in this process."""
    if settings.redis_url is None:
        return LocalLimiter()
    # Its libraries take memory that an installation without Redis need not spend.
    from fluxstudio.kit.rate_limit.redis import SharedLimiter

    return SharedLimiter(settings.redis_url.get_secret_value(), prefix="fluxstudio")


def _begin(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Do something in the background until the stack ends."""
    stack.push_async_callback(_cancelled, asyncio.create_task(work))


async def _act(services: Services, working: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do what nobody asks for, once this is no copy of an installation that does it already."""
    await services.installation.until_it_may_act()
    async with asyncio.TaskGroup() as group:
        # Tokens that a crash left in this process's own spool are brought in soon.
        group.create_task(repeat("bring_in_tokens", services.refresher.recover, seconds=2))
        group.create_task(working())


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


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

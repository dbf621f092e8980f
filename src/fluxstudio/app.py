"""The composition root: the one place that wires things together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import structlog

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
from fluxstudio.core.database import database_of, pool
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
from fluxstudio.core.registry import Registry
from fluxstudio.core.repetition import repeat
from fluxstudio.core.secrets import api_secret, key_source, vault_over
from fluxstudio.core.services import Services
from fluxstudio.core.tokens.keys import SECONDS_BETWEEN_TURNS, Keys
from fluxstudio.core.tokens.refresher import Refresher, RefreshTimeouts
from fluxstudio.core.tokens.spool import Spool
from fluxstudio.flows import notifications
from fluxstudio.flows.agents import approvals
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.design_tokens.syncs.running import run_for_connection
from fluxstudio.flows.endpoints.deliver import DeliveryFlow
from fluxstudio.flows.visibility import concern
from fluxstudio.flows.webhooks.process import Processing
from fluxstudio.flows.worker import work
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.http import HttpClient
from fluxstudio.kit.postgres.database import Database, Target
from fluxstudio.kit.rate_limit.local import Limiter, LocalLimiter
from fluxstudio.kit.trace import record_with, stop_recording
from fluxstudio.kit.webhook_client import WebhookClient
from fluxstudio.kit.worker_pool import WorkerPool
from fluxstudio.settings import Settings, SettingsError

log = structlog.get_logger(__name__)

# What the workers do that may be ended at any moment.
WORKER = "fluxstudio.flows.pool_tasks:prepare"
# JSON of 25 MB takes ten times as much once it is read.
WORKER_BYTES = 512 * 1024 * 1024


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

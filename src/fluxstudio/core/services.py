"""What flows work with, wired together once by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fluxstudio.core.agents.servers import HostedServers
from fluxstudio.core.ask.state import AskState
from fluxstudio.core.audit import Audit
from fluxstudio.core.cache import Cache
from fluxstudio.core.clock import Clock
from fluxstudio.core.connections.connections import Connections
from fluxstudio.core.connections.grants import Grants
from fluxstudio.core.event_stream.publisher import Publisher
from fluxstudio.core.event_stream.subscribers import EventStream
from fluxstudio.core.idempotency import IdempotencyKeys
from fluxstudio.core.identity.access_tokens import AccessTokens
from fluxstudio.core.identity.accounts import Accounts
from fluxstudio.core.identity.openid import OpenIdIssuer
from fluxstudio.core.identity.openid_accounts import OpenIdAccounts
from fluxstudio.core.identity.sessions import Sessions
from fluxstudio.core.identity.token_reader import RemoteTokenReader
from fluxstudio.core.identity.users import Users
from fluxstudio.core.insights.counts import InsightCounts
from fluxstudio.core.installation import InstallationIdentity
from fluxstudio.core.jobs.workers import Wakeups
from fluxstudio.core.metrics.cluster import ClusterMetrics
from fluxstudio.core.rate_limits.inbound import InboundLimits
from fluxstudio.core.registry import Registry
from fluxstudio.core.tokens.keys import Keys
from fluxstudio.core.tokens.refresher import Refresher
from fluxstudio.core.tokens.vault import Vault
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.http import HttpClient
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.rate_limit.local import Limiter
from fluxstudio.kit.worker_pool import WorkerPool
from fluxstudio.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a flow may need."""

    settings: Settings
    drain: Drain
    installation: InstallationIdentity
    db: Database
    clock: Clock
    limiter: Limiter
    inbound_limits: InboundLimits
    tokens: RemoteTokenReader
    registry: Registry
    http: HttpClient
    vault: Vault
    keys: Keys
    grants: Grants
    refresher: Refresher
    connections: Connections
    cache: Cache
    users: Users
    accounts: Accounts
    access_tokens: AccessTokens
    sessions: Sessions
    idempotency_keys: IdempotencyKeys
    openid: OpenIdIssuer | None
    openid_accounts: OpenIdAccounts
    audit: Audit
    cluster_metrics: ClusterMetrics
    insights: InsightCounts
    event_stream: EventStream
    workers: WorkerPool
    wakeups: Wakeups
    publisher: Publisher
    hosted_servers: HostedServers
    ask: AskState
    # A flow that operations reach: of services, a connection, and a sync or None.
    run_sync: Callable[[Services, UUID, UUID | None], Awaitable[Mapping[str, Any]]]

"""What flows work with, wired together once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from fluxstudio.core.allowances import Allowances
from fluxstudio.core.announcements import Announcer
from fluxstudio.core.audit import Audit
from fluxstudio.core.cache import Cache
from fluxstudio.core.clock import Clock
from fluxstudio.core.connections import Connections
from fluxstudio.core.figures import Figures
from fluxstudio.core.grants import Grants
from fluxstudio.core.identity.accounts import Accounts
from fluxstudio.core.identity.reader import FollowingReader
from fluxstudio.core.identity.sessions import Sessions
from fluxstudio.core.keys import Keys
from fluxstudio.core.news import News
from fluxstudio.core.people import People
from fluxstudio.core.refresh import Refresher
from fluxstudio.core.registry import Registry
from fluxstudio.core.vault import Vault
from fluxstudio.core.workers import Wakeups
from fluxstudio.kit.http import HttpClient
from fluxstudio.kit.limiting import Limiter
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.worker_pool import WorkerPool
from fluxstudio.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a flow may need."""

    settings: Settings
    db: Database
    clock: Clock
    limiter: Limiter
    allowances: Allowances
    tokens: FollowingReader
    registry: Registry
    http: HttpClient
    vault: Vault
    keys: Keys
    grants: Grants
    refresher: Refresher
    connections: Connections
    cache: Cache
    people: People
    accounts: Accounts
    sessions: Sessions
    audit: Audit
    figures: Figures
    news: News
    workers: WorkerPool
    wakeups: Wakeups
    announcer: Announcer

"""Everything that is done without anybody asking: jobs out of the queue, and work that recurs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from fluxstudio.core.connections import authorization_requests, links
from fluxstudio.core.design_tokens.libraries import TokenLibraries
from fluxstudio.core.design_tokens.syncs import TokenSyncs
from fluxstudio.core.directory import NameDirectory
from fluxstudio.core.identity import embed_tokens
from fluxstudio.core.jobs import queue, workers
from fluxstudio.core.jobs.queue import Job, Queue
from fluxstudio.core.jobs.scheduler import PeriodicTask, recur
from fluxstudio.core.retention import Sweeper
from fluxstudio.core.services import Services
from fluxstudio.core.visibility.conversations import Memberships
from fluxstudio.core.visibility.resources import ResourceAccess
from fluxstudio.core.webhooks import unknown_shapes, usage
from fluxstudio.core.webhooks.events import Events
from fluxstudio.flows import directory
from fluxstudio.flows.alerts import watch
from fluxstudio.flows.connections.disconnect import finish_interrupted
from fluxstudio.flows.design_tokens.syncs.running import run_due
from fluxstudio.flows.visibility.conversations import determine_older
from fluxstudio.flows.webhooks import event_text
from fluxstudio.flows.webhooks.process import JOB, Processing
from fluxstudio.flows.webhooks.reconcile import reconcile
from fluxstudio.flows.webhooks.revision import revise

# Each holds a connection, of which there are ten by default.
EVENT_TURNS_AT_ONCE = 6
# Orders of one account whose events share a transaction.
LANES = 8


async def work(
    processing: Processing,
    queues: Sequence[Queue],
    periodic_tasks: Sequence[PeriodicTask],
) -> None:
    """Handle events, do the jobs of further queues and what recurs, for as long as this runs."""

    async def some_events(turn: Sequence[Job]) -> None:
        await processing.turn(turn)

    services = processing.services
    async with asyncio.TaskGroup() as group:
        group.create_task(
            workers.work(
                services.db,
                services.wakeups,
                [Queue(JOB, some_events, EVENT_TURNS_AT_ONCE, LANES), *queues],
                services.drain,
            )
        )
        group.create_task(recur(services.db, [*maintenance(services), *periodic_tasks], services.drain))


def maintenance(services: Services) -> list[PeriodicTask]:
    """What keeps the database in order."""
    db, events = services.db, Events(services.db)
    sweeper = Sweeper(db, services.settings.retention, partial(event_text.summary, services.registry))
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    return [
        PeriodicTask("finish interrupted disconnects", minute, lambda: finish_interrupted(services)),
        PeriodicTask("run design-token syncs that are due", minute, lambda: run_due(services)),
        PeriodicTask("sweep runs of design-token syncs", hour, TokenSyncs(db).sweep),
        PeriodicTask("sweep codes of design-token syncs", hour, TokenLibraries(db).sweep),
        PeriodicTask("sweep requests for authorization", minute, lambda: authorization_requests.sweep(db)),
        PeriodicTask("sweep connect links", hour, lambda: links.sweep(db)),
        PeriodicTask("sweep embed tokens", hour, lambda: embed_tokens.sweep(db)),
        PeriodicTask("sweep attempts", hour, sweeper.attempts),
        PeriodicTask("sweep sessions", minute, services.sessions.sweep),
        PeriodicTask("sweep invitations", hour, services.accounts.sweep),
        PeriodicTask("sweep sign-ins", minute, services.openid_accounts.sweep),
        PeriodicTask("sweep idempotency keys", minute, services.idempotency_keys.sweep),
        PeriodicTask("sweep access tokens", hour, services.access_tokens.sweep),
        PeriodicTask("normalise addresses", minute, services.users.fill_addresses),
        PeriodicTask("sweep kept answers", minute, services.cache.sweep),
        PeriodicTask("refresh grants that are due", minute, services.refresher.ahead),
        PeriodicTask("make room for events", timedelta(hours=6), events.make_room),
        PeriodicTask("revise events of earlier releases", minute, lambda: revise(services)),
        PeriodicTask("sweep figures of events", hour, lambda: usage.sweep(db, sweeper.usage)),
        PeriodicTask("sweep events", hour, sweeper.events),
        PeriodicTask("sweep payloads", hour, sweeper.payloads),
        PeriodicTask("sweep runs", hour, sweeper.runs),
        PeriodicTask("sweep the audit log", hour, sweeper.audit),
        PeriodicTask("determine whom events concern", minute, lambda: determine_older(services)),
        PeriodicTask("look up names", timedelta(seconds=5), lambda: directory.look_up(services)),
        PeriodicTask("sweep names", hour, NameDirectory(db).sweep),
        PeriodicTask("sweep memberships", hour, Memberships(db).sweep),
        PeriodicTask("sweep unknown shapes", hour, lambda: unknown_shapes.sweep(db)),
        PeriodicTask("sweep resources", hour, ResourceAccess(db).sweep),
        PeriodicTask("compact insights", hour, services.insights.compact),
        PeriodicTask("look for trouble", minute, lambda: watch(services)),
        PeriodicTask("look for what was not delivered", timedelta(minutes=15), lambda: reconcile(services)),
        PeriodicTask("move jobs of the version before", timedelta(seconds=4), lambda: queue.move_old(db)),
    ]

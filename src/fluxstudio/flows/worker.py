"""Everything that is done without anybody asking: jobs out of the queue, and work that recurs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from fluxstudio.core.connections import authorization_requests
from fluxstudio.core.directory import Names
from fluxstudio.core.jobs import queue, workers
from fluxstudio.core.jobs.queue import Job, Queue
from fluxstudio.core.jobs.scheduler import Chore, recur
from fluxstudio.core.retention import Sweeper
from fluxstudio.core.services import Services
from fluxstudio.core.visibility.conversations import Memberships
from fluxstudio.core.visibility.resources import ResourceAccess
from fluxstudio.core.webhooks import unknown_shapes, usage
from fluxstudio.core.webhooks.events import Events
from fluxstudio.flows import directory
from fluxstudio.flows.alerts import watch
from fluxstudio.flows.connections.disconnect import finish_interrupted
from fluxstudio.flows.visibility.conversations import determine_older
from fluxstudio.flows.webhooks.process import JOB, handle_turn
from fluxstudio.flows.webhooks.reconcile import reconcile
from fluxstudio.flows.webhooks.revision import revise
from fluxstudio.flows.webhooks.starters import Starter

# Each holds a connection, of which there are ten by default.
AT_ONCE = 6
# Orders of one account whose events share a transaction.
LANES = 8


async def work(
    services: Services,
    start_runs: Starter,
    queues: Sequence[Queue],
    chores: Sequence[Chore],
) -> None:
    """Handle events, do the jobs of further queues and what recurs, for as long as this runs."""

    async def some_events(turn: Sequence[Job]) -> None:
        await handle_turn(services, turn, start_runs)

    async with asyncio.TaskGroup() as group:
        group.create_task(
            workers.work(services.db, services.wakeups, [Queue(JOB, some_events, AT_ONCE, LANES), *queues])
        )
        group.create_task(recur(services.db, [*upkeep(services), *chores]))


def upkeep(services: Services) -> list[Chore]:
    """What keeps the database in order."""
    db, kept = services.db, Events(services.db)
    sweeper = Sweeper(db, services.registry, services.settings.retention)
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    return [
        Chore("finish interrupted disconnects", minute, lambda: finish_interrupted(services)),
        Chore("sweep requests for authorization", minute, lambda: authorization_requests.sweep(db)),
        Chore("sweep attempts", hour, sweeper.attempts),
        Chore("sweep sessions", minute, services.sessions.sweep),
        Chore("sweep invitations", hour, services.accounts.sweep),
        Chore("normalise addresses", minute, services.people.fill_addresses),
        Chore("sweep kept answers", minute, services.cache.sweep),
        Chore("refresh grants that are due", minute, services.refresher.ahead),
        Chore("make room for events", timedelta(hours=6), kept.make_room),
        Chore("revise events of earlier releases", minute, lambda: revise(services)),
        Chore("sweep figures of events", hour, lambda: usage.sweep(db, sweeper.usage)),
        Chore("sweep events", hour, sweeper.events),
        Chore("sweep payloads", hour, sweeper.payloads),
        Chore("sweep runs", hour, sweeper.runs),
        Chore("sweep the audit log", hour, sweeper.audit),
        Chore("determine whom events concern", minute, lambda: determine_older(services)),
        Chore("look up names", timedelta(seconds=5), lambda: directory.look_up(services)),
        Chore("sweep names", hour, Names(db).sweep),
        Chore("sweep memberships", hour, Memberships(db).sweep),
        Chore("sweep unknown shapes", hour, lambda: unknown_shapes.sweep(db)),
        Chore("sweep resources", hour, ResourceAccess(db).sweep),
        Chore("look for trouble", minute, lambda: watch(services)),
        Chore("look for what was not delivered", timedelta(minutes=15), lambda: reconcile(services)),
        Chore("move jobs of the version before", timedelta(seconds=4), lambda: queue.move_old(db)),
    ]

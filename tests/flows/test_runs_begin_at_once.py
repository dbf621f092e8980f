"""A run begins where its event was handled, and is not lost with that process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from fluxstudio.core import jobs
from fluxstudio.core.services import Services
from fluxstudio.flows import automate
from fluxstudio.flows.handle import LEFT_ALONE, handle
from fluxstudio.kit.postgres.database import Connection, DatabaseUnavailable
from tests.flows.test_handle import arrived
from tests.support.running import Running

RUN = uuid4()
WAITING = """
SELECT execute_after - now() AS later FROM pgqueuer
WHERE entrypoint = 'run' AND payload = $1 AND status = 'queued'
"""


@dataclass
class Beginning:
    """Takes runs, and only remembers them."""

    room: bool = True
    begun: list[UUID] = field(default_factory=list)

    def begin(self, run_ids: Sequence[UUID]) -> None:
        self.begun += run_ids


async def one_run(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
    return [RUN]


async def later(running: Running) -> timedelta:
    """How long the queue leaves the run alone."""
    found: timedelta = await running.services.db.fetchval(WAITING, RUN.bytes)
    return found


async def test_it_begins_here_and_stays_in_the_queue_for_whoever_is_left(running: Running) -> None:
    here = Beginning()
    await handle(running.services, await arrived(running), one_run, here)
    assert here.begun == [RUN]
    assert timedelta(0) < await later(running) <= timedelta(seconds=LEFT_ALONE)


async def test_where_there_is_no_room_the_queue_has_it_at_once(running: Running) -> None:
    here = Beginning(room=False)
    await handle(running.services, await arrived(running), one_run, here)
    assert here.begun == []
    assert await later(running) <= timedelta(0)


async def test_what_is_to_be_tried_again_is_left_to_its_job(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_now(services: Services, run_id: UUID) -> None:
        raise jobs.Retry(500, "later")

    monkeypatch.setattr(automate, "run_one", not_now)
    soon = automate.Soon(running.services)
    await handle(running.services, await arrived(running), one_run, soon)
    await soon.close()
    assert timedelta(seconds=LEFT_ALONE) < await later(running) <= timedelta(seconds=500)


async def test_a_database_that_goes_away_takes_nothing_but_time(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_database(services: Services, run_id: UUID) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(automate, "run_one", no_database)
    soon = automate.Soon(running.services)
    await handle(running.services, await arrived(running), one_run, soon)
    await soon.close()
    assert soon.room
    assert await later(running) <= timedelta(seconds=LEFT_ALONE)


async def test_there_is_room_for_so_many_only(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    soon = automate.Soon(running.services)
    found = [soon.room]
    soon.begin([uuid4() for _ in range(2 * automate.AT_ONCE)])
    found.append(soon.room)
    await soon.close()
    assert [*found, soon.room] == [True, False, True]

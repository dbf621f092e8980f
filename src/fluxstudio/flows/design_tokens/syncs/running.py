"""One run: look at both sides, merge, and propose what is new. It may end anywhere and be started again.

Whatever a run does is made only where it is missing: the branch has the sync's name, the commit goes on top
of the head that was seen, and the pull request is looked for before it is opened. So a run that was killed is
finished by the next one, and two runs never make two pull requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from fluxstudio.core.design_tokens.libraries import TokenLibraries
from fluxstudio.core.design_tokens.syncs import RUN_LEASE, RunRecord, TokenSync, TokenSyncs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest, NotFound
from fluxstudio.flows.automations.rules.schedules import next_after
from fluxstudio.flows.design_tokens.syncs.looking import (
    BothSides,
    MergedSides,
    look,
    merged,
    work_branch,
)
from fluxstudio.flows.design_tokens.syncs.notices import announce, summary_of
from fluxstudio.flows.design_tokens.syncs.proposing import RunStart, propose
from fluxstudio.kit.postgres.database import DatabaseUnavailable

log = structlog.get_logger(__name__)

SCHEDULE_ZONE = "UTC"
RENEW_AFTER_SECONDS = RUN_LEASE.total_seconds() / 5
NO_SYNC: Mapping[str, Any] = {
    "outcome": "nothing",
    "url": None,
    "summary": "No sync writes through this connection.",
    "changes": 0,
    "conflicts": 0,
    "proposal": None,
}


async def preview(services: Services, actor: Actor, sync: TokenSync) -> tuple[BothSides, MergedSides]:
    """What a run would do now, without doing it. Raises the product's errors."""
    sides = await look(services, actor, sync)
    return sides, await asyncio.to_thread(merged, sync, sides, _declined(sync, sides))


async def run(services: Services, actor: Actor, sync_id: UUID, *, restart: bool = False) -> RunRecord:
    """Run a sync, and keep what came of it; `restart` goes on upon a branch that others rewrote.

    Raises `Conflict` while another run of it is under way, and the product's errors where it cannot be done.
    """
    syncs = TokenSyncs(services.db)
    started = datetime.now(UTC)
    await syncs.one(actor.user_id, sync_id)
    token = await syncs.take(sync_id)
    renewing = asyncio.create_task(_renewed(syncs, sync_id, token))
    try:
        sync = await syncs.one(actor.user_id, sync_id)
        record = await _run(services, actor, sync, RunStart(started, token, restart))
        await syncs.settle(sync_id, token, record)
        await announce(services, actor, sync, record)
    except FluxStudioError as error:
        await syncs.failed(sync_id, error.message, started)
        raise
    finally:
        renewing.cancel()
        await syncs.give_back(sync_id, token)
    return record


async def run_for_connection(
    services: Services, connection_id: UUID, sync_id: UUID | None
) -> Mapping[str, Any]:
    """Run a sync that writes through a connection, the only one if none is named, as an operation answers.

    Raises `NotFound` for a sync of another connection, `InvalidRequest` where one has to be named.
    """
    syncs = TokenSyncs(services.db)
    writing = await syncs.of_target(connection_id)
    if sync_id is None and not writing:
        return {**NO_SYNC}
    chosen = [sync for sync in writing if sync_id in (None, sync.id)]
    if not chosen:
        raise NotFound("No sync of this id writes through this connection. List yours on Design tokens.")
    if len(chosen) > 1:
        raise InvalidRequest("Several syncs write there. Name one of them.", {"sync": "is missing"})
    sync = await syncs.one(chosen[0].user_id, chosen[0].id)
    actor = Actor(sync.user_id, subject="sync", role="member", email=None, name=None)
    record = await run(services, actor, sync.id)
    proposed = None
    if record.outcome == "pull_request" and record.proposal is not None:
        proposed = {
            **{name: record.proposal[name] for name in ("number", "head", "updated_at")},
            "html_url": record.proposal["url"],
            "repository": sync.repository,
            "branch": work_branch(sync),
            "before": sync.proposal["head"] if sync.proposal else None,
        }
    return {
        "outcome": record.outcome,
        "url": record.url,
        "summary": summary_of(record),
        "changes": len(record.changes),
        "conflicts": len(record.conflicts),
        "proposal": proposed,
    }


async def run_due(services: Services) -> None:
    """Run the syncs whose schedule or an event says so, each for whoever made it."""
    syncs = TokenSyncs(services.db)
    for due in await syncs.due():
        actor = Actor(due.user_id, subject="schedule", role="member", email=None, name=None)
        try:
            await run(services, actor, due.id)
        except FluxStudioError as error:
            log.info("design_tokens_not_synced", sync=str(due.id), code=error.code)
        following = next_after(due.schedule, SCHEDULE_ZONE, datetime.now(UTC)) if due.schedule else None
        await syncs.move_on(due, following)


async def _renewed(syncs: TokenSyncs, sync_id: UUID, token: UUID) -> None:
    """Hold the right to run for as long as the run takes: a slow provider may take minutes."""
    while True:
        await asyncio.sleep(RENEW_AFTER_SECONDS)
        try:
            if not await syncs.renew(sync_id, token):
                return
        except DatabaseUnavailable:
            log.info("design_tokens_lease_not_renewed", sync=str(sync_id))


async def _run(services: Services, actor: Actor, sync: TokenSync, start: RunStart) -> RunRecord:
    sides = await look(services, actor, sync)
    if sides.design.library is not None:
        await TokenLibraries(services.db).keep(sync, sides.design.library, "folder")
    declined = _declined(sync, sides)
    outcome = await asyncio.to_thread(merged, sync, sides, declined)
    result = outcome.result
    record: dict[str, Any] = {
        "started_at": start.started_at,
        "base": outcome.base,
        "declined": declined,
        "changes": [change.as_json() for change in result.changes],
        "conflicts": [conflict.as_json() for conflict in result.conflicts],
        "skipped": list(sides.design.skipped),
    }
    if result.held:
        return RunRecord(**record, proposal=_still_open(sync, sides), outcome="held")
    if not result.changes:
        return RunRecord(**record, proposal=_still_open(sync, sides), outcome="nothing")
    proposed = await propose(services, actor, sync, sides, outcome, start)
    pull = proposed.pull
    fields = {f"{change.path}.{change.field}": change.after for change in result.changes}
    proposal = {
        "number": pull["number"],
        "url": pull["html_url"],
        "head": pull["head"],
        "updated_at": pull["updated_at"],
        "fields": fields,
    }
    return RunRecord(
        **record, proposal=proposal, outcome="pull_request", url=pull["html_url"], proposed=proposed.data
    )


def _declined(sync: TokenSync, sides: BothSides) -> dict[str, Any]:
    """What people refused: fields left alone, and all of a pull request that was closed unmerged."""
    declined = dict(sync.declined)
    pull = sides.pull
    is_ours = sync.proposal and pull and pull["number"] == sync.proposal["number"]
    if sync.proposal and pull and is_ours and pull["state"] == "closed" and pull["merged_at"] is None:
        declined |= sync.proposal["fields"]
    return declined


def _still_open(sync: TokenSync, sides: BothSides) -> Mapping[str, Any] | None:
    """The proposal that is kept: the one whose pull request is open."""
    if sync.proposal and sides.pull and sides.pull["number"] == sync.proposal["number"]:
        return sync.proposal if sides.pull["state"] == "open" else None
    return None

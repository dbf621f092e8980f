"""A rule that goes on running into its limit is switched off, and says so to its owner."""

from __future__ import annotations

from uuid import UUID

import structlog

from fluxstudio.core.automations import triggers
from fluxstudio.flows.automations.rules.definition import RunLimit
from fluxstudio.kit.postgres.database import Connection

log = structlog.get_logger(__name__)

# Events in a row for which a rule did not run, since it had run as often as it may.
MOST_SKIPPED_IN_A_ROW = 100


async def pause_flooded(connected: Connection, automation: UUID, limit: RunLimit) -> None:
    """Switch a rule off whose latest events all came beyond its limit; nothing where one of them ran."""
    problem = {
        "code": "PAUSED_FLOODED",
        "message": f"It reached its limit of {limit.runs} runs per {limit.per}, and {MOST_SKIPPED_IN_A_ROW} "
        "events in a row came beyond it. Automations that start one another often cause this.",
        "fix": "Look at what starts it, narrow its conditions or raise its limit, then switch it on again.",
    }
    owner = await triggers.pause_flooded(connected, automation, MOST_SKIPPED_IN_A_ROW, problem)
    if owner is not None:
        log.warning("automation_paused", automation_id=str(automation), user_id=str(owner))

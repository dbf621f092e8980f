"""The whole examination: every check, whatever becomes of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

from fluxstudio.flows.doctor import (
    addresses,
    connections,
    database,
    events,
    machine,
    people,
    providers,
    reached,
    redis,
    secrets,
    settings,
    work,
)
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import (
    ADDRESSES,
    AREAS,
    CLOCK,
    CONNECTIONS,
    DATABASE,
    EVENTS,
    MACHINE,
    ORDER,
    PROVIDERS,
    SECRETS,
    SETTINGS,
    WORK,
    Area,
    Finding,
)
from fluxstudio.kit.postgres.database import Database, DatabaseUnavailable

Check = Callable[[Context], Awaitable[list[Finding]]]
DatabaseCheck = Callable[[Context, Database], Awaitable[list[Finding]]]

CHECKS: tuple[tuple[Area, Check], ...] = (
    (SETTINGS, settings.check),
    (ADDRESSES, addresses.check),
    (SECRETS, secrets.check),
    (PROVIDERS, providers.check),
    (MACHINE, machine.check_disk),
    (MACHINE, machine.check_spool),
    (MACHINE, redis.check),
)
DATABASE_CHECKS: tuple[tuple[Area, DatabaseCheck], ...] = (
    (DATABASE, database.check),
    (DATABASE, database.check_copy),
    (ADDRESSES, reached.check),
    (CLOCK, database.check_clock),
    (CONNECTIONS, connections.check),
    (EVENTS, events.check),
    (CONNECTIONS, people.check),
    (WORK, work.check),
)
CHECKS_TIMEOUT_SECONDS = 20


async def examine(context: Context) -> list[Finding]:
    """Every finding, by area and the worst first; what fails keeps nothing else from being found.

    Nothing is changed anywhere. Takes seconds at most, even where nobody answers.
    """
    running = [_survive(context, area, check(context)) for area, check in CHECKS]
    if context.db is None:
        running.append(_without(context))
    else:
        running += [_survive(context, area, check(context, context.db)) for area, check in DATABASE_CHECKS]
    all_findings = [finding for findings in await asyncio.gather(*running) for finding in findings]
    # What keeps one check of an area from its answer keeps others from theirs.
    all_findings = [*dict.fromkeys(all_findings), *settings.refusals(context, all_findings)]
    return sorted(all_findings, key=lambda finding: (AREAS.index(finding.area), -ORDER.index(finding.state)))


async def _survive(context: Context, area: Area, running: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(CHECKS_TIMEOUT_SECONDS):
            return await running
    except DatabaseUnavailable as error:
        return [database.away(error, context.settings)] if area is DATABASE else [_unchecked(area)]
    except asyncpg.InsufficientPrivilegeError:
        mend = "Connect as the role that owns the tables: correct DATABASE_URL."
        return [area.bad("Database rights", "The database does not let us read what this needs.", mend)]
    except TimeoutError:
        mend = "See what keeps this machine busy, then check again."
        return [
            area.warning(
                "Unfinished", f"This took longer than {CHECKS_TIMEOUT_SECONDS} s and was stopped.", mend
            )
        ]
    except Exception as error:
        kind = type(error).__name__
        mend = "Report it to the maintainers of FluxStudio, with this line."
        return [area.bad("Unfinished", f"A check itself failed ({kind}), so this is not known.", mend)]


async def _without(context: Context) -> list[Finding]:
    if context.without is None:
        return []
    unchecked = (
        []
        if context.without.state == "good"
        else [_unchecked(CONNECTIONS), _unchecked(WORK), _unchecked(CLOCK)]
    )
    return [context.without, *unchecked]


def _unchecked(area: Area) -> Finding:
    what = "Not checked, since the database does not answer."
    return area.warning("Database needed", what, "Fix the database first, then check again.")

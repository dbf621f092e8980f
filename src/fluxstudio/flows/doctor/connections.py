"""Grants that need somebody: to be connected again, or opened with a key that is not here."""

from __future__ import annotations

from collections.abc import Iterator

from fluxstudio.core import diagnostics
from fluxstudio.core.diagnostics import GrantCounts
from fluxstudio.core.registry import Registry
from fluxstudio.core.secrets import key_source
from fluxstudio.core.tokens.keys import known_keys, problems_with
from fluxstudio.core.webhooks import usage
from fluxstudio.errors import UnknownProvider
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import CONNECTIONS, Finding, plural, split
from fluxstudio.flows.doctor.secrets import keyset_now
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.sealing import Keyset


async def check(context: Context, db: Database) -> list[Finding]:
    """Accounts to connect again, and sealed tokens whose key is missing."""
    if not await diagnostics.has_table(db, "encryption_keys"):
        return []
    by_app = await diagnostics.grant_counts(db)
    findings = [finding for counts in by_app for finding in _grants(context.registry, counts)]
    findings += await _usage(context, db)
    keys = await _keys(context, db)
    return findings + keys or [
        CONNECTIONS.good("Accounts", _all_well(sum(counts.grants for counts in by_app)))
    ]


def _all_well(accounts: int) -> str:
    if not accounts:
        return "No account is connected yet."
    return f"{plural(accounts, 'account is', 'accounts are')} connected, and none needs anybody."


def _grants(registry: Registry, counts: GrantCounts) -> Iterator[Finding]:
    try:
        entry = registry.get(counts.provider)
    except UnknownProvider:
        what = (
            f"{plural(counts.grants, 'account')} of {counts.provider} are kept, which is not installed here."
        )
        yield CONNECTIONS.warning(counts.provider, what, f"Install {counts.provider} again.")
        return
    name = entry.provider.name
    if entry.configured and counts.client_id != entry.settings.client_id:
        what = (
            f"{plural(counts.grants, 'account')} of {name} were connected with another app than is set now."
        )
        mend = "Set the client id and secret of that app again, or have these people connect again."
        yield CONNECTIONS.warning(f"{name} app", what, mend)
    if counts.lost:
        what = f"{name} no longer accepts our access to {plural(counts.lost, 'account')}."
        mend = "The people who connected them choose Reconnect in Settings → Integrations."
        yield CONNECTIONS.warning(f"{name} to reconnect", what, mend)
    if counts.troubled:
        what = f"{plural(counts.troubled, 'account')} of {name} had trouble at the last renewal of access."
        mend = (
            f"Check the app's credentials at {name}. Integrations shows what does not recover automatically."
        )
        yield CONNECTIONS.warning(f"{name} renewal", what, mend)


async def _usage(context: Context, db: Database) -> list[Finding]:
    """Accounts and users whose events are more than is meant to be stored."""
    if not await diagnostics.has_table(db, "event_usage"):
        return []
    settings = context.settings
    most, largest = settings.events_per_account_per_day, settings.event_bytes_per_account
    over = [entry for entry in await usage.totals(db, None) if entry.events >= most or entry.bytes >= largest]
    if not over:
        return []
    names = ", ".join(f"{entry.provider} {entry.source}" for entry in over[:5])
    what = f"More events than are meant to be stored came for {plural(len(over), 'source')}: {names}."
    mend = "Remove unused webhooks, or raise EVENTS_PER_ACCOUNT_PER_DAY or EVENT_BYTES_PER_ACCOUNT."
    return [CONNECTIONS.warning("Stored events", what, mend)]


async def _keys(context: Context, db: Database) -> list[Finding]:
    """Keys that something is sealed with and that are not here."""
    try:
        keyset = keyset_now(context.settings)
    except (ValueError, OSError):
        # Said among the secrets.
        return []
    keys = await known_keys(db)
    if keyset is None:
        keyset, keys = Keyset("", {}), [key for key in keys if key.seals_something]
    source = key_source(context.settings).name
    problems = problems_with(keys, keyset, source) if keys else []
    return [CONNECTIONS.bad("Sealing keys", *split(problem)) for problem in problems]

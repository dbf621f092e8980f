"""Going through events that earlier releases kept: what opens anything is taken out, and owners are noted."""

from __future__ import annotations

from uuid import UUID

from fluxstudio.core import telling
from fluxstudio.core.events import LARGEST_IN_LISTS, sql
from fluxstudio.core.services import Services
from fluxstudio.kit.json import without_fields
from fluxstudio.kit.postgres.database import Connection

ROWS_AT_ONCE = 500
BATCHES_A_TURN = 40


async def revise(services: Services) -> int:
    """Go through the next events; how many were changed. Each of them is locked for its own change only."""
    changed = 0
    for _ in range(BATCHES_A_TURN):
        cursor = await services.db.fetchval(sql.revision)
        if cursor is None:
            return changed
        end = await services.db.fetchval(sql.revision_end, cursor, ROWS_AT_ONCE)
        if end is None:
            return changed
        for row in await services.db.fetch(sql.to_revise, cursor, end, _patterns(services)):
            async with services.db.transaction() as connected:
                await _revise_one(services, connected, row["id"])
            changed += 1
        await services.db.execute(sql.revision_moved, end)
    return changed


def _patterns(services: Services) -> list[str]:
    webhooks = [entry.provider.webhook for entry in services.registry]
    names = {name for webhook in webhooks if webhook is not None for name in webhook.opens_something}
    return [f'%"{name.replace("_", chr(92) + "_")}"%' for name in sorted(names)]


async def _revise_one(services: Services, connected: Connection, event_id: UUID) -> None:
    row = await connected.fetchrow(sql.revise_one, event_id)
    webhooks = {entry.provider.id: entry.provider.webhook for entry in services.registry}
    webhook = None if row is None else webhooks.get(row["provider"])
    if row is None or webhook is None:
        # Events outlive a provider that is no longer installed.
        return
    payload, delivery = row["payload"], row["delivery_key"]
    if webhook.former_id is not None and webhook.former_id(payload) == delivery:
        delivery = webhook.event_id({}, payload, b"")
    without_fields(payload, webhook.opens_something)
    summary = None
    if row["size"] > LARGEST_IN_LISTS:
        summary = telling.summary(services.registry, row["provider"], row["event_type"], payload)
    await connected.execute(sql.revised, event_id, payload, delivery, row["size"], summary)

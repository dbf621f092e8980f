"""Making, changing and deciding about syncs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fluxstudio.core.design_tokens.syncs import SourceKind, TokenSync, TokenSyncs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.design_tokens.syncs.drafting import SyncRequest, folder_of, new_sync, next_time
from fluxstudio.flows.design_tokens.syncs.listening import listen
from fluxstudio.flows.design_tokens.syncs.looking import look
from fluxstudio.flows.design_tokens.syncs.running import preview


async def add(services: Services, actor: Actor, wanted: SyncRequest) -> TokenSync:
    """Make a sync, after a look at both sides. Raises `InvalidRequest` and what the providers refuse with."""
    new = await new_sync(services, actor, wanted)
    syncs = TokenSyncs(services.db)
    sync = await syncs.one(actor.user_id, await syncs.add(actor.user_id, new))
    try:
        await look(services, actor, sync)
    except Exception:
        await syncs.remove(actor.user_id, sync.id)
        raise
    await services.audit.record(
        "design-tokens-add", None, actor.subject, user_id=actor.user_id, sync=str(sync.id)
    )
    return await listen(services, actor, sync)


async def change(services: Services, actor: Actor, sync_id: UUID, fields: dict[str, Any]) -> TokenSync:
    """Change `policy` and `schedule`, or agree to what was held (`accept_holds`)."""
    syncs = TokenSyncs(services.db)
    sync = await syncs.one(actor.user_id, sync_id)
    schedule = fields.get("schedule", sync.schedule)
    await syncs.change(
        sync,
        policy=fields.get("policy"),
        schedule=schedule,
        next_at=next_time(schedule),
        agree=bool(fields.get("accept_holds")),
    )
    return await syncs.one(actor.user_id, sync_id)


async def read_from(
    services: Services, actor: Actor, sync_id: UUID, kind: SourceKind, folder: str | None
) -> TokenSync:
    """Say where a sync's variables come from. Raises `InvalidRequest` where a folder is not named."""
    syncs = TokenSyncs(services.db)
    sync = await syncs.one(actor.user_id, sync_id)
    await syncs.read_from(sync, kind, folder_of(kind, folder))
    return await syncs.one(actor.user_id, sync_id)


async def decide(services: Services, actor: Actor, sync_id: UUID, key: str, *, take: bool) -> TokenSync:
    """Decide one conflict of the last run or of now: take the design file's, or leave the repository's."""
    syncs = TokenSyncs(services.db)
    sync = await syncs.one(actor.user_id, sync_id)
    runs = await syncs.runs(sync, limit=1)
    conflict = _named(runs[0].conflicts if runs else (), key)
    if conflict is None:
        _, seen = await preview(services, actor, sync)
        conflict = _named([entry.as_json() for entry in seen.result.conflicts], key)
    if conflict is None:
        raise InvalidRequest("There is no such conflict any more. Look at the preview.", {"field": "unknown"})
    await syncs.decide(sync, key, conflict["ours"], take=take)
    return await syncs.one(actor.user_id, sync_id)


def _named(conflicts: Sequence[Mapping[str, Any]], key: str) -> Mapping[str, Any] | None:
    return next((entry for entry in conflicts if f"{entry['path']}.{entry['field']}" == key), None)


async def remove(services: Services, actor: Actor, sync_id: UUID) -> None:
    """Delete a sync. Its branch and its pull request stay."""
    await TokenSyncs(services.db).remove(actor.user_id, sync_id)
    await services.audit.record(
        "design-tokens-remove", None, actor.subject, user_id=actor.user_id, sync=str(sync_id)
    )

"""Making, changing and deciding about syncs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fluxstudio.core.design_tokens.syncs import NewTokenSync, SourceKind, TokenSync, TokenSyncs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.automations.rules.schedules import InvalidSchedule, next_after
from fluxstudio.flows.design_tokens.syncs.listening import listen
from fluxstudio.flows.design_tokens.syncs.looking import look, operations
from fluxstudio.flows.design_tokens.syncs.running import SCHEDULE_ZONE
from fluxstudio.flows.design_tokens.syncs.sources import needed
from fluxstudio.sdk import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """What somebody wants to keep alike. Connections are ids, None for the only one there is."""

    file_key: str
    source_connection: str | None
    repository: str
    path: str
    branch: str | None
    target_connection: str | None
    policy: str
    format: str
    schedule: str | None
    source_kind: SourceKind = "api"
    source_folder: str | None = None


async def add(services: Services, actor: Actor, wanted: SyncRequest) -> TokenSync:
    """Make a sync, after a look at both sides. Raises `InvalidRequest` and what the providers refuse with."""
    source, host = operations(services)
    tokens, propose = needed(source.tokens), needed(host.propose)
    owner, repo = host.read_name(wanted.repository, services.registry[propose.provider.id].hosts["web"])
    new = NewTokenSync(
        source_connection_id=await _connection(services, actor, tokens, wanted.source_connection),
        target_connection_id=await _connection(services, actor, propose, wanted.target_connection),
        file_key=wanted.file_key,
        repository=f"{owner}/{repo}",
        path=wanted.path.strip("/"),
        branch=wanted.branch,
        policy=wanted.policy,
        format=wanted.format,
        schedule=wanted.schedule,
        next_at=next_time(wanted.schedule),
        source_kind=wanted.source_kind,
        source_folder=_folder(wanted.source_kind, wanted.source_folder),
    )
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
    await syncs.read_from(sync, kind, _folder(kind, folder))
    return await syncs.one(actor.user_id, sync_id)


def _folder(kind: SourceKind, folder: str | None) -> str | None:
    if kind != "folder":
        return None
    folder = (folder or "").strip("/")
    if not folder:
        raise InvalidRequest("Name the folder that the exported files are in.", {"folder": "is missing"})
    return folder


async def decide(services: Services, actor: Actor, sync_id: UUID, key: str, *, take: bool) -> TokenSync:
    """Decide one conflict of the last run: take the design file's value, or leave the repository's."""
    syncs = TokenSyncs(services.db)
    sync = await syncs.one(actor.user_id, sync_id)
    runs = await syncs.runs(sync, limit=1)
    conflicts = runs[0].conflicts if runs else ()
    conflict = next((entry for entry in conflicts if f"{entry['path']}.{entry['field']}" == key), None)
    if conflict is None:
        raise InvalidRequest(
            "The last run has no such conflict. Run the sync again, then decide.", {"field": "unknown"}
        )
    await syncs.decide(sync, key, conflict["ours"], take=take)
    return await syncs.one(actor.user_id, sync_id)


async def remove(services: Services, actor: Actor, sync_id: UUID) -> None:
    """Delete a sync. Its branch and its pull request stay."""
    await TokenSyncs(services.db).remove(actor.user_id, sync_id)
    await services.audit.record(
        "design-tokens-remove", None, actor.subject, user_id=actor.user_id, sync=str(sync_id)
    )


def next_time(schedule: str | None) -> datetime | None:
    """When a sync is due next. Raises `InvalidRequest` for what is no schedule."""
    if schedule is None:
        return None
    try:
        return next_after(schedule, SCHEDULE_ZONE, datetime.now(UTC))
    except InvalidSchedule as problem:
        raise InvalidRequest(f"Check the schedule: {problem}.", {"schedule": str(problem)}) from None


async def _connection(services: Services, actor: Actor, operation: Operation, chosen: str | None) -> UUID:
    """The connection to use, with the scopes that it takes."""
    picked = await services.connections.pick(
        actor.user_id, operation.provider, connection=chosen, operation=operation.full_name
    )
    return picked.id

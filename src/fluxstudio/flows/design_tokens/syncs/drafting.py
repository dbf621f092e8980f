"""A sync before it is made: whether both sides can be read, and what its first run would propose."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from fluxstudio.core.design_tokens.syncs import NewTokenSync, SourceKind, TokenSync
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows import call
from fluxstudio.flows.automations.rules.schedules import InvalidSchedule, next_after
from fluxstudio.flows.design_tokens.files.reading import read_document
from fluxstudio.flows.design_tokens.syncs.consent import require_consent
from fluxstudio.flows.design_tokens.syncs.looking import operations
from fluxstudio.flows.design_tokens.syncs.running import SCHEDULE_ZONE
from fluxstudio.flows.design_tokens.syncs.sources import needed
from fluxstudio.flows.design_tokens.tree import read_tree
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


@dataclass(frozen=True, slots=True)
class DesignSummary:
    """What a design file gives: how many tokens, and why it gives no variables where it does not."""

    tokens: int
    refused: str | None


@dataclass(frozen=True, slots=True)
class FileSummary:
    """The file of a repository: the branch it is on, and how many tokens it has, None where it is new."""

    repository: str
    branch: str
    tokens: int | None


async def draft(services: Services, actor: Actor, wanted: SyncRequest) -> TokenSync:
    """The sync as it would be made, to preview it. Raises as `new_sync` does."""
    now = datetime.now(UTC)
    fields: dict[str, Any] = asdict(await new_sync(services, actor, wanted))
    return TokenSync(
        id=uuid4(),
        user_id=actor.user_id,
        base={},
        declined={},
        chosen={},
        accepted_holds=False,
        proposal=None,
        created_at=now,
        updated_at=now,
        **fields,
    )


async def new_sync(services: Services, actor: Actor, wanted: SyncRequest) -> NewTokenSync:
    """What is stored of a request. Raises `InvalidRequest`, `NotConnected`, `ScopeMissing` and the like."""
    source, host = operations(services)
    propose = needed(host.propose)
    target = await _connection(services, actor, propose, wanted.target_connection)
    await require_consent(services, actor, propose, target)
    return NewTokenSync(
        source_connection_id=await _connection(
            services, actor, needed(source.tokens), wanted.source_connection
        ),
        target_connection_id=target,
        file_key=wanted.file_key,
        repository="/".join(repository_of(services, wanted.repository)),
        path=wanted.path.strip("/"),
        branch=wanted.branch,
        policy=wanted.policy,
        format=wanted.format,
        schedule=wanted.schedule,
        next_at=next_time(wanted.schedule),
        source_kind=wanted.source_kind,
        source_folder=folder_of(wanted.source_kind, wanted.source_folder),
    )


async def design_summary(services: Services, actor: Actor, file_key: str) -> DesignSummary:
    """What a design file gives now. Raises the product's errors."""
    source, _ = operations(services)
    tokens = needed(source.tokens)
    answer = (await call.run(services, actor, tokens.full_name, {"fileKey": file_key})).value
    return DesignSummary(len(read_tree(answer["tokens"]).tokens), answer.get("refused"))


async def file_summary(
    services: Services, actor: Actor, repository: str, path: str, branch: str | None
) -> FileSummary:
    """What a repository has at a path now. Raises the product's errors."""
    _, host = operations(services)
    owner, repo = repository_of(services, repository)
    propose = needed(host.propose)
    await require_consent(services, actor, propose, await _connection(services, actor, propose, None))
    wanted = {"owner": owner, "repo": repo, "path": path.strip("/"), **({"branch": branch} if branch else {})}
    file = (await call.run(services, actor, needed(host.file).full_name, wanted)).value
    content = file["content"]
    document = None if content is None else read_document(base64.b64decode(content), path)
    count = None if document is None else len(read_tree(document.root).tokens)
    return FileSummary(f"{owner}/{repo}", file["branch"], count)


def repository_of(services: Services, text: str) -> tuple[str, str]:
    """Owner and name out of `owner/name` or an address. Raises `InvalidRequest`."""
    _, host = operations(services)
    return host.read_name(text, services.registry[needed(host.propose).provider.id].hosts["web"])


def folder_of(kind: SourceKind, folder: str | None) -> str | None:
    """The folder that a sync reads. Raises `InvalidRequest` where one has to be named."""
    if kind != "folder":
        return None
    folder = (folder or "").strip("/")
    if not folder:
        raise InvalidRequest("Name the folder that the exported files are in.", {"folder": "is missing"})
    return folder


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

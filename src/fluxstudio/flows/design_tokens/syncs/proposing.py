"""Putting a merge on the sync's branch, on top of what others committed there, and into one pull request.

What is on the branch is ours where it is at the commit that a run ended with, holds the file that a run was
about to push when it died, or holds nothing that the target has not. All else is somebody's work: it is
merged, and never written over. A branch that was rewritten is left alone until a person says so.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fluxstudio.core.design_tokens.syncs import TokenSync, TokenSyncs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import Conflict
from fluxstudio.flows import call
from fluxstudio.flows.design_tokens.files.reading import read_document
from fluxstudio.flows.design_tokens.merging.merge import merge
from fluxstudio.flows.design_tokens.merging.model import MergeOptions
from fluxstudio.flows.design_tokens.syncs.consent import require_consent
from fluxstudio.flows.design_tokens.syncs.looking import BothSides, MergedSides, operations, work_branch
from fluxstudio.flows.design_tokens.syncs.pull_text import body_of, title_of, with_body
from fluxstudio.flows.design_tokens.syncs.sources import needed, place_of

REWRITTEN = (
    "Someone rewrote this sync's branch. Look at its pull request, then start again on top of what is there."
)

LEFT_OVER = (
    "Someone committed to {branch}, which has no open pull request. Merge or delete that branch, then sync "
    "again."
)


@dataclass(frozen=True, slots=True)
class RunStart:
    """When a run began, with which right to run, and whether it goes on upon a branch that was rewritten."""

    started_at: datetime
    token: UUID
    restart: bool


@dataclass(frozen=True, slots=True)
class BranchState:
    """Where the branch is, and the file on it; `base` is what we proposed, to tell others' work from."""

    head: str | None
    data: bytes | None = None
    base: bytes | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """The pull request, and what was proposed, None where that is as it was."""

    pull: Mapping[str, Any]
    data: bytes | None


async def propose(
    services: Services,
    actor: Actor,
    sync: TokenSync,
    sides: BothSides,
    outcome: MergedSides,
    start: RunStart,
) -> Proposed:
    """Push what is new and have a pull request for it. Raises the product's errors."""
    _, host = operations(services)
    if sync.proposal is None and sync.intent is None:
        await require_consent(services, actor, needed(host.propose), sync.target_connection_id)
    changes = [change.as_json() for change in outcome.result.changes]
    text = body_of(
        changes,
        [conflict.as_json() for conflict in outcome.result.conflicts],
        sides.design.skipped,
        sync_url=f"{services.settings.base_url}/design-tokens/{sync.id}",
    )
    pull = sides.pull if sides.pull is not None and sides.pull["state"] == "open" else None
    branch = await _branch(services, actor, sync, sides, start)
    data = outcome.data
    if branch.data is not None and branch.base not in (None, branch.data):
        data = await asyncio.to_thread(_on_top, sync, branch.base or b"", data, branch.data)
    body = with_body(pull["body"], text) if pull else text
    if pull is not None and branch.data == data and body == pull["body"]:
        return Proposed({**pull, "head": branch.head}, branch.base)
    digest = hashlib.sha256(data).hexdigest()
    on_branch = None if branch.data is None else hashlib.sha256(branch.data).hexdigest()
    await TokenSyncs(services.db).intend(sync.id, start.token, digest, outcome.data, on_branch)
    arguments = {
        **place_of(sync),
        "path": sync.path,
        "content": base64.b64encode(data).decode(),
        "branch": work_branch(sync),
        "base": sides.branch,
        "start": sides.commit,
        "title": title_of(changes),
        "body": body,
        **({"head": branch.head} if branch.head else {}),
    }
    answer = await call.run(
        services,
        actor,
        needed(host.propose).full_name,
        arguments,
        connection=str(sync.target_connection_id),
        story={"sync": str(sync.id)},
    )
    return Proposed(answer.value, outcome.data)


async def _branch(
    services: Services, actor: Actor, sync: TokenSync, sides: BothSides, start: RunStart
) -> BranchState:
    """Whose the state of the branch is. Raises `Conflict` for one that was rewritten."""
    last = str(sync.proposal["head"]) if sync.proposal else None
    is_open = sides.pull is not None and sides.pull["state"] == "open"
    if sides.head is None or sides.head == sides.commit or (sides.head == last and not is_open):
        return BranchState(last)
    if sides.pull is not None and sides.pull["merged_at"] and sides.pull["head"] == sides.head:
        return BranchState(sides.head)
    data = await _file(services, actor, sync, sides.head)
    pushed = await TokenSyncs(services.db).proposed(sync.id, hashlib.sha256(data or b"").hexdigest())
    proposed = pushed.proposed
    if data is not None and pushed.pushed:
        return BranchState(sides.head, data, pushed.intended or proposed)
    if data is None or sides.head == last:
        return BranchState(sides.head, data, proposed or data)
    if not is_open:
        if await _is_ahead(services, actor, sync, sides.head, sides.commit):
            # A run made the branch and came no further; the target went on.
            return BranchState(sides.head)
        raise Conflict(LEFT_OVER.format(branch=work_branch(sync)), reason="moved")
    if last is None or start.restart:
        return BranchState(sides.head, data, sides.theirs.encoded(sides.theirs.text))
    if not await _is_ahead(services, actor, sync, last, sides.head):
        raise Conflict(REWRITTEN, reason="rewritten")
    return BranchState(sides.head, data, proposed or data)


async def _file(services: Services, actor: Actor, sync: TokenSync, commit: str) -> bytes | None:
    _, host = operations(services)
    wanted = {**place_of(sync), "path": sync.path, "branch": work_branch(sync), "commit": commit}
    answer = await call.run(
        services, actor, needed(host.file).full_name, wanted, connection=str(sync.target_connection_id)
    )
    content = answer.value["content"]
    return None if content is None else base64.b64decode(content)


async def _is_ahead(services: Services, actor: Actor, sync: TokenSync, last: str, head: str) -> bool:
    """Whether a commit holds another, with more on top or nothing."""
    _, host = operations(services)
    answer = await call.run(
        services,
        actor,
        needed(host.compare).full_name,
        {**place_of(sync), "base": last, "head": head},
        connection=str(sync.target_connection_id),
    )
    return bool(answer.value["status"] in {"ahead", "identical"})


def _on_top(sync: TokenSync, base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """The new proposal, with everything that others changed on the branch as they left it."""
    before, new, branch = (read_document(data, sync.path) for data in (base, ours, theirs))
    result = merge(before, new, branch, MergeOptions(policy="repository", accepted_holds=True))
    return branch.encoded(result.text)

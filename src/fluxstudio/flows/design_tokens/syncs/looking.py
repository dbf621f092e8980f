"""A look at both sides: the design file's tokens, the repository's file, and their pull request."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fluxstudio.core.design_tokens.syncs import TokenSync
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows import call
from fluxstudio.flows.design_tokens.conversion import to_legacy
from fluxstudio.flows.design_tokens.files.reading import TokenDocument, read_document
from fluxstudio.flows.design_tokens.merging.agreeing import agreed_base
from fluxstudio.flows.design_tokens.merging.merge import merge
from fluxstudio.flows.design_tokens.merging.model import MergeOptions, MergeResult
from fluxstudio.flows.design_tokens.syncs.sources import DesignTokens, design_tokens, needed, place_of
from fluxstudio.sdk import CodeHost, DesignSource


@dataclass(frozen=True, slots=True)
class BothSides:
    """What was seen: `ours` of the design file, `theirs` of the repository at `commit` of `branch`.

    `is_new` says that the repository has no such file.
    """

    design: DesignTokens
    theirs: TokenDocument
    is_new: bool
    branch: str
    commit: str
    head: str | None
    pull: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class MergedSides:
    """What comes of a look: the base from now on, and the merge."""

    base: dict[str, Any]
    result: MergeResult
    data: bytes


def operations(services: Services) -> tuple[DesignSource, CodeHost]:
    """What reads design files and what holds code. Raises `InvalidRequest`."""
    providers = [registered.provider for registered in services.registry]
    sources = [source for provider in providers if (source := provider.capability(DesignSource))]
    hosts = [host for provider in providers if (host := provider.capability(CodeHost))]
    source = next((entry for entry in sources if entry.tokens is not None), None)
    host = next((entry for entry in hosts if entry.propose is not None), None)
    if source is None or host is None:
        raise InvalidRequest("This installation has no provider that holds tokens, or none that holds code.")
    return source, host


def work_branch(sync: TokenSync) -> str:
    """The branch of a sync's pull requests: always the same."""
    return f"fluxstudio/tokens-{sync.id.hex[:8]}"


async def look(services: Services, actor: Actor, sync: TokenSync) -> BothSides:
    """Read both sides now. Raises the product's errors."""
    source, host = operations(services)
    target = str(sync.target_connection_id)
    place = place_of(sync)
    wanted = {**place, "path": sync.path, **({"branch": sync.branch} if sync.branch else {})}
    file = (await call.run(services, actor, needed(host.file).full_name, wanted, connection=target)).value
    proposal = await call.run(
        services,
        actor,
        needed(host.proposal).full_name,
        {**place, "branch": work_branch(sync), "base": file["branch"]},
        connection=target,
    )
    design = await design_tokens(services, actor, sync, source, file["commit"])
    is_new = file["content"] is None
    data = b"{}\n" if is_new else base64.b64decode(file["content"])
    return BothSides(
        design=design,
        theirs=read_document(data, sync.path),
        is_new=is_new,
        branch=file["branch"],
        commit=file["commit"],
        head=proposal.value["head"],
        pull=proposal.value["pull"],
    )


def merged(sync: TokenSync, sides: BothSides, declined: Mapping[str, Any]) -> MergedSides:
    """Merge what was seen; takes time, so that it belongs in a thread."""
    skipped, skipped_modes = sides.design.silent(sync.base)
    options = MergeOptions(
        policy=sync.policy,
        skipped=skipped,
        skipped_modes=skipped_modes,
        complete=sides.design.complete,
        declined=declined,
        chosen=sync.chosen,
        accepted_holds=sync.accepted_holds,
    )
    ours = _document(sides.design.tokens, "Figma's tokens")
    base = agreed_base(sync.base, sides.design.tokens, sides.theirs.root, options)
    result = merge(_document(base, "The base"), ours, sides.theirs, options)
    text = result.text
    if sides.is_new and result.changes and sync.format == "legacy":
        text = to_legacy(TokenDocument(sync.path, text, result.root))
    return MergedSides(base, result, sides.theirs.encoded(text))


def _document(root: Mapping[str, Any], name: str) -> TokenDocument:
    return read_document(json.dumps(root, indent=2).encode(), name)

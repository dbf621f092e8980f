"""Events that syncs follow: tokens changed in the design file, commits pushed to the branch they go into.

The branch of a sync's own pull requests is never the one that they go into, so no run starts another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fluxstudio.core.design_tokens.syncs import bring_forward
from fluxstudio.core.services import Services
from fluxstudio.kit.postgres.database import Connection
from fluxstudio.sdk import CodeHost, DesignSource


async def follow(services: Services, connected: Connection, batch: Iterable[Mapping[str, Any]]) -> None:
    """Have syncs that events are about run soon after the caller's commit, once for all of them."""
    reasons = set()
    for event in batch:
        provider = services.registry.get(event["provider"]).provider
        source, host = provider.capability(DesignSource), provider.capability(CodeHost)
        kind, payload = event["event_type"], event["payload"]
        file_key = source.changed(kind, payload) if source is not None else None
        pushed = host.pushed(kind, payload) if host is not None else None
        if file_key is not None or pushed is not None:
            reasons.add((file_key, pushed, event["owner_id"]))
    for file_key, pushed, owner_id in sorted(reasons, key=str):
        await bring_forward(connected, file_key, pushed, owner_id)

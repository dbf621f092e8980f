"""The sync that a page is about."""

from __future__ import annotations

from uuid import UUID

from fluxstudio.core.design_tokens.syncs import TokenSync, TokenSyncs
from fluxstudio.errors import NotFound
from fluxstudio.faces.web.shell.visit import Visit


async def sync_of(visit: Visit, text: str) -> TokenSync:
    """One of the visitor's own syncs, by the id in an address. Raises `NotFound`."""
    try:
        sync_id = UUID(text)
    except ValueError:
        raise NotFound("Sync not found. All your syncs are under Design tokens.") from None
    return await TokenSyncs(visit.services.db).one(visit.actor.user_id, sync_id)

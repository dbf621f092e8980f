"""Syncs that write through one connection, as operations reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fluxstudio.core.services import Services


@dataclass(frozen=True, slots=True)
class ConnectionSyncs:
    """Runs syncs that write through a connection; see `SyncRunner`."""

    services: Services
    connection_id: UUID

    async def run(self, sync: str | None) -> Mapping[str, Any]:
        """Run one, the only one if none is named."""
        chosen = None if sync is None else UUID(sync)
        return await self.services.run_sync(self.services, self.connection_id, chosen)

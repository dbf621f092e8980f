"""Events of types we know that came in a shape we do not: what a provider may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fluxstudio.core.metrics import counters
from fluxstudio.core.registry import Registry
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/webhooks/unknown_shapes.sql")

LATELY, MOST_SHOWN = timedelta(days=7), 20


@dataclass(frozen=True, slots=True)
class UnknownShape:
    """Events of one type without one field, how many so far, and the latest of them."""

    provider: str
    event_type: str
    missing: str
    events: int
    last_at: datetime
    last_event: UUID


def missing_field(
    registry: Registry, provider: str, event_type: str, payload: Mapping[str, Any]
) -> str | None:
    """The path of a field that such events always have and this one has not; None where none is missing."""
    webhook = registry.get(provider).provider.webhooks
    expected = webhook.expects.get(event_type, ()) if webhook is not None else ()
    return next((path for path in expected if not _is_there(payload, path.split("."))), None)


def _is_there(payload: Mapping[str, Any], path: list[str]) -> bool:
    """Whether there is such a field; its value may be null."""
    place: Any = payload
    for name in path:
        if not isinstance(place, Mapping) or name not in place:
            return False
        place = place[name]
    return True


async def note(db: Database, registry: Registry, events: Iterable[Mapping[str, Any]]) -> None:
    """Count those of these events that lack a field; each has `id, provider, event_type, payload`."""
    rows = []
    for event in events:
        missing = missing_field(registry, event["provider"], event["event_type"], event["payload"])
        if missing is not None:
            rows.append((event["provider"], event["event_type"], missing, event["id"]))
            counters.unknown_shape(event["provider"], event["event_type"], missing)
    if rows:
        await db.execute(sql.note, *map(list, zip(*rows, strict=True)))


async def lately(db: Database) -> list[UnknownShape]:
    """What came in an unknown shape within a week, the most frequent of each provider first."""
    return [UnknownShape(**row) for row in await db.fetch(sql.lately, LATELY, MOST_SHOWN)]


async def sweep(db: Database) -> None:
    """Delete what has not come again for as long as events are kept."""
    await db.execute(sql.sweep)

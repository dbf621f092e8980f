"""One running product for many tests; each finds it as it was when it had just been started."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from tests.support.emptying import empty
from tests.support.running import Running

TABLES = """
SELECT c.oid::regclass::text AS name FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


@dataclass(frozen=True)
class KeptProduct:
    """A product, and the tables in which it has nothing at first."""

    running: Running
    empty_tables: Sequence[str]

    @classmethod
    async def of(cls, running: Running) -> KeptProduct:
        """A product that has just been started."""
        db = running.services.db
        names = [row["name"] for row in await db.fetch(TABLES)]
        filled = {name for name in names if await db.fetchval(f"SELECT EXISTS (SELECT FROM {name})")}
        return cls(running, [name for name in names if name not in filled])

    @asynccontextmanager
    async def emptied(self) -> AsyncIterator[Running]:
        """The product with nobody in it, and simulators as they begin; its clients end with this."""
        for simulator in self.running.simulators.values():
            # An event of the test before must not arrive in this one.
            simulator.deliveries.forget()
            await simulator.deliveries.settled()
        await self.running.services.refresher.close()
        await empty(self.running.services.db, *self.empty_tables)
        for simulator in self.running.simulators.values():
            simulator.reset()
        async with AsyncExitStack() as stack:
            yield replace(self.running, stack=stack)

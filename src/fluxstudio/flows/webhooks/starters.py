"""What people have ordered to follow events: planned for several at once, started in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from fluxstudio.core.services import Services
from fluxstudio.kit.postgres.database import Connection

# Starts what people have ordered to follow an event, in the given transaction; the ids of what is to be run.
Starter = Callable[[Connection, Services, Mapping[str, Any]], Awaitable[list[UUID]]]


class StartPlan(Protocol):
    """What is to be started by some events."""

    async def lock(self, connected: Connection) -> None:
        """Lock all that is to be started, in one order, so that two never wait for each other."""

    async def start(self, connected: Connection, event: Mapping[str, Any]) -> list[UUID]:
        """Start what is to follow one of the events; the ids of what is to be run."""


@runtime_checkable
class StartPlanner(Protocol):
    """A starter that works out what is to be started before there is a transaction to hold up."""

    async def plan(self, services: Services, events: Sequence[Mapping[str, Any]]) -> StartPlan:
        """What these events start."""


@dataclass(frozen=True, slots=True)
class _Unplanned:
    services: Services = field(repr=False)
    starter: Starter

    async def lock(self, connected: Connection) -> None:
        pass

    async def start(self, connected: Connection, event: Mapping[str, Any]) -> list[UUID]:
        return await self.starter(connected, self.services, event)


async def plan_of(services: Services, events: Sequence[Mapping[str, Any]], starter: Starter) -> StartPlan:
    """What a starter plans for some events; one that plans nothing decides once it starts."""
    planner: object = starter
    if isinstance(planner, StartPlanner):
        return await planner.plan(services, events)
    return _Unplanned(services, starter)

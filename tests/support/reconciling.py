"""A repository whose webhook the provider could not deliver."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2

from fluxstudio.flows.webhooks.reconcile import reconcile
from fluxstudio.sdk.simulation import DeliveryFault
from tests.support.running import Running

HOOKS = "/api/integrations/github/repositories/ada-park/sketchbook/hooks"
NOW = timedelta(0)


async def hooked(running: Running) -> tuple[httpx2.AsyncClient, str]:
    """Somebody with a webhook on a repository of hers; its number. Its ping has arrived."""
    ada = await running.client()
    await running.connect(ada, "github", choice="ada-park")
    created = await ada.post(HOOKS, json={"events": ["issues"]})
    assert created.status_code == 201, created.text
    await running.simulators["github"].deliveries.settled()
    await reconcile(running.services, rest=NOW)
    asked(running).clear()
    return ada, str(created.json()["id"])


async def happen(running: Running, count: int = 1, *, lost: int = 0, unheard: int = 0) -> None:
    """Issues are opened at GitHub; so many deliveries of them fail."""
    simulator = running.simulators["github"]
    if lost:
        simulator.deliveries.troubles.append(DeliveryFault(match="issues", times=lost))
    if unheard:
        simulator.deliveries.troubles.append(DeliveryFault(match="issues", times=unheard, kind="unheard"))
    for number in range(count):
        wanted = {"event": "issues", "repository": "ada-park/sketchbook", "title": f"Heron {number}"}
        simulator.happen(wanted)
    await simulator.deliveries.settled()


def asked(running: Running) -> list[Any]:
    """What GitHub was asked."""
    return running.simulators["github"].faults.requests

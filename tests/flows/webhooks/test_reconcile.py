"""What a provider could not deliver is found, sent again, and shown until it has arrived."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fluxstudio.flows.webhooks.reconcile import MissedDeliveries, reconcile
from fluxstudio.sdk import Limit
from fluxstudio.sdk.simulation import DeliveryFault
from tests.support.reconciling import HOOKS, NOW, asked, happen, hooked
from tests.support.running import Running

ARRIVED = "SELECT count(*) FROM integration_webhooks WHERE provider = $1 AND event_type = $2"


def redelivered(running: Running) -> int:
    """How often GitHub was asked to send something again."""
    return len(running.seen("github", r"^POST .*/attempts$"))


async def arrived(running: Running, provider: str = "github", kind: str = "issues") -> int:
    count: int = await running.services.db.fetchval(ARRIVED, provider, kind)
    return count


async def gap_of(running: Running, hook: str) -> Any:
    """What the owner sees of her webhook."""
    async with running.services.db.as_user((await running.actor()).user_id) as ada:
        return await ada.fetchval("SELECT gap FROM webhook_subscriptions WHERE webhook_id = $1", hook)


async def test_events_reach_the_product_signed_with_the_webhooks_own_secret(running: Running) -> None:
    await hooked(running)
    await happen(running, 3)
    assert await arrived(running) == 3
    rows = await running.services.db.fetch(
        "SELECT DISTINCT account_id, subscription FROM integration_webhooks"
    )
    assert len(rows) == 1
    assert None not in rows[0]


async def test_what_was_missed_is_found_and_sent_again(running: Running) -> None:  # F20
    _, hook = await hooked(running)
    await happen(running, 5, lost=5)
    assert await arrived(running) == 0
    gap = (await reconcile(running.services, rest=NOW))[hook]
    assert (gap.missing, gap.since, gap.problem) == (0, None, None)
    assert gap.healed >= 5
    assert await arrived(running) == 5
    shown = await gap_of(running, hook)
    assert shown.keys() == {"missing", "since", "healed", "checkedAt"}


async def test_what_arrived_is_not_sent_again(running: Running) -> None:
    _, hook = await hooked(running)
    await happen(running, 2, unheard=2)
    assert await arrived(running) == 2
    assert (await reconcile(running.services, rest=NOW))[hook].missing == 0
    assert redelivered(running) == 0
    await happen(running, 2, lost=2)
    for _ in range(3):
        await reconcile(running.services, rest=NOW)
    assert redelivered(running) == 2
    assert await arrived(running) == 4


async def test_a_gap_is_shown_until_it_is_healed(running: Running) -> None:
    _, hook = await hooked(running)
    await happen(running, 2, lost=4)
    gap = (await reconcile(running.services, rest=NOW, settle_seconds=0))[hook]
    await running.simulators["github"].deliveries.settled()
    assert gap.missing == 2, gap
    shown = await gap_of(running, hook)
    assert (shown["missing"], shown["since"]) == (2, gap.since)
    assert gap.since is not None
    assert await arrived(running) == 0
    healed = (await reconcile(running.services, rest=NOW))[hook]
    assert (healed.missing, await arrived(running)) == (0, 2)


async def test_a_provider_that_asks_to_be_left_alone_is_asked_again_next_time(
    running: Running,
) -> None:  # F10
    _, hook = await hooked(running)
    await happen(running, 3, lost=3)
    github = running.simulators["github"]
    github.budgets.reset()
    github.budgets.lowered["content"] = Limit(1, 60)
    gap = (await reconcile(running.services, rest=NOW, settle_seconds=1))[hook]
    assert gap.problem is not None
    assert (gap.missing, gap.problem["code"]) == (2, "PROVIDER_RATE_LIMITED")
    assert redelivered(running) == 2
    again = (await reconcile(running.services, rest=NOW, settle_seconds=0))[hook]
    assert (again.missing, redelivered(running)) == (2, 2)
    github.budgets.reset()
    await running.services.db.execute("DELETE FROM provider_budgets")
    assert (await reconcile(running.services, rest=NOW))[hook].missing == 0
    assert await arrived(running) == 3


async def test_processes_that_look_at_once_ask_once(running: Running) -> None:
    _, hook = await hooked(running)
    await happen(running, 3, lost=3)
    await running.services.db.execute("UPDATE webhook_subscriptions SET last_reconciled_at = NULL")
    turns = await asyncio.gather(*(reconcile(running.services) for _ in range(4)))
    assert [hook in result for result in turns].count(True) == 1
    assert (redelivered(running), await arrived(running)) == (3, 3)
    assert await reconcile(running.services) == {}


async def test_a_webhook_is_checked_when_its_owner_asks(running: Running) -> None:
    ada, hook = await hooked(running)
    await happen(running, 2, lost=1)
    address = f"/api/webhooks/github/{hook}/check"
    await age(running)
    answer = (await ada.post(address)).json()
    assert (answer["arrives"], answer["missing"], answer["healed"]) == (True, 0, 1)
    assert answer["checkedAt"] is not None
    asked(running).clear()
    assert (await ada.post(address)).json() == answer
    assert asked(running) == []
    tomas = await running.client("tomas")
    assert (await tomas.post(address)).status_code == 404


async def test_a_check_says_that_a_webhook_is_gone(running: Running) -> None:
    ada, hook = await hooked(running)
    del running.simulators["github"].world.data["hooks"][hook]
    await age(running)
    answer = (await ada.post(f"/api/webhooks/github/{hook}/check")).json()
    assert answer["arrives"] is False
    assert answer["problem"]["code"] == "NOT_FOUND"


async def age(running: Running) -> None:
    """The last look lies a minute back."""
    moved = "UPDATE webhook_subscriptions SET last_reconciled_at = last_reconciled_at - interval '1 minute'"
    await running.services.db.execute(moved)


async def test_a_webhook_that_is_gone_at_the_provider_says_so(running: Running) -> None:
    _, hook = await hooked(running)
    del running.simulators["github"].world.data["hooks"][hook]
    gap = (await reconcile(running.services, rest=NOW))[hook]
    assert gap.problem is not None
    assert gap.problem["code"] == "NOT_FOUND"
    assert (await gap_of(running, hook))["problem"]["code"] == "NOT_FOUND"


async def test_the_trouble_of_one_webhook_is_no_others(running: Running) -> None:
    ada, first = await hooked(running)
    del running.simulators["github"].world.data["hooks"][first]
    second = str((await ada.post(HOOKS, json={"events": ["issues"]})).json()["id"])
    await running.simulators["github"].deliveries.settled()
    await happen(running, 1, lost=1)
    outcome = await reconcile(running.services, rest=NOW)
    assert outcome[first].problem
    assert (outcome[second].missing, await arrived(running)) == (0, 1)


async def test_an_ended_connection_is_left_alone(running: Running) -> None:
    ada, _ = await hooked(running)
    await happen(running, 1, lost=1)
    await ada.delete("/api/integrations/github")
    asked(running).clear()
    assert await reconcile(running.services, rest=NOW) == {}
    assert asked(running) == []


async def test_sending_again_is_written_to_the_owners_log(running: Running) -> None:
    await hooked(running)
    await happen(running, 1, lost=1)
    await reconcile(running.services, rest=NOW)
    logged = "SELECT count(*) FROM audit_log WHERE subject = 'github.redeliver' AND outcome = 'done'"
    assert await running.services.db.fetchval(logged) >= 1


@pytest.fixture
async def figma_hook(running: Running) -> str:
    """A webhook on a file of Figma's whose ping has arrived or will come again."""
    ada = await running.client()
    await running.connect(ada, "figma")
    arguments = {"event_type": "FILE_UPDATE", "context": "file", "context_id": "TidewaterBookingFlow01"}
    created = await ada.post("/api/integrations/figma/webhooks", json=arguments)
    assert created.status_code == 200, created.text
    await running.simulators["figma"].deliveries.settled()
    return str(created.json()["id"])


async def test_what_a_provider_sends_again_by_itself_is_only_noted(running: Running, figma_hook: str) -> None:
    figma = running.simulators["figma"]
    figma.deliveries.troubles.append(DeliveryFault(match="FILE_UPDATE"))
    for letter in figma.happen({"event": "FILE_UPDATE", "file": "TidewaterBookingFlow01"}):
        figma.deliveries.send(letter)
    await figma.deliveries.settled()
    gap = (await reconcile(running.services, rest=NOW))[figma_hook]
    assert gap.missing >= 1
    figma.clock.advance(301)
    figma.deliveries.catch_up()
    await figma.deliveries.settled()
    assert await arrived(running, "figma", "FILE_UPDATE") == 1
    later = (await reconcile(running.services, rest=NOW))[figma_hook]
    assert later.missing < gap.missing


def test_a_gap_is_shown_with_the_moment_it_was_looked_for() -> None:
    shown = MissedDeliveries(
        2, 1, "2026-11-25T10:00:00Z", {"code": "NOT_FOUND", "message": "It is gone."}
    ).as_json()
    assert shown.pop("checkedAt")
    assert shown == {
        "missing": 2,
        "since": "2026-11-25T10:00:00Z",
        "healed": 1,
        "problem": {"code": "NOT_FOUND", "message": "It is gone."},
    }

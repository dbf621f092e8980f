"""Turns under a limit with patience, as several processes take them."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from fluxstudio.core.rate_limits.provider import GrantBudget, waiting_in_queue
from fluxstudio.errors import ProviderRateLimited
from fluxstudio.sdk import Limit
from tests.support.running import Start

# So slow that nothing of it passes while a test runs.
SLOW = Limit(1, 1000, max_wait_seconds=5000)


async def test_turns_are_given_one_after_the_other_whichever_process_asks(start: Start) -> None:
    one = await start()
    two = await start(simulators=one.simulators)
    grant = (await one.grant_of(await one.connect(await one.client(), "slack")))["id"]
    budgets = [GrantBudget(running.services.db, grant, "Slack") for running in (one, two)]
    turns = await asyncio.gather(*(budgets[number % 2].spend("posts:here", SLOW) for number in range(6)))
    for number, turn in enumerate(sorted(turns)):
        assert 1000 * number - 120 < turn <= 1000 * number
    with pytest.raises(ProviderRateLimited) as caught:
        await budgets[0].spend("posts:here", SLOW)
    assert 5880 < caught.value.retry_after <= 6000
    assert await budgets[1].spend("posts:there", SLOW) == 0


async def test_a_turn_comes_after_what_the_provider_asked_us_to_wait(start: Start) -> None:
    running = await start()
    grant = (await running.grant_of(await running.connect(await running.client(), "slack")))["id"]
    budget = GrantBudget(running.services.db, grant, "Slack")
    await budget.block("posts:here", 3000)
    assert 2880 < await budget.spend("posts:here", SLOW) <= 3000
    assert 3880 < await budget.spend("posts:here", SLOW) <= 4000
    await budget.block("posts:here", 7000)
    with pytest.raises(ProviderRateLimited) as caught:
        await budget.spend("posts:here", SLOW)
    assert 6880 < caught.value.retry_after <= 7000


# Used up by its first call, and full again only in 1000 seconds.
ONE = Limit(1, 1000)


async def test_a_budget_that_is_used_up_says_when_there_is_more(start: Start) -> None:
    running = await start()
    grant = (await running.grant_of(await running.connect(await running.client(), "slack")))["id"]
    budget = GrantBudget(running.services.db, grant, "Slack")
    assert await budget.spend("pages", ONE) == 0
    with pytest.raises(ProviderRateLimited) as caught:
        await budget.spend("pages", ONE)
    assert 880 < caught.value.retry_after <= 1000


async def test_a_bucket_that_was_blocked_before_its_first_call_says_until_when(start: Start) -> None:
    running = await start()
    grant = (await running.grant_of(await running.connect(await running.client(), "slack")))["id"]
    budget = GrantBudget(running.services.db, grant, "Slack")
    await budget.block("pages", 3000)
    for limit in (ONE, None):
        with pytest.raises(ProviderRateLimited) as caught:
            await budget.spend("pages", limit)
        assert 2880 < caught.value.retry_after <= 3000


async def test_a_members_calls_of_the_queue_come_back_one_after_the_other(start: Start) -> None:  # R60
    """Not all at once, to be refused again; another member's come back in a line of their own."""
    running = await start()
    grant = (await running.grant_of(await running.connect(await running.client(), "slack")))["id"]
    ada, mei = [(await running.actor(name)).user_id for name in ("ada", "mei")]
    budget = GrantBudget(running.services.db, grant, "Slack")

    async def refused(user: UUID) -> float:
        with waiting_in_queue(user), pytest.raises(ProviderRateLimited) as caught:
            await budget.spend("posts:here", SLOW)
        return caught.value.retry_after

    with waiting_in_queue(ada):
        assert await budget.spend("posts:here", SLOW) == 0
    back = [await refused(ada) for _ in range(3)]
    for number, seconds in enumerate(back, start=1):
        assert 1000 * number - 120 < seconds <= 1000 * number
    assert 880 < await refused(mei) <= 1000
    # Whoever waits for the answer still waits for the turn itself.
    assert 880 < await budget.spend("posts:here", SLOW) <= 1000

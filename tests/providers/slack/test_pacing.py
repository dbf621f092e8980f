"""One message a second in each channel, whoever posts: short waits are waited, long ones told."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from fluxstudio.providers.slack import slack
from fluxstudio.sdk import Limit
from tests.providers.slack.conftest import DESIGN, TIDEWATER, Sandbox, run
from tests.support.direct import Recorded
from tests.support.running import Running, Start

PATH = "/api/integrations/slack/message"
BUSY = """
INSERT INTO provider_budgets (grant_id, bucket, busy_until)
SELECT grant_id, $1, clock_timestamp() + make_interval(secs => $2) FROM connections
"""


async def post(client: httpx2.AsyncClient, text: str, channel: str = DESIGN) -> httpx2.Response:
    return await client.post(PATH, json={"channel": channel, "text": text})


def texts_in(running: Running, channel: str) -> list[str]:
    return [message["text"] for message in running.simulators["slack"].world.data["messages"][channel]]


def test_a_channel_takes_one_message_a_second_and_a_few_may_wait() -> None:
    assert slack.http.limits["chat.postMessage"] == Limit(1, 1, max_wait_seconds=5)


async def test_a_message_is_sent_when_its_turn_has_come(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    assert isinstance(api.budget, Recorded)
    api.budget.turns = [2.5]
    waited: list[tuple[float, int]] = []

    async def wait(seconds: float) -> None:
        waited.append((seconds, sandbox.seen("chat.postMessage")))

    api.pause = wait
    await run(api, "message", channel=DESIGN, text="Later")
    assert waited == [(2.5, 0)]
    assert sandbox.seen("chat.postMessage") == 1


async def test_a_burst_from_several_processes_is_spread_and_arrives(start: Start) -> None:
    one = await start()
    two = await start(simulators=one.simulators)
    await one.connect(await one.client(), "slack")
    clients = [await running.client() for running in (one, two)]
    begun = await one.services.db.now()
    answers = await asyncio.gather(*(post(clients[number % 2], f"burst {number}") for number in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert {text for text in texts_in(one, DESIGN) if text.startswith("burst")} == {
        f"burst {n}" for n in range(4)
    }
    free_again = await one.services.db.fetchval("SELECT max(busy_until) FROM provider_budgets")
    assert (free_again - begun).total_seconds() >= 4


async def test_a_wait_that_is_too_long_is_told_and_holds_up_no_other_channel(start: Start) -> None:
    running = await start()
    ada = await running.client()
    await running.connect(ada, "slack")
    await running.services.db.execute(BUSY, f"chat.postMessage:{DESIGN}", 900.0)
    answer = await post(ada, "Too much")
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (429, "PROVIDER_RATE_LIMITED")
    assert 800 < body["retryAfter"] <= 900
    assert "Too much" not in texts_in(running, DESIGN)
    assert (await post(ada, "Elsewhere", TIDEWATER)).status_code == 200


async def test_what_slack_itself_asks_us_to_wait_is_waited(start: Start) -> None:
    running = await start()
    ada = await running.client()
    await running.connect(ada, "slack")
    await running.services.db.execute(BUSY, f"chat.postMessage:{DESIGN}", 0.0)
    await running.services.db.execute(
        "UPDATE provider_budgets SET blocked_until = clock_timestamp() + interval '900 seconds'"
    )
    answer = await post(ada, "Blocked")
    assert answer.status_code == 429
    assert 800 < answer.json()["retryAfter"] <= 900

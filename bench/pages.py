"""What every page costs where much is stored: its median and 95th percentile, beside a bare route of 50 rows.

Stored are 10,000 events, 2,000 channels, 510 files, 1,000 repositories, 200 automations and 2,000 runs. Times
are of the whole way from a request to its answer, as a browser waits for it.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from statistics import median, quantiles
from typing import Any

import httpx2

from bench.lists import bare_route, filled, took_each
from bench.stage import installation
from tests.support.automating import Automating
from tests.support.running import Running

EVENTS, RULES, RUNS = 10_000, 200, 2_000
MEDIAN_MS, P95_MS = 25, 80
# One second apart, so that they fill the last hours.
RECEIVED = """
INSERT INTO integration_webhooks (id, provider, delivery_key, event_type, account_id, order_key, payload,
                                  status, attempts, audience, received_at, handled_at)
SELECT overlay(first_event_id(at)::text PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, 'slack', n::text,
       'message', $1, 'slack:C' || n % 50,
       '{"event": {"type": "message", "channel": "C0DESIGN01", "text": "Hello"}}', 'handled', 1, '', at, at
FROM generate_series(1, $2::integer) AS n
CROSS JOIN LATERAL (SELECT now() - n * interval '1 second' AS at) moment
"""
RAN = """
INSERT INTO automation_runs (automation_id, version, event_id, status, created_at, finished_at)
SELECT id, 1, gen_random_uuid(), 'done', now() - n * interval '1 minute', now()
FROM automations CROSS JOIN generate_series(1, $1::integer) AS n
"""
SLACK_RULE: dict[str, Any] = {
    "when": {"event": "slack.message"},
    "do": {
        "operation": "github.create_issue",
        "arguments": {"owner": "harbour-pine", "repo": "driftwood", "title": "A"},
    },
}
PATHS = (
    "/",
    "/settings/integrations",
    "/integrations/figma/files?part=results",
    "/integrations/figma/files/TidewaterBookingFlow01",
    "/integrations/slack/channels?part=results",
    "/integrations/github/repositories?part=results",
    "/integrations/github/repositories/harbour-pine/tidewater-web",
    "/automations",
    "/automations/gallery",
    "/automations/new",
    "/automations/{automation}",
    "/activity",
    "/activity?q=Hello",
    "/activity/{event}",
    "/insights",
    "/ask",
    "/design-tokens",
    "/search?q=tide",
    "/settings",
    "/settings/account",
    "/settings/audit",
    "/settings/webhooks",
    "/settings/notifications",
    "/agents",
    "/help",
)


async def pages(repetitions: int, seconds: float) -> None:
    """Fill an installation, and open each page again and again."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(installation())
        browser = await filled(running)
        ids = await _history(running, browser)
        times = max(20, 20 * repetitions)
        bare = median(await took_each(await bare_route(stack), "/", times))
        print(
            f"Pages with {EVENTS:,} events and {RULES} automations; at most "
            f"{MEDIAN_MS} ms p50, {P95_MS} ms p95"
        )
        print(f"  {'bare template route':62}{bare * 1000:7.1f} ms")
        for path in PATHS:
            each = await took_each(browser, path.format(**ids), times)
            middle, slow = median(each) * 1000, quantiles(each, n=20)[-1] * 1000
            missed = "" if middle <= MEDIAN_MS and slow <= P95_MS else "  missed"
            print(f"  {path:62}{middle:7.1f} ms p50{slow:7.1f} ms p95{middle / bare / 1000:6.1f} ×{missed}")


async def _history(running: Running, browser: httpx2.AsyncClient) -> dict[str, str]:
    """Automations, their runs and events of ada's; the ids of one of each."""
    client = await running.client()
    listed = (await client.get("/api/integrations")).json()["integrations"]
    ada = Automating(running, client, {entry["provider"]: entry["id"] for entry in listed})
    for number in range(RULES):
        made = await ada.make(
            SLACK_RULE if number % 2 else {**SLACK_RULE, "when": {"schedule": "0 9 * * 1"}},
            name=f"Rule {number}",
        )
    grant = await running.grant_of(ada.connections["slack"])
    db = running.services.db
    await db.execute(RECEIVED, grant["account_id"], EVENTS)
    await db.execute(RAN, RUNS // RULES)
    await db.execute("ANALYZE")
    event = await db.fetchval("SELECT id FROM integration_webhooks ORDER BY id DESC LIMIT 1")
    return {"automation": made, "event": str(event)}

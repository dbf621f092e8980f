"""What insights cost over ninety days of ten million events, for an administrator and for a member."""

from __future__ import annotations

from contextlib import AsyncExitStack

from bench.lists import bare_route, took
from bench.stage import installation
from tests.support.running import Running

PATH = "/insights?range=90d"
USERS = 200
# Of the product, by hour and then by day: operations by outcome, types of events, processing times.
FILL = """
INSERT INTO insight_counts (hour, figure, provider, subject, outcome, count)
SELECT hour, figure, provider, subject || number, outcome, per_day
FROM (
    SELECT date_trunc('day', now(), 'UTC') - day * interval '1 day' AS hour
    FROM generate_series(8, 190) AS day
    UNION ALL
    SELECT date_trunc('hour', now(), 'UTC') - hour * interval '1 hour' FROM generate_series(0, 7 * 24) AS hour
) hours
CROSS JOIN (VALUES ('figma'), ('slack'), ('github')) providers (provider)
CROSS JOIN (
    VALUES ('calls', 'operation', 15, 'done', 900), ('calls', 'operation', 15, 'cached', 900),
           ('calls', 'operation', 5, 'provider_unavailable', 20), ('events', 'type', 40, 'done', 925),
           ('runs', 'action', 5, 'done', 300), ('runs', 'action', 5, 'failed', 3)
) figures (figure, subject, kinds, outcome, per_day)
CROSS JOIN LATERAL generate_series(1, kinds) AS number
"""
TIMES = """
INSERT INTO insight_counts (hour, figure, provider, subject, outcome, count)
SELECT DISTINCT hour, 'handling', provider, bucket::text, '', 400
FROM insight_counts CROSS JOIN generate_series(10, 100) AS bucket
WHERE user_id IS NULL
"""
OF_USERS = """
INSERT INTO insight_counts (hour, figure, provider, subject, outcome, user_id, count)
SELECT hour, figure, provider, c.subject, outcome, u.id, 9
FROM insight_counts c CROSS JOIN users u
WHERE figure = 'calls' AND outcome = 'done' AND user_id IS NULL AND hour = date_trunc('day', hour, 'UTC')
"""


async def insights(repetitions: int, seconds: float) -> None:
    """Fill half a year of counts, and open the page again and again."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(installation())
        await _fill(running)
        bare = await took(await bare_route(stack), "/", round(50 * repetitions))
        rows = await running.services.db.fetchval("SELECT count(*) FROM insight_counts")
        print(f"Insights over 90 days, {rows:,} rows of counts, medians")
        print(f"  {'bare template route':28}{bare * 1000:7.1f} ms")
        for title, name, role in (("everyone's", "boss", "admin"), ("a member's own", "ada", None)):
            client = await running.client(name, role=role)
            await client.post("/api/session")
            page = await took(client, PATH, round(5 * repetitions))
            api = await took(client, f"/api{PATH}", round(5 * repetitions))
            print(f"  {title:28}{page * 1000:7.1f} ms{page / bare:6.1f} ×   API {api * 1000:.1f} ms")


async def _fill(running: Running) -> None:
    for number in range(USERS):
        await running.actor(f"member-{number}")
    await running.actor("ada")
    for statement in (FILL, TIMES, OF_USERS, "ANALYZE insight_counts"):
        await running.services.db.execute(statement)

"""Insights: what is counted is counted for whoever it belongs to, and adds up whatever happens."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.core.insights.counts import InsightCounts
from fluxstudio.core.insights.latency import bucket_of, percentile
from fluxstudio.flows.insights.ranges import RANGES
from fluxstudio.flows.insights.report import Insights, insights
from fluxstudio.kit.postgres.database import DatabaseUnavailable
from tests.support.running import Running, Start

CHANNELS = "/api/integrations/slack/channels"


async def of(running: Running, name: str, wanted: str = "7d", *, everyone: bool = False) -> Insights:
    return await insights(running.services, await running.actor(name), RANGES[wanted], everyone=everyone)


async def test_a_users_calls_are_counted_and_nobody_elses_are_shown(running: Running) -> None:
    ada, mei = await running.client("ada"), await running.client("mei")
    await running.connect(ada, "slack")
    for _ in range(3):
        assert (await ada.get(CHANNELS)).status_code == 200
    assert (await mei.get(CHANNELS)).status_code == 409
    own = await of(running, "ada")
    assert (own.calls.count, own.calls.cached, own.calls.failed) == (3, 2, 0)
    [channels] = own.calls.by_subject
    assert (channels.provider, channels.subject, channels.cached) == ("slack", "slack.channels", 2)
    assert sum(point.count for point in own.calls.series) == 3
    assert [series.counts[-1] for series in own.connections] == [1]
    assert (own.connects.begun, own.connects.connected) == (1, 1)
    hers = await of(running, "mei")
    # A call without a connection asked nobody anything.
    assert (hers.calls.count, hers.connects.begun, hers.connections) == (0, 0, [])


async def test_everyones_figures_are_for_administrators_only(running: Running) -> None:
    ada, boss = await running.client("ada"), await running.client("boss", role="admin")
    await running.connect(ada, "slack")
    await ada.get(CHANNELS)
    answer = (await boss.get("/api/insights?range=24h")).json()
    assert (answer["scope"], answer["calls"]["count"], answer["connects"]["connected"]) == ("everyone", 1, 1)
    mine = (await boss.get("/api/insights?scope=mine")).json()
    assert (mine["scope"], mine["calls"]["count"]) == ("mine", 0)
    refused = await ada.get("/api/insights?scope=everyone")
    assert (refused.status_code, refused.json()["code"]) == (403, "ADMIN_REQUIRED")
    own = (await ada.get("/api/insights")).json()
    assert (own["scope"], own["calls"]["count"]) == ("mine", 1)
    assert (await ada.get("/api/insights?range=fortnight")).status_code == 400


async def test_what_two_processes_count_adds_up(running: Running) -> None:
    actor, db = await running.actor("ada"), running.services.db
    processes = [InsightCounts(db) for _ in range(3)]
    for counts in processes:
        for _ in range(5):
            counts.run(actor.user_id, "slack", "slack.message", "done")
    await asyncio.gather(*(counts.add() for counts in processes))
    assert (await of(running, "ada")).runs.count == 15


@pytest.mark.parametrize(
    "trouble",
    [DatabaseUnavailable("away"), asyncpg.DeadlockDetectedError("deadlock"), asyncio.CancelledError()],
)
async def test_nothing_counted_is_lost_where_it_cannot_be_added_now(
    running: Running, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    actor, counts = await running.actor("ada"), InsightCounts(running.services.db)

    async def away(*_: object) -> None:
        raise trouble

    counts.call(actor.user_id, "slack", "slack.message", "done")
    with monkeypatch.context() as patched:
        patched.setattr(type(running.services.db), "execute", away)
        with pytest.raises(type(trouble)):
            await counts.add()
    counts.call(actor.user_id, "slack", "slack.message", "PROVIDER_UNAVAILABLE")
    await counts.add()
    own = await of(running, "ada")
    assert (own.calls.count, own.calls.failed) == (2, 1)


async def test_counts_of_somebody_who_was_erased_hold_up_nobody_elses(running: Running) -> None:
    actor, counts = await running.actor("ada"), InsightCounts(running.services.db)
    counts.call(uuid4(), "slack", "slack.message", "done")
    counts.call(actor.user_id, "slack", "slack.message", "done")
    await counts.add()
    assert (await of(running, "ada")).calls.count == 1
    boss = await running.client("boss", role="admin")
    assert (await boss.get("/api/insights")).json()["calls"]["count"] == 2


async def test_older_hours_become_days_and_still_add_up(running: Running) -> None:
    actor, db = await running.actor("ada"), running.services.db
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ages = [timedelta(days=20, hours=-hour) for hour in (0, 3, 3, 9)] + [timedelta(hours=1)]
    for number, age in enumerate(ages):
        for user in (actor.user_id, None):
            await _stored(running, midnight - age, f"slack.{number}", user)
    before = await of(running, "ada", "30d")
    await running.services.insights.compact()
    await running.services.insights.compact()
    after = await of(running, "ada", "30d")
    assert after.calls == before.calls
    assert after.calls.count == len(ages)
    hours = await db.fetch("SELECT DISTINCT hour FROM insight_counts ORDER BY hour")
    assert [row["hour"] for row in hours] == [midnight - timedelta(days=20), midnight - timedelta(hours=1)]


async def _stored(running: Running, hour: datetime, operation: str, user: UUID | None) -> None:
    await running.services.db.execute(
        "INSERT INTO insight_counts (hour, figure, provider, subject, outcome, user_id, count) "
        "VALUES ($1, 'calls', 'slack', $2, 'done', $3, 1)",
        hour,
        operation,
        user,
    )


@given(st.lists(st.floats(min_value=1, max_value=10_000_000), min_size=1, max_size=200))
def test_a_percentile_is_within_a_tenth_of_the_true_one(milliseconds: list[float]) -> None:
    counts: dict[int, int] = {}
    for duration in milliseconds:
        counts[bucket_of(duration)] = counts.get(bucket_of(duration), 0) + 1
    for share in (0.5, 0.95, 1.0):
        exact = sorted(milliseconds)[max(0, -int(-share * len(milliseconds) // 1) - 1)]
        estimate = percentile(counts, share)
        assert estimate is not None
        assert estimate == pytest.approx(exact, rel=0.11, abs=0.1)


async def test_the_page_and_its_csv_show_the_same_figures(start: Start) -> None:
    running = await start(demo=True)
    browser = await running.client(None)
    await browser.get("/insights")
    await running.connect(browser, "slack")
    assert (await browser.get(CHANNELS)).status_code == 200
    page = await browser.get("/insights?range=24h")
    assert page.status_code == 200
    assert "Slack · channels" in page.text
    csv = await browser.get("/insights.csv?range=24h")
    assert "calls,slack,slack.channels,,1,0" in csv.text
    assert (await browser.get("/insights?range=%00&scope=x")).status_code == 200

"""The product's figures: who may read them, and that they say what happened."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from fluxstudio.core.jobs import queue
from fluxstudio.faces.app import probes
from fluxstudio.kit.serving import listening_socket, serving
from fluxstudio.sdk.simulation.faults import Fault
from tests.support.running import Running, Start

SMALL = ("tests.dropin",)
TOKEN = "made-up-token-of-the-one-who-scrapes"
AWAY = {"x-forwarded-for": "203.0.113.9"}

LONG_AGO = """
UPDATE jobs SET created_at = created_at - interval '1 hour', due_at = due_at - interval '1 hour'
"""
USED_UP = """
INSERT INTO provider_budgets (grant_id, bucket, blocked_until) VALUES ($1, 'x', now() + interval '1 hour')
"""

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(client: httpx2.AsyncClient) -> Figures:
    """Every figure, by name and labels."""
    answer = await client.get("/metrics", headers={"authorization": ""})
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def risen(before: Figures, after: Figures) -> dict[str, float]:
    """What was counted in between, as `name label label`."""
    return {
        " ".join([name.removeprefix("fluxstudio_"), *sorted(value for _, value in labels)]): value - earlier
        for (name, labels), value in after.items()
        if name.endswith("_total") and value > (earlier := before.get((name, labels), 0.0))
    }


async def test_programs_on_this_machine_read_them_without_a_token(product: Running) -> None:
    answer = await (await product.client(None)).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "fluxstudio_database_up 1.0" in answer.text


@pytest.mark.parametrize("host", ["[::1]", "[::1]:8000", "[::ffff:127.0.0.1]", "127.0.0.2", "LOCALHOST:8000"])
async def test_this_machine_may_be_spelled_in_any_way(product: Running, host: str) -> None:
    assert (await (await product.client(None)).get("/metrics", headers={"host": host})).status_code == 200


async def test_they_come_as_openmetrics_where_that_is_asked_for(product: Running) -> None:
    accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5"
    answer = await (await product.client(None)).get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("name", ["forwarded", "x-forwarded-for", "x-real-ip", "via"])
async def test_what_comes_through_a_proxy_is_not_from_this_machine(product: Running, name: str) -> None:
    answer = await (await product.client(None)).get("/metrics", headers={name: "127.0.0.1"})
    assert (answer.status_code, answer.json()["code"]) == (401, "MISSING_TOKEN")


async def test_what_comes_through_a_trusted_proxy_is_not_from_this_machine(start: Start) -> None:
    running = await start(packages=SMALL, trusted_proxies="127.0.0.0/8")
    answer = await (await running.client(None)).get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})
    assert answer.status_code == 401


async def test_a_website_that_names_itself_this_machine_does_not_read_them(product: Running) -> None:
    answer = await (await product.client(None)).get("/metrics", headers={"host": "rebound.example:8000"})
    assert answer.status_code == 401


async def test_administrators_read_them_from_anywhere_and_nobody_else(product: Running) -> None:
    admin, ada = await product.client("grace", role="admin"), await product.client("ada")
    assert (await admin.get("/metrics", headers=AWAY)).status_code == 200
    answer = await ada.get("/metrics", headers=AWAY)
    assert (answer.status_code, answer.json()["code"]) == (403, "ADMIN_REQUIRED")


async def test_a_scraper_elsewhere_shows_the_token_of_the_settings(start: Start) -> None:
    running = await start(packages=SMALL, metrics_token=SecretStr(TOKEN))
    stranger = await running.client(None)

    async def status(authorization: str) -> int:
        headers = {**AWAY, "authorization": authorization}
        return (await stranger.get("/metrics", headers=headers)).status_code

    assert await status(f"Bearer {TOKEN}") == 200
    assert [await status(wrong) for wrong in ("Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}")] == [401] * 3


async def test_a_worker_can_be_probed_and_scraped_and_serves_nothing_else(start: Start) -> None:
    running = await start(packages=SMALL, metrics_token=SecretStr(TOKEN))
    with listening_socket("127.0.0.1", 0) as listening:
        async with serving(probes(running.services), listening):
            worker = await running.client(None)
            worker.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            for path in ("/health", "/ready"):
                assert (await worker.get(path)).status_code == 200
                assert (await worker.head(path)).status_code == 200
            own = await worker.get("/metrics", headers={**AWAY, "authorization": f"Bearer {TOKEN}"})
            assert "fluxstudio_deliveries_total" in own.text
            assert (await worker.get("/metrics", headers=AWAY)).status_code == 401
            for path in ("/", "/api/integrations", "/settings/integrations"):
                elsewhere = await worker.get(path)
                assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "NOT_FOUND")


async def test_an_unset_token_opens_nothing(start: Start) -> None:
    running = await start(packages=SMALL, metrics_token="")
    stranger = await running.client(None)
    answer = await stranger.get("/metrics", headers={**AWAY, "authorization": "Bearer"})
    assert answer.status_code == 401


async def test_connects_calls_and_kept_answers_are_counted(product: Running) -> None:
    ada = await product.client("ada")
    before = await scrape(ada)
    await product.connect(ada, "linear")
    back = await product.decide(await product.begin(ada, "linear"), decision="deny")
    await ada.get(back, headers={"authorization": ""})
    for _ in range(2):
        assert (await ada.get("/api/integrations/linear/issues/ENG")).status_code == 200
    rose = risen(before, await scrape(ada))
    assert {
        "oauth_attempts_total begun linear": 2,
        "oauth_attempts_total connected linear": 1,
        "oauth_attempts_total declined linear": 1,
        "cache_answers_total linear miss": 1,
        "cache_answers_total hit linear": 1,
        "calls_total done linear": 1,
    }.items() <= rose.items()
    assert rose["provider_requests_total 2xx linear"] >= 3


async def test_refreshes_and_failing_providers_are_counted(product: Running) -> None:
    ada = await product.client("ada")
    await product.connect(ada, "linear")
    before = await scrape(ada)
    assert (await ada.post("/api/integrations/linear/refresh")).status_code == 200
    product.simulators["linear"].faults.active.append(Fault(match="/issues"))
    assert (await ada.get("/api/integrations/linear/issues/ENG")).status_code == 502
    rose = risen(before, await scrape(ada))
    assert rose["token_refreshes_total done linear"] == 1
    assert rose["provider_requests_total 5xx linear"] >= 1
    assert rose["calls_total linear provider_unavailable"] == 1


async def test_the_queue_shows_what_waits_and_for_how_long(start: Start) -> None:
    running = await start(packages=SMALL)
    client = await running.client(None)
    async with running.services.db.transaction() as connected:
        await queue.enqueue(connected, "event", [b"1", b"2"])
    await running.services.db.execute(LONG_AGO)
    metrics = await scrape(client)
    labels = frozenset({("job", "event"), ("state", "queued")})
    assert metrics[("fluxstudio_queue_jobs", labels)] == 2
    assert metrics[("fluxstudio_queue_oldest_seconds", frozenset())] >= 3600
    ready = (await client.get("/ready")).json()
    assert (ready["status"], ready["checks"]["queue"][:12]) == ("ready", "2 jobs wait,")


async def test_used_up_budgets_are_shown(start: Start) -> None:
    running = await start(packages=SMALL)
    ada = await running.client("ada")
    grant = await running.grant_of(await running.connect(ada, "linear"))
    await running.services.db.execute(USED_UP, grant["id"])
    metrics = await scrape(ada)
    linear = frozenset({("provider", "linear")})
    assert metrics[("fluxstudio_budgets_blocked", linear)] == 1
    assert 3500 < metrics[("fluxstudio_budgets_blocked_seconds", linear)] <= 3600


async def test_scrapes_that_come_together_ask_the_database_once(start: Start) -> None:
    running = await start(packages=SMALL)
    snapshots = await asyncio.gather(*(running.services.cluster_metrics.snapshot() for _ in range(20)))
    assert {id(entry) for entry in snapshots} == {id(snapshots[0])}


async def test_without_a_database_they_say_so(start: Start) -> None:
    running = await start(packages=SMALL)
    await running.services.db.close()
    metrics = await scrape(await running.client(None))
    assert metrics[("fluxstudio_database_up", frozenset())] == 0


async def test_nothing_of_a_request_becomes_a_label(product: Running) -> None:
    ada = await product.client("ada")
    await ada.get("/api/integrations/made-up-by-somebody/auth")
    await ada.get("/api/integrations/linear/callback", params={"code": "x", "state": "made-up-by-somebody"})
    text = (await ada.get("/metrics", headers={"authorization": ""})).text
    assert "made-up-by-somebody" not in text

"""Trouble is told to people once when it begins and once when it is over, wherever it was counted."""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.core.jobs import queue
from fluxstudio.core.metrics import counters
from fluxstudio.core.metrics.cluster import ClusterMetrics
from fluxstudio.core.metrics.counters import Figure
from fluxstudio.errors import NotConnected
from fluxstudio.flows import alerts
from fluxstudio.flows.alerts import CONDITIONS, AlertCondition, judged
from fluxstudio.kit.postgres.database import Database
from fluxstudio.sdk import Notifier
from fluxstudio.sdk.simulation.faults import Fault
from tests.support.running import Running, Start

CHANNEL = "C0DESIGN01"
BY_NAME = {condition.name: condition for condition in CONDITIONS}
LATER = """
UPDATE figures SET minute = minute - interval '1 hour';
UPDATE alerts SET began_at = began_at - interval '20 minutes', calm_since = calm_since - interval '6 minutes'
"""


class Ops:
    """An installation that tells trouble to a channel, and what stands there."""

    def __init__(self, running: Running, provider: str) -> None:
        self.running = running
        self.provider = provider
        self._before = len(self._all())

    def _all(self) -> list[str]:
        world = self.running.simulators[self.provider].world.data
        return [message["text"] for message in world["messages"].get(CHANNEL, [])]

    @property
    def messages(self) -> list[str]:
        return self._all()[self._before :]

    async def look(self) -> None:
        await alerts.watch(self.running.services)

    async def later(self) -> None:
        """Time goes by in which nothing happens."""
        await self.running.services.db.execute(LATER)

    async def on(self) -> set[tuple[str, str]]:
        rows = await self.running.services.db.fetch("SELECT name, about FROM alerts")
        return {(row["name"], row["about"]) for row in rows}


@pytest.fixture
async def ops(start: Start) -> Ops:
    running = await start(alert_channel=CHANNEL, alert_user="ada")
    registry = running.services.registry
    provider = next(entry.provider.id for entry in registry if entry.provider.capability(Notifier))
    await running.connect(await running.client("ada"), provider)
    # Those of the connect itself.
    await running.services.cluster_metrics.share()
    await running.services.db.execute("DELETE FROM figures")
    return Ops(running, provider)


def count(figure: Any, *labels: str, times: int = 1) -> None:
    for _ in range(times):
        figure(*labels)


async def test_trouble_is_told_once_when_it_begins_and_once_when_it_is_over(ops: Ops) -> None:
    count(counters.attempted, "figma", "connected", times=18)
    count(counters.attempted, "figma", "failed", times=2)
    for _ in range(3):
        await ops.look()
    (text,) = ops.messages
    assert text.startswith("2 of 20 tries to connect Figma failed in the last 15 minutes. The log lines")
    for _ in range(3):
        await ops.later()
        await ops.look()
    assert ops.messages[1:] == ["Over after 40 min: Figma can be connected again."]
    assert await ops.on() == set()


async def test_a_pause_in_the_trouble_is_not_its_end(ops: Ops) -> None:
    for _ in range(3):
        count(counters.signature_checked, "github", "failed", times=5)
        await ops.look()
        await ops.running.services.db.execute("UPDATE figures SET minute = minute - interval '1 hour'")
        await ops.look()
    assert len(ops.messages) == 1
    assert await ops.on() == {("SignaturesFailing", "github")}


async def test_trouble_that_comes_back_is_told_anew(ops: Ops) -> None:
    for _ in range(2):
        count(counters.refreshed, "github", "unanswered", times=3)
        for _ in range(3):
            await ops.look()
            await ops.later()
        await ops.look()
    assert [text.split()[0] for text in ops.messages] == ["GitHub", "Over", "GitHub", "Over"]


async def test_what_every_process_counted_counts_together(ops: Ops) -> None:
    """No process alone has seen enough."""
    count(counters.signature_checked, "figma", "failed", times=3)
    await ops.look()
    assert ops.messages == []
    other = ClusterMetrics(ops.running.services.db)
    count(counters.signature_checked, "figma", "failed", times=3)
    await other.share()
    # What this process counted is what the other did here.
    ops.running.services.cluster_metrics._shared.update(counters.totals())
    await ops.look()
    assert [text[:10] for text in ops.messages] == ["6 of 6 web"]


async def test_a_provider_that_fails_is_noticed_through_real_calls(ops: Ops) -> None:
    services, name = ops.running.services, "figma"
    ada = await ops.running.client("ada")
    await ops.running.connect(ada, name)
    fault = Fault(match="/v1/files", kind="status", status=500)
    ops.running.simulators[name].faults.active.append(fault)
    for _ in range(5):
        assert (await ada.get(f"/api/integrations/{name}/files/TidewaterBookingFlow01")).status_code == 502
    await alerts.watch(services)
    assert any("requests to Figma got no usable answer" in text for text in ops.messages)


async def test_a_queue_that_nobody_works_on_is_told(ops: Ops) -> None:
    db = ops.running.services.db
    async with db.transaction() as connected:
        await queue.enqueue(connected, "event", [b"1"])
    await db.execute("UPDATE jobs SET created_at = created_at - interval '10 min'")
    await db.execute("UPDATE jobs SET due_at = created_at")
    await ops.look()
    assert [text[:28] for text in ops.messages] == ["A job has been due for 600 s"]


async def test_a_database_that_was_away_is_told_once_it_is_back(ops: Ops) -> None:
    services = ops.running.services
    count(counters.signature_checked, "figma", "failed", times=5)
    await services.db.close()
    for _ in range(3):
        await services.cluster_metrics.share()
    await services.db.open()
    await ops.look()
    assert {name for name, _ in await ops.on()} == {"DatabaseAway", "SignaturesFailing"}
    assert any(text.startswith("The database did not answer") for text in ops.messages)


async def test_what_cannot_be_told_now_is_told_later(ops: Ops) -> None:
    faults = ops.running.simulators[ops.provider].faults
    faults.active.append(Fault(match="chat.postMessage", status=500))
    count(counters.delivered, "event", "dead")
    await ops.look()
    assert ops.messages == []
    faults.active.clear()
    for _ in range(2):
        await ops.look()
    assert [text[:27] for text in ops.messages] == ["Events that failed for good"]


@pytest.mark.parametrize("email", ["", "nobody@example.com", "mei@example.com"])
async def test_settings_that_lead_nowhere_stop_nothing(start: Start, email: str) -> None:
    running = await start(packages=("tests.dropin",), alert_channel=CHANNEL, alert_user=email)
    await running.actor("mei")
    count(counters.signature_checked, "linear", "failed", times=5)
    await alerts.watch(running.services)
    await alerts.watch(running.services)
    stored = await running.services.db.fetchrow("SELECT name, told FROM alerts")
    assert tuple(stored or ()) == ("SignaturesFailing", False)


async def test_without_a_channel_trouble_is_kept_and_shown_all_the_same(start: Start) -> None:
    running = await start(packages=("tests.dropin",))
    count(counters.signature_checked, "linear", "failed", times=5)
    await alerts.watch(running.services)
    another = await start(packages=("tests.dropin",))
    text = (await (await another.client(None)).get("/metrics")).text
    assert 'fluxstudio_alerts{about="linear",name="SignaturesFailing"} 1.0' in text


async def test_old_figures_are_swept(database: dict[str, Any]) -> None:
    async with Database(database) as db:
        figures = ClusterMetrics(db)
        count(counters.signature_checked, "figma", "failed")
        await figures.share()
        await db.execute("UPDATE figures SET minute = minute - interval '2 days'")
        count(counters.signature_checked, "figma", "failed")
        await figures.share()
        await figures.sweep()
        assert await db.fetchval("SELECT count(*) FROM figures") == 1


def recent(figure: str, **outcomes: int) -> dict[Figure, int]:
    return {(figure, "figma", outcome.lstrip("_")): number for outcome, number in outcomes.items()}


@pytest.mark.parametrize(
    ("name", "of", "trouble", "well"),
    [
        ("ConnectsFailing", recent("attempts", connected=94, failed=6), True, False),
        ("ConnectsFailing", recent("attempts", connected=95, failed=5), False, False),
        ("ConnectsFailing", recent("attempts", connected=98, failed=2), False, True),
        ("ConnectsFailing", recent("attempts", begun=999, declined=99, connected=30, failed=3), True, False),
        ("ConnectsFailing", recent("attempts", declined=9, failed=1), False, True),
        ("RefreshesFailing", recent("refreshes", done=999, unanswered=1, refused=2), True, False),
        ("RefreshesFailing", recent("refreshes", ended=50), False, True),
        ("SignaturesFailing", recent("signatures", stranger=500), False, True),
        ("SignaturesFailing", recent("signatures", verified=4, stranger=500), False, True),
        ("SignaturesFailing", recent("signatures", verified=100, failed=5), False, True),
        ("SignaturesFailing", recent("signatures", verified=19, failed=5, stranger=99), True, False),
        ("ProviderFailing", recent("requests", _2xx=40, _5xx=2, unanswered=2, unreadable=1), True, False),
        ("ProviderFailing", recent("requests", _4xx=500, _2xx=4, _5xx=5), False, True),
        ("ProviderFailing", recent("requests", _5xx=4), False, True),
    ],
)
def test_only_what_is_enough_is_trouble(name: str, of: dict[Figure, int], trouble: bool, well: bool) -> None:
    (result,) = judged(BY_NAME[name], of)
    assert (result.trouble, result.well) == (trouble, well)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_every_alert_says_what_to_do_and_names_no_provider_itself(condition: AlertCondition) -> None:
    assert condition.began.count(". ") >= 1
    assert condition.began.endswith(".")
    for text in (condition.began, condition.ended):
        assert not {"Figma", "Slack", "GitHub"} & set(text.split())
        text.format(bad=1, all=2, name="It")


async def test_of_several_accounts_only_the_one_that_is_named_is_used(start: Start) -> None:  # R67
    """Whichever came first could be another company's."""
    running = await start(alert_channel=CHANNEL, alert_user="ada")
    client = await running.client("ada")
    first = await running.connect(client, "slack", choice="T0HARBOUR1")
    ops = Ops(running, "slack")
    await running.connect(client, "slack", choice="T0PINELABS")
    actor = await running.actor()
    with pytest.raises(NotConnected, match="Name one in ALERT_CONNECTION"):
        await alerts._notify(running.services, actor, CHANNEL, "Trouble")
    running.services.settings.alert_connection = first
    await alerts._notify(running.services, actor, CHANNEL, "Trouble")
    assert ops.messages == ["Trouble"]

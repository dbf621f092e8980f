"""Events that a provider could not deliver, and does not send again by itself."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from chaos.report import Row
from chaos.stage import Stage, stage
from fluxstudio.flows.webhooks.reconcile import MissedDeliveries, reconcile
from tests.support.process import served

REPOSITORY = "ada-park/sketchbook"
HOOKS = f"/api/integrations/github/repositories/{REPOSITORY}/hooks"
ARRIVED = (
    "SELECT count(DISTINCT delivery_key), count(*) FROM integration_webhooks WHERE event_type = 'issues'"
)
MOST_TURNS = 20


async def missed_deliveries(events: int = 200) -> Row:
    """F20: GitHub's events meet a process that was killed; once it is back they are found and sent again."""
    async with stage() as here:
        port = await _hooked_and_killed(here)
        github = here.running.simulators["github"]
        begun = github.clock.now()
        for number in range(events):
            wanted = {"event": "issues", "repository": REPOSITORY, "title": f"Heron {number}"}
            github.happen(wanted)
        await github.deliveries.settled()
        lost = sum(not entry["delivered"] and entry["at"] >= begun for entry in github.deliveries.log)
        async with served(here.running, here.target, here.home / "again", port):
            turns, gap = await _healed(here)
        row = await here.running.services.db.fetchrow(ARRIVED)
        assert row is not None
        again = sum(entry["redelivery"] for entry in github.deliveries.log)
        return Row(
            f"F20 {events} events of GitHub's while the product is down",
            "found and redelivered to 100 %",
            f"{lost} not delivered, {again} sent again in {turns} turns, {row[0]} arrived, "
            f"{gap.missing} missing",
            lost == events and tuple(row) == (events, events) and gap.missing == 0,
        )


async def _hooked_and_killed(here: Stage) -> int:
    """A process that GitHub's events lead to, killed; its port."""
    [server] = await here.processes(1)
    made = await here.client.post(f"{server.base}{HOOKS}", json={"events": ["issues"]})
    assert made.status_code == 201, made.text
    await here.running.simulators["github"].deliveries.settled()
    server.kill()
    await server.process.wait()
    return int(urlsplit(server.base).port or 0)


async def _healed(here: Stage) -> tuple[int, MissedDeliveries]:
    """Turns, one after another, until nothing is missing; how many, and what the last one found."""
    turns = 0
    while turns < MOST_TURNS:
        turns += 1
        [gap] = (await reconcile(here.running.services, rest=timedelta(0))).values()
        if gap.missing == 0 and gap.problem is None:
            break
        # What a quarter of an hour does: GitHub lets an app write 80 times a minute.
        await here.running.services.db.execute("DELETE FROM provider_budgets")
        here.running.simulators["github"].budgets.reset()
    return turns, gap

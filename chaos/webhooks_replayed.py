"""A captured delivery of GitHub's, sent again and again under other ids, names and webhooks."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from uuid import uuid4

from chaos.report import Row
from chaos.stage import stage, tally
from chaos.webhooks import EFFECTS, settled
from tests.support.webhooks import github_event

ADDRESS = "/api/integrations/github/webhook"
NAMES = ("issues", "issues", "issue_comment", "push", "pull_request", "hologram")
AT_ONCE = 50
CAPTURED = {
    "action": "opened",
    "issue": {"number": 7, "title": "Heron", "updated_at": "2026-11-29T10:00:00Z"},
    "repository": {"id": 80012, "owner": {"id": 58301, "type": "User"}},
    "sender": {"id": 58301, "login": "ada-park", "type": "User"},
}


async def captured_delivery(times: int = 1000, processes: int = 2) -> Row:
    """One signed body arrives under fresh ids, event names and webhook ids on several processes at once."""
    async with stage() as here:
        servers = await here.processes(processes)
        body, headers = github_event("issues", CAPTURED)
        outcomes: Counter[str] = Counter()
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            fresh = {
                "x-github-delivery": str(uuid4()),
                "x-github-event": random.choice(NAMES),
                "x-github-hook-id": str(random.randrange(10**9)),
            }
            async with turn:
                server = servers[number % processes]
                answer = await here.client.post(
                    server.base + ADDRESS, content=body, headers={**headers, **fresh}
                )
            outcomes[str(answer.status_code)] += 1

        await asyncio.gather(*(one(number) for number in range(times)))
        db = here.running.services.db
        await settled(db)
        events = await db.fetchval("SELECT count(*) FROM integration_webhooks")
        effects = await db.fetchval(EFFECTS)
        return Row(
            f"A captured delivery × {times:,} on {processes} processes",
            "one event, one effect",
            f"{tally(outcomes)}; {events} event, {effects} effect",
            events == effects == 1 and set(outcomes) <= {"200", "400"},
        )

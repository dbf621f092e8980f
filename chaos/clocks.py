"""Machines whose clocks are wrong, over a database whose clock is right."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import httpx2
from joserfc.jwk import OctKey

from chaos.report import Row
from chaos.stage import REPOSITORIES, Stage, stage, tally
from tests.support.process import SHIFTED, Served
from tests.support.running import SECRET
from tests.support.tokens import signed

# Seconds that two machines are off by.
OFF = (600, -600)
EXPIRED_STATES = "UPDATE oauth_state_tokens SET expires_at = now() - interval '1 second'"


async def ten_minutes_off(calls: int = 200) -> Row:
    """F12: one process 10 minutes ahead, one 10 minutes behind; both do what the database's clock says."""
    async with stage() as here:
        started = (here.processes(1, PYTHONPATH=SHIFTED, CLOCK_SHIFT=str(off)) for off in OFF)
        ahead, behind = [server for servers in await asyncio.gather(*started) for server in servers]
        await here.age(400, lifetime=1200)
        living = await here.calls([ahead, behind], calls)
        early = here.refreshes()
        await here.age(-1)
        expired = await here.calls([ahead, behind], calls, at_once=calls)
        refreshes = here.refreshes() - early
        verdicts = [await _verdicts(server) for server in (ahead, behind)]
        ways = ((ahead, behind), (behind, ahead))
        crossed = [await _connected(here, *way) for way in ways]
        late = [await _connected(here, *way, late=True) for way in ways]
        stored = await _answer_kept_by(here, behind, ahead) and await _answer_kept_by(here, ahead, behind)
        fine = (
            living == expired == Counter({"200": calls})
            and (early, refreshes) == (0, 1)
            and verdicts == [[True, False, True, False]] * 2
            and (crossed, late, stored) == ([True, True], [False, False], True)
        )
        return Row(
            "F12 clocks 10 min ahead and behind",
            "the database’s clock decides",
            f"token with 400 s left: {early} refreshes, {tally(living)}; expired: {refreshes} refresh, "
            f"{tally(expired)}; tokens of ours judged {_so(verdicts[0] == verdicts[1], 'alike')}; "
            f"begun on one and completed on the other: {crossed.count(True)} of 2, late {late.count(True)}; "
            f"answers kept by one {_so(stored, 'fresh')} on the other",
            fine,
        )


def _so(true: bool, word: str) -> str:
    return word if true else f"NOT {word}"


async def _verdicts(server: Served) -> list[bool]:
    """Whether it takes API tokens that are good, expired, valid already and not yet valid, by two minutes."""
    now = time.time()
    soon, long_ago, later = now + 120, now - 120, now + 900
    cases: list[dict[str, Any]] = [
        {"exp": soon},
        {"exp": long_ago},
        {"exp": later, "nbf": long_ago},
        {"exp": later, "nbf": soon},
    ]
    results = []
    for claims in cases:
        bearer = {"authorization": f"Bearer {signed(OctKey.import_key(SECRET), **claims)}"}
        async with httpx2.AsyncClient(base_url=server.base, headers=bearer, verify=False) as client:
            results.append((await client.get("/api/session")).status_code == 200)
    return results


async def _connected(here: Stage, begun_at: Served, done_at: Served, *, late: bool = False) -> bool:
    """Whether a connect that was begun on one machine is completed on another, where both share a name."""
    client = await here.running.client()
    begun = await client.get(f"{begun_at.base}/api/integrations/slack/auth")
    back = httpx2.URL(await here.running.decide(begun.json()["authorizationUrl"]))
    if late:
        await here.running.services.db.execute(EXPIRED_STATES)
    done = await client.get(f"{done_at.base}{back.path}?{back.query.decode()}")
    return "status=success" in done.headers["location"]


async def _answer_kept_by(here: Stage, asked_at: Served, then_at: Served) -> bool:
    """Whether an answer that one machine has just kept counts as fresh on another."""
    await here.forget()
    await here.client.get(asked_at.base + REPOSITORIES)
    answer = (await here.client.get(then_at.base + REPOSITORIES)).json()
    return (answer["cached"], answer["stale"]) == (True, False)

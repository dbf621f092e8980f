"""Tokens that expire, are killed, come late, or come while something dies."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress

import asyncpg

from chaos.report import Row
from chaos.stage import ACCESS, Stage, stage, tally, until
from fluxstudio.sdk.simulation import Fault
from tests.support.process import Served, served


async def one_refresh_for_all(calls: int = 200, processes: int = 4) -> Row:
    """F2: many calls on several processes meet one expired, rotating token."""
    async with stage() as here:
        servers = await here.processes(processes)
        await here.age(-1)
        here.running.simulators["github"].clock.advance(9 * 3600)
        outcomes = await here.calls(servers, calls, at_once=calls)
        met = outcomes == Counter({"200": calls}) and here.refreshes() == 1
        return Row(
            f"F2 {calls} calls, {processes} processes, one expired token",
            "1 refresh, 0 failed",
            f"{here.refreshes()} refresh, {tally(outcomes)}",
            met,
        )


async def killed_in_flight(rounds: int = 10) -> Row:
    """F3: the provider kills the access token again and again while calls are on their way."""
    async with stage() as here:
        servers = await here.processes(2)
        outcomes: Counter[str] = Counter()
        for _ in range(rounds):
            calling = asyncio.create_task(here.calls(servers, 30, at_once=10))
            await asyncio.sleep(random.uniform(0, 0.1))
            here.running.simulators["github"].grants.remove(kind="access")
            outcomes += await calling
        met = set(outcomes) == {"200"}
        return Row(
            f"F3 token killed {rounds} times under calls",
            "one replay, 0 errors",
            f"{tally(outcomes)}, {here.refreshes()} refreshes",
            met and here.refreshes() <= rounds,
        )


async def late_answers(delays: tuple[float, ...] = (9, 11, 29, 61)) -> Row:
    """F4: a refresh is answered late; in the meantime others call on two processes."""

    async def one(delay: float) -> tuple[str, bool]:
        async with stage() as here:
            servers = await here.processes(2)
            await here.age(-1)
            here.running.simulators["github"].faults.active.append(
                Fault(match=ACCESS, kind="latency", delay=delay, times=1)
            )
            first = await here.calls(servers, 6)
            while (await here.grant())["lease_until"] is not None:
                await asyncio.sleep(0.5)
            after = await here.calls(servers, 6)
            version = (await here.grant())["version"]
            fine = here.refreshes() == 1 and version == 2 and after == Counter({"200": 6})
            return f"{delay:g} s: {here.refreshes()} refresher, then {tally(after)}", fine and bool(first)

    result = await asyncio.gather(*(one(delay) for delay in delays))
    return Row(
        f"F4 refresh answered after {'/'.join(f'{delay:g}' for delay in delays)} s",
        "never two refreshers, newest token kept",
        "; ".join(text for text, _ in result),
        all(fine for _, fine in result),
    )


async def killed_before_commit(times: int = 100) -> Row:
    """F5: kill -9 after the provider has answered and the tokens are spooled, before our commit."""
    async with stage() as here:
        lost = unspooled = 0
        spool = here.home / "victim" / "spool"
        for _ in range(times):
            await here.age(-1)
            version = (await here.grant())["version"]
            async with served(here.running, here.target, here.home / "victim") as victim:
                await _die_between(here, victim, version)
            if not list(spool.glob("*.sealed")):
                unspooled += 1
            async with served(here.running, here.target, here.home / "victim") as heir:
                if await here.call(heir) != "200":
                    lost += 1
        return Row(
            f"F5 kill -9 between answer and commit × {times}",
            "0 grants lost once spooled",
            f"{lost} lost, {times - unspooled} of {times} were spooled",
            lost == 0,
        )


async def _die_between(here: Stage, victim: Served, version: int) -> None:
    """Let a process refresh, hold its commit back, and kill it there."""
    before = len(here.running.seen("github", ACCESS))
    here.running.simulators["github"].faults.active.append(
        Fault(match=ACCESS, kind="latency", delay=0.2, times=1)
    )
    holder = await asyncpg.connect(**here.target)
    try:
        asking = asyncio.create_task(here.call(victim))
        await until(lambda: len(here.running.seen("github", ACCESS)) > before)
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("SELECT 1 FROM oauth_tokens FOR UPDATE")
        spool = here.home / "victim" / "spool"
        with suppress(TimeoutError):
            await until(lambda: bool(list(spool.glob("*.sealed"))), 5)
        await asyncio.sleep(random.uniform(0, 0.02))
        victim.kill()
        await victim.process.wait()
        await holder.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND backend_type = 'client backend'"
        )
        await transaction.rollback()
        await asking
    finally:
        await holder.close()


async def database_away_at_commit(times: int = 5) -> Row:
    """F6: the database restarts between the provider's answer and our commit."""
    async with stage() as here:
        [server] = await here.processes(1)
        outcomes: Counter[str] = Counter()
        for _ in range(times):
            await here.age(-1)
            before = len(here.running.seen("github", ACCESS))
            here.running.simulators["github"].faults.active.append(
                Fault(match=ACCESS, kind="latency", delay=0.3, times=1)
            )
            asking = asyncio.create_task(here.call(server))
            await until(lambda seen=before: len(here.running.seen("github", ACCESS)) > seen)  # type: ignore[misc]
            await asyncio.sleep(0.25)
            await here.postgres.restart()
            await asking
            for _ in range(50):
                outcome = await here.call(server)
                if outcome == "200":
                    break
                await asyncio.sleep(0.2)
            outcomes[outcome] += 1
        return Row(
            f"F6 database restarted at token commit × {times}",
            "recovered",
            f"{tally(outcomes)} afterwards, {here.refreshes()} refreshes",
            outcomes == Counter({"200": times}) and here.refreshes() == times,
        )


async def refresh_out_of_order(times: int = 10) -> Row:
    """F8: refresh answers 500 again and again while the token has minutes to live."""
    async with stage() as here:
        servers = await here.processes(2)
        here.running.simulators["github"].faults.active.append(Fault(match=ACCESS, status=500))
        outcomes: Counter[str] = Counter()
        for _ in range(times):
            await here.age(240)
            outcomes += await here.calls(servers, 20)
            await asyncio.sleep(0.1)
        return Row(
            f"F8 refresh answers 500 × {here.refreshes()}, minutes left",
            "0 failed calls",
            tally(outcomes),
            set(outcomes) == {"200"} and here.refreshes() >= times,
        )


async def grant_is_gone() -> Row:
    """F9: the provider says invalid_grant."""
    async with stage() as here:
        servers = await here.processes(2)
        simulator = here.running.simulators["github"]
        simulator.grants.remove()
        begun = asyncio.get_running_loop().time()
        await here.calls(servers, 10)
        shown = ""
        while shown != "error":
            listed = (await here.client.get(f"{servers[0].base}/api/integrations")).json()["integrations"]
            shown = listed[0]["status"]
        seconds = asyncio.get_running_loop().time() - begun
        asked = len(simulator.faults.requests)
        outcomes = await here.calls(servers, 50)
        further = len(simulator.faults.requests) - asked
        return Row(
            "F9 invalid_grant",
            "confirmed once, shown ≤ 5 s, then 0 provider calls",
            f"{here.refreshes()} refresh asked, shown after {seconds:.1f} s, then {further} calls; "
            f"{tally(outcomes)}",
            here.refreshes() <= 2 and further == 0 and set(outcomes) == {"409"},
            seconds <= 5,
        )

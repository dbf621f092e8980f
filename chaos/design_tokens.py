"""Runs of a token sync that are killed at each of their steps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from itertools import cycle, islice
from typing import Any

import httpx2

from chaos.report import Row
from chaos.stage import Stage, stage, until
from fluxstudio.sdk.simulation import Fault
from tests.support.process import served
from tests.support.token_syncs import SYNCS, Repository, edit, file_at, made, paint, repository_of

# What a run asks GitHub for, in this order; a process dies while it waits for the answer.
STEPS = (
    r"GET .*/git/ref/heads",
    r"GET .*/contents/",
    r"GET .*/pulls$",
    r"POST .*/git/refs$",
    r"POST .*/graphql$",
    r"POST .*/pulls$",
)
SECONDS_HELD = 0.4
# The simulated GitHub's clock is moved on, and our own count of its writes with it.
REFILL = "DELETE FROM provider_budgets"
EXPIRE = "UPDATE design_token_syncs SET busy_until = NULL, busy_run = NULL"
COLOR = "Coral/500"


async def killed_at_each_step(times: int = 50) -> Row:
    """A run is killed while a call is on its way, which takes effect after all or not; another goes on."""
    async with stage() as here:
        here.running.simulators["github"].world.data["app"]["kind"] = "oauth_app"
        await here.running.connect(here.client, "github")
        await here.running.connect(here.client, "figma", scopes="file_variables:read")
        sync = await made(here.client)
        github = await repository_of(here.running)
        branch = f"fluxstudio/tokens-{sync['id'][:8]}"
        await _merged(here, github, sync, branch)
        doubled = lost = killed = 0
        radius = 6
        for number, step in enumerate(islice(cycle(STEPS), times)):
            # GitHub allows 80 writes a minute.
            here.running.simulators["github"].clock.advance(60)
            paint(here.running, COLOR, red := (number + 1) / 1000)
            await edit(github, f'"value": {radius},', f'"value": {radius + 1},')
            radius += 1
            killed += await _die(here, sync, step, takes_effect=number // len(STEPS) % 2 == 0)
            pulls = await _merged(here, github, sync, branch)
            doubled += pulls != 1
            tokens = json.loads(await file_at(here.client))
            seen = tokens["Palette"]["Coral"]["500"]["$value"]["components"][0]
            lost += (seen, tokens["radius"]["small"]["$value"]["value"]) != (red, radius)
        return Row(
            f"Token sync killed at each of {len(STEPS)} steps × {times}",
            "never two pull requests, never a lost edit",
            f"{doubled} times not one pull request, {lost} edits lost, {killed} of {times} killed",
            doubled == lost == 0,
        )


async def pushed_during_a_run(times: int = 24) -> Row:
    """The file is pushed to while a run waits for an answer; two processes run the sync at once."""
    async with stage() as here:
        here.running.simulators["github"].world.data["app"]["kind"] = "oauth_app"
        await here.running.connect(here.client, "github")
        await here.running.connect(here.client, "figma", scopes="file_variables:read")
        sync = await made(here.client)
        github = await repository_of(here.running)
        branch = f"fluxstudio/tokens-{sync['id'][:8]}"
        await _merged(here, github, sync, branch)
        doubled = lost = reached = 0
        radius = 6
        simulator = here.running.simulators["github"]
        async with served(here.running, here.target, here.home / "second") as second:
            for number, step in enumerate(islice(cycle(STEPS), times)):
                simulator.clock.advance(60)
                paint(here.running, COLOR, red := (number + 1) / 1000)
                fault = Fault(match=step, kind="latency", delay=SECONDS_HELD, times=1)
                simulator.faults.active.append(fault)
                addresses = f"{SYNCS}/{sync['id']}/run", f"{second.base}{SYNCS}/{sync['id']}/run"
                runs = [asyncio.create_task(_run(here.client, address)) for address in addresses]
                await until(partial(_came_to, simulator.faults.active, fault, runs))
                reached += fault not in simulator.faults.active
                await edit(github, f'"value": {radius},', f'"value": {radius + 1},')
                radius += 1
                await asyncio.gather(*runs)
                simulator.faults.active.clear()
                simulator.clock.advance(600)
                await here.running.services.db.execute(REFILL)
                doubled += await _merged(here, github, sync, branch) > 1
                tokens = json.loads(await file_at(here.client))
                seen = tokens["Palette"]["Coral"]["500"]["$value"]["components"][0]
                lost += (seen, tokens["radius"]["small"]["$value"]["value"]) != (red, radius)
        return Row(
            f"Target pushed to at each of {len(STEPS)} steps of a run by two processes × {times}",
            "never two pull requests, never a lost edit",
            f"{doubled} times two pull requests, {lost} edits lost, {reached} of {times} pushes during a run",
            doubled == lost == 0,
        )


def _came_to(active: Sequence[Fault], fault: Fault, runs: Sequence[asyncio.Task[int]]) -> bool:
    """Whether a run waits at a fault's step, or none of them ever will."""
    return fault not in active or all(run.done() for run in runs)


async def _die(here: Stage, sync: dict[str, Any], step: str, *, takes_effect: bool) -> bool:
    """Begin a run in a process, and kill it at a step; whether it came there."""
    simulator = here.running.simulators["github"]
    kind: Any = "latency" if takes_effect else "drop"
    fault = Fault(match=step, kind=kind, delay=SECONDS_HELD, times=1)
    async with served(here.running, here.target, here.home / "victim") as victim:
        simulator.faults.active.append(fault)
        run = asyncio.create_task(_run(here.client, f"{victim.base}{SYNCS}/{sync['id']}/run"))
        await until(lambda: fault not in simulator.faults.active or run.done())
        reached = fault not in simulator.faults.active
        victim.kill()
        await victim.process.wait()
        await run
    simulator.faults.active.clear()
    await here.running.services.db.execute(EXPIRE)
    return reached


async def _run(client: httpx2.AsyncClient, address: str) -> int:
    try:
        return (await client.post(address)).status_code
    except httpx2.TransportError:
        return 0


async def _merged(here: Stage, github: Repository, sync: dict[str, Any], branch: str) -> int:
    """Run a sync to its end and merge what it proposes; how many pull requests were open for it."""
    for _ in range(5):
        answer = await here.client.post(f"{SYNCS}/{sync['id']}/run")
        if answer.status_code == 200:
            break
        await asyncio.sleep(float(answer.headers.get("retry-after", SECONDS_HELD)))
    pulls = await github("GET", f"/pulls?state=open&head=harbour-pine:{branch}")
    for pull in pulls:
        await github("PUT", f"/pulls/{pull['number']}/merge")
    await here.client.post(f"{SYNCS}/{sync['id']}/run")
    return len(pulls)

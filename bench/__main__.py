"""`make bench`: measure, and print the ratios. Asserts nothing: the machine may be busy."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence

import uvloop

from bench.constants import constants
from bench.design_tokens import design_tokens
from bench.endpoints import notice
from bench.handling import handling
from bench.ingest import ingest
from bench.insights import insights
from bench.lists import lists
from bench.measures import Measure, measures
from bench.pages import pages
from bench.plans import plans
from bench.proxying import proxying
from bench.questions import questions
from bench.reaction import reaction
from bench.report import Pace, Result, table
from bench.stage import stage
from bench.volume import volume

LONGEST = {"volume": 3600.0, "plans": 3600.0}
# A busy machine takes many times as long; this only ends what hangs.
USUALLY = 900.0


async def measured(repetitions: int, seconds: float) -> list[Result]:
    """Run every contender for some seconds, in turn and several times over."""
    async with stage() as on:
        wanted = measures(on)
        for measure in wanted:
            await _once(measure, min(seconds, 0.3))
        rounds = [[await _once(measure, seconds) for measure in wanted] for _ in range(repetitions)]
        await on.content()
    return [
        Result(
            measure.title,
            {name: [run[number][name] for run in rounds] for name in measure.contenders},
            measure.least,
        )
        for number, measure in enumerate(wanted)
    ]


async def _once(measure: Measure, seconds: float) -> dict[str, Pace]:
    return {name: await contender(seconds) for name, contender in measure.contenders.items()}


async def calls(repetitions: int, seconds: float) -> None:
    """Calls, sign-ins, connects and tokens, beside the least that could do the same."""
    results = await measured(repetitions, seconds)
    print(f"{repetitions} interleaved repetitions of {seconds:g} s; medians\n\n{table(results)}\n")


async def follow(repetitions: int, seconds: float) -> None:
    """What follows from a webhook."""
    print(f"From a webhook to a rule's message at Slack\n  {await reaction(seconds=10 * seconds)}")


async def announced(repetitions: int, seconds: float) -> None:
    """From a webhook to the host product."""
    print(f"From a webhook to an endpoint\n  {await notice(seconds=10 * seconds)}")


async def report_of(repetitions: int, seconds: float) -> None:
    """What ninety days of events cost. Not part of a plain run: it takes a quarter of an hour and 15 GB."""
    print(await volume())


async def planned(repetitions: int, seconds: float) -> None:
    """What hot statements look at with ten million events. Not part of a plain run, as `report_of`."""
    await plans()


async def ask(repetitions: int, seconds: float) -> None:
    """From a question to its SQL."""
    print(f"Questions\n  {questions(repetitions)}\n")


async def merging(repetitions: int, seconds: float) -> None:
    """Design tokens of both sides into one file."""
    print(f"Design tokens\n  {design_tokens(repetitions)}\n")


PARTS: Mapping[str, Callable[[int, float], Awaitable[None]]] = {
    "calls": calls,
    "ingest": ingest,
    "reaction": follow,
    "endpoints": announced,
    "handling": handling,
    "proxying": proxying,
    "lists": lists,
    "pages": pages,
    "insights": insights,
    "questions": ask,
    "tokens": merging,
    "volume": report_of,
    "plans": planned,
    "constants": constants,
}
USUAL = ("calls", "ingest", "reaction", "endpoints", "handling", "proxying", "questions", "tokens")


async def main(parts: Sequence[str], repetitions: int, seconds: float) -> None:
    """Measure within the time there is, and print the tables."""

    async def every() -> None:
        for part in parts:
            await PARTS[part](repetitions, seconds)

    measuring = asyncio.create_task(every())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, measuring.cancel)
    await asyncio.wait_for(measuring, sum(LONGEST.get(part, USUALLY) for part in parts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="|".join(PARTS), help=f"what to measure, {', '.join(USUAL)} by default"
    )
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    uvloop.run(main(options.parts or USUAL, options.repetitions, options.seconds))

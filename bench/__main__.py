"""`make bench`: measure, and print the ratios. Asserts nothing: the machine may be busy."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

import uvloop

from bench.measures import Measure, measures
from bench.report import Result, table
from bench.stage import stage

LONGEST = 90


async def measured(repetitions: int, seconds: float) -> list[Result]:
    """Run every contender for some seconds, in turn and several times over."""
    async with stage() as on:
        wanted = measures(on)
        for measure in wanted:
            await _once(measure, min(seconds, 0.3))
        rounds = [[await _once(measure, seconds) for measure in wanted] for _ in range(repetitions)]
        await on.kept()
    return [
        Result(
            measure.title,
            {name: [run[number][name] for run in rounds] for name in measure.contenders},
            measure.least,
        )
        for number, measure in enumerate(wanted)
    ]


async def _once(measure: Measure, seconds: float) -> dict[str, float]:
    return {name: await contender(seconds) for name, contender in measure.contenders.items()}


async def main(repetitions: int, seconds: float) -> None:
    """Measure within the time there is, and print the table."""
    measuring = asyncio.create_task(measured(repetitions, seconds))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, measuring.cancel)
    results = await asyncio.wait_for(measuring, LONGEST)
    print(f"{repetitions} interleaved repetitions of {seconds:g} s; medians\n\n{table(results)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    given = parser.parse_args()
    uvloop.run(main(given.repetitions, given.seconds))
    sys.exit(0)

"""`make faults`: run the experiments one after another and print what was seen."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from faults import (
    answers,
    clocks,
    hostile,
    keys,
    resources,
    shared,
    strangers,
    tokens,
    webhooks,
    webhooks_missed,
    webhooks_pressed,
    webhooks_replayed,
)
from faults.report import Row, table
from fluxstudio import logs

EXPERIMENTS: dict[str, Callable[[], Awaitable[Row]]] = {
    "F1": webhooks.killed_while_receiving,
    "F2": tokens.one_refresh_for_all,
    "F3": tokens.killed_in_flight,
    "F4": tokens.late_answers,
    "F5": tokens.killed_before_commit,
    "F6": tokens.database_away_at_commit,
    "F7": webhooks.database_restarted,
    "F8": tokens.refresh_out_of_order,
    "F9": tokens.grant_is_gone,
    "F10": answers.asked_to_wait,
    "F11": answers.rubbish,
    "F12": clocks.ten_minutes_off,
    "F13": webhooks.malformed,
    "F14": webhooks.one_event_everywhere,
    "F14-replays": webhooks_replayed.captured_delivery,
    "F15": webhooks.out_of_order,
    "F16": keys.key_rotation,
    "F17": webhooks.storm,
    "F18": resources.nothing_left,
    "F19": shared.redis_killed,
    "F20": webhooks_missed.missed_deliveries,
    "F21": strangers.unfinished_bodies,
    "F22": hostile.hostile_member,
    "F11-events": webhooks_pressed.slow_and_endless,
    "F18-events": webhooks_pressed.nothing_left,
    "F19-events": webhooks_pressed.redis_killed,
}


async def main(wanted: list[str]) -> int:
    """Run the wanted experiments, or all; 1 when one was not met."""
    logs.set_up(as_json=False, quiet=True)
    rows = []
    for name in wanted or list(EXPERIMENTS):
        begun = time.monotonic()
        row = await EXPERIMENTS[name]()
        rows.append(row)
        state = "ok" if row.met else "NOT MET"
        print(f"{name} {state} in {time.monotonic() - begun:.0f} s: {row.seen}", flush=True)
    print(f"\n{table(rows)}")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))

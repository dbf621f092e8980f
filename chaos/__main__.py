"""`make faults` and `make drills`: run experiments one after another and print what was seen."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from chaos import (
    answers,
    clocks,
    design_tokens,
    endpoints,
    failover,
    fairness,
    hostile,
    keys,
    operating,
    resources,
    shared,
    shipping,
    strangers,
    tokens,
    upgrade,
    webhooks,
    webhooks_missed,
    webhooks_pressed,
    webhooks_replayed,
)
from chaos.calibration import keeps_pace
from chaos.report import NOT_JUDGED, NOT_MET, Row, table
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
    "F22-events": hostile.large_events,
    "F22-rules": hostile.many_rules,
    "F22-versions": hostile.many_versions,
    "F23": fairness.crowded,
    "F24": upgrade.replaced_under_load,
    "F25": endpoints.troubled_host,
    "tokens-killed": design_tokens.killed_at_each_step,
    "tokens-pushed": design_tokens.pushed_during_a_run,
    "D1": operating.stopped_under_calls,
    "D2": operating.hung_first_host,
    "D3": shipping.installed_wheel,
    "D4": shipping.linted_examples,
    "D5": failover.primary_killed,
    "D6": failover.primary_hung,
    "D7": failover.switched_over,
    "F11-events": webhooks_pressed.slow_and_endless,
    "F18-events": webhooks_pressed.nothing_left,
    "F19-events": webhooks_pressed.redis_killed,
}


async def main(wanted: list[str]) -> int:
    """Run the wanted experiments, or all; 1 when one was not met, 3 when the machine was too slow for one."""
    logs.set_up(as_json=False, quiet=True)
    rows = []
    for name in wanted or list(EXPERIMENTS):
        begun, calm = time.monotonic(), keeps_pace()
        row = await EXPERIMENTS[name]()
        row = replace(row, calm=calm and keeps_pace())
        rows.append(row)
        print(f"{name} {row.verdict} in {time.monotonic() - begun:.0f} s: {row.seen}", flush=True)
    print(f"\n{table(rows)}")
    return status_of(rows)


def status_of(rows: Iterable[Row]) -> int:
    """The exit status that says how the experiments went."""
    verdicts = {row.verdict for row in rows}
    return 1 if NOT_MET in verdicts else 3 if NOT_JUDGED in verdicts else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))

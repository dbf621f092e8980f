"""Every experiment of `make faults` in a short form."""

from __future__ import annotations

from chaos import (
    answers,
    design_tokens,
    endpoints,
    fairness,
    hostile,
    operating,
    resources,
    shared,
    strangers,
    tokens,
    webhooks,
    webhooks_missed,
    webhooks_pressed,
    webhooks_replayed,
)
from chaos.report import Row


def met(row: Row) -> None:
    """The experiment saw what was required; how fast it was is not judged while other tests run."""
    assert row.met, f"{row.experiment}: required {row.required}, seen {row.seen}"


async def test_many_calls_on_several_processes_share_one_refresh() -> None:  # F2
    met(await tokens.one_refresh_for_all(60, 3))


async def test_a_token_killed_under_calls_costs_nobody_an_error() -> None:  # F3
    met(await tokens.killed_in_flight(3))


async def test_a_late_answer_never_makes_two_refreshers() -> None:  # F4
    met(await tokens.late_answers((2,)))


async def test_a_kill_between_answer_and_commit_loses_no_grant() -> None:  # F5
    met(await tokens.killed_before_commit(2))


async def test_a_database_restarted_at_commit_is_recovered_from() -> None:  # F6
    met(await tokens.database_away_at_commit(1))


async def test_a_refresh_that_fails_while_the_token_lives_fails_no_call() -> None:  # F8
    met(await tokens.refresh_out_of_order(2))


async def test_a_grant_that_is_gone_is_shown_and_left_alone() -> None:  # F9
    met(await tokens.grant_is_gone())


async def test_a_provider_that_asks_us_to_wait_is_never_called_early() -> None:  # F10
    met(await answers.asked_to_wait((1, 3600)))


async def test_rubbish_costs_bounded_time_and_memory() -> None:  # F11
    met(await answers.rubbish(64, ("garbage", "truncated", "huge", "drop")))


async def test_a_stuck_pool_and_a_full_disk_never_look_like_success() -> None:  # F18
    met(await resources.nothing_left(40, 6))


async def test_without_redis_calls_go_on_and_no_limit_is_lifted() -> None:  # F19
    met(await shared.redis_killed(2, rate=10, away=0.2, pace=0))


async def test_a_host_product_in_trouble_is_sent_everything_in_order() -> None:  # F25
    met(await endpoints.troubled_host(150, 3, 1.5))


async def test_processes_killed_while_receiving_lose_and_double_nothing() -> None:  # F1
    met(await webhooks.killed_while_receiving(2, 4))


async def test_a_database_restarted_while_receiving_loses_nothing() -> None:  # F7
    met(await webhooks.database_restarted(2, 4))


async def test_malformed_bodies_cost_nothing() -> None:  # F13
    met(await webhooks.malformed(300, slowest=10))


async def test_one_event_sent_everywhere_at_once_has_one_effect() -> None:  # F14
    met(await webhooks.one_event_everywhere(100, 2))


async def test_a_captured_delivery_has_one_effect_whatever_it_comes_as() -> None:  # R64
    met(await webhooks_replayed.captured_delivery(100, 2))


async def test_events_out_of_order_and_again_end_in_the_same_state() -> None:  # F15
    met(await webhooks.out_of_order(30))


async def test_a_storm_is_acknowledged_in_time() -> None:  # F17
    met(await webhooks.storm(8, 2))


async def test_events_missed_while_the_product_is_down_are_sent_again() -> None:  # F20
    met(await webhooks_missed.missed_deliveries(15))


async def test_strangers_who_come_to_no_end_keep_no_signed_event_out() -> None:  # R57 R58
    # Pages are timed by the long form: here other tests share the cores.
    met(await strangers.unfinished_bodies((3, 20), seconds=3, slowest=5000))


async def test_dripping_and_endless_senders_cost_bounded_time_and_memory() -> None:  # F11
    met(await webhooks_pressed.slow_and_endless(40, 3, 10))


async def test_a_stuck_pool_and_a_full_disk_never_acknowledge_an_event() -> None:  # F18
    met(await webhooks_pressed.nothing_left(40, 6))


async def test_without_redis_events_are_kept_all_the_same() -> None:  # F19
    met(await webhooks_pressed.redis_killed(2, rate=20, away=0.3))


async def test_a_hostile_member_holds_nobody_up() -> None:  # F22
    # A dry run ends after a second of work, or ten by the clock. How long others wait, the long form judges,
    # and in turns of the loop tests/flows/automations/evaluation/test_evaluation.py.
    met(await hostile.hostile_member(2, 2, week=2, slowest=20))


async def test_a_members_backlog_harms_no_neighbour() -> None:  # F23
    met(await fairness.crowded(60, 300, looks=1))


async def test_a_token_sync_killed_anywhere_makes_one_pull_request_and_loses_nothing() -> None:
    met(await design_tokens.killed_at_each_step(2))


async def test_a_process_stopped_under_calls_answers_them_all() -> None:
    met(await operating.stopped_under_calls(10))


async def test_a_database_host_that_says_nothing_is_passed_over() -> None:
    met(await operating.hung_first_host())

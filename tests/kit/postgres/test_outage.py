"""A process without its database says so once, and asks it ever more seldom."""

from __future__ import annotations

from structlog.testing import capture_logs

from fluxstudio.kit.postgres.outage import Outage


async def test_everybody_who_waits_for_the_database_makes_one_line() -> None:
    time = 0.0
    outage = Outage(lambda: time)
    with capture_logs() as lines:
        for tenth in range(36_000):
            time = tenth / 10
            outage.begin("It cannot be reached.")
        outage.end()
    assert [(line["event"], line["seconds"]) for line in lines] == [
        *(("database_unavailable", seconds) for seconds in (0, 60, 180, 420, 900, 1860)),
        ("database_back", 3600),
    ]


async def test_one_that_comes_and_goes_does_not_fill_the_log() -> None:
    time = 0.0
    outage = Outage(lambda: time)
    with capture_logs() as lines:
        for second in range(50):
            time = float(second)
            outage.begin("All connections stayed busy.")
            outage.end()
    assert len(lines) == 2


async def test_whoever_waits_for_the_database_asks_more_seldom_the_longer_it_is_away() -> None:
    time = 0.0
    outage = Outage(lambda: time)
    assert outage.pause(0.5) == 0.5
    outage.begin("It cannot be reached.")
    for time, pause in ((1.0, 0.5), (8.0, 2.0), (600.0, 5.0)):  # noqa: B007 - the outage reads it
        assert outage.pause(0.5) == pause
    outage.end()
    assert outage.pause(0.5) == 0.5

"""What `make faults` says of experiments: what went wrong always, what was slow where the machine was not."""

from __future__ import annotations

import pytest

from chaos.__main__ import status_of
from chaos.report import MET, NOT_JUDGED, NOT_MET, Row, table


@pytest.mark.parametrize(
    ("met", "in_time", "calm", "verdict", "status"),
    [
        (True, True, True, MET, 0),
        (True, True, False, MET, 0),
        (True, False, True, NOT_MET, 1),
        (True, False, False, NOT_JUDGED, 3),
        (False, True, False, NOT_MET, 1),
        (False, False, False, NOT_MET, 1),
    ],
)
def test_being_slow_is_judged_only_where_the_machine_keeps_its_pace(
    met: bool, in_time: bool, calm: bool, verdict: str, status: int
) -> None:
    row = Row("F0 nothing", "something", "this", met, in_time, calm)
    assert row.verdict == verdict
    assert status_of([row]) == status
    assert table([row]).splitlines()[-1].startswith(verdict)


def test_one_that_was_not_met_outweighs_one_that_was_not_judged() -> None:
    slow = Row("F0", "", "", True, in_time=False, calm=False)
    assert status_of([slow, Row("F1", "", "", False)]) == 1

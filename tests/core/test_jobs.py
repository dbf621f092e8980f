"""The queue's worker finds out when it hears nothing any more, and only then."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from pgqueuer.domain.errors import FailingListenerError
from pgqueuer.domain.models import HealthCheckEvent, utc_now
from pgqueuer.domain.types import Channel, HealthCheckId
from pgqueuer.queries import Queries

from fluxstudio.core.jobs import Worker

MOMENT = timedelta(milliseconds=50)


class Unheard:
    """Loses the first so many signs of life, as if nobody listened yet."""

    def __init__(self, lost: int) -> None:
        self.left = lost
        self.worker = Worker(cast("Queries", self))

    async def notify_health_check(self, sign: HealthCheckId) -> None:
        self.left -= 1
        if self.left < 0:
            heard = HealthCheckEvent(
                channel=Channel("jobs"), sent_at=utc_now(), type="health_check_event", id=sign
            )
            self.worker.pending_health_check[sign].set_result(heard)


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_a_sign_of_life_sent_before_anybody_listens_is_sent_again(lost: int) -> None:
    worker = Unheard(lost).worker
    assert (await worker.listener_healthy(MOMENT)).type == "health_check_event"
    assert worker.pending_health_check == {}


async def test_a_worker_that_hears_nothing_says_so() -> None:
    with pytest.raises(FailingListenerError):
        await Unheard(1000).worker.listener_healthy(MOMENT)

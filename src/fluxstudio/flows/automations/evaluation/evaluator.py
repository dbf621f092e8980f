"""Evaluates rules: at once where that is cheap, else in a worker, all within one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import structlog
from msgspec import Raw

from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest, Unavailable
from fluxstudio.flows.automations.evaluation import tasks
from fluxstudio.flows.automations.evaluation.meter import STEPS_AT_A_TIME, Meter, metered
from fluxstudio.flows.automations.rules.definition import Condition, Definition
from fluxstudio.kit.json import decode, encode
from fluxstudio.kit.worker_pool import OverBudget, QueueFull, WorkBudget

log = structlog.get_logger(__name__)

WALL_SECONDS = 10.0
# Less than this is not worth asking a worker for.
LEAST_SECONDS = 0.02
# JSON that a slow processor reads and writes at least.
BYTES_READ_A_SECOND = 10_000_000


class TooExpensive(InvalidRequest):
    """A rule takes more to work out than anybody's may."""

    def __init__(self) -> None:
        super().__init__(
            "This automation takes too long to work out, so it was stopped. Use fewer and shorter templates, "
            "filters and conditions."
        )


class Evaluation:
    """One budget for all that a request or an event of one member makes us work out.

    Everything raises `TooExpensive` once the budget is spent, and `Unavailable` where no worker can be had.
    """

    def __init__(self, services: Services, owner: UUID) -> None:
        self._services = services
        self._owner = owner
        self._left = Meter.in_loop()
        self._since_pause = 0
        self._seconds_left = tasks.CPU_SECONDS

    async def check(self, definition: Definition) -> dict[str, str]:
        """What is wrong with the action of a rule, by field."""
        registry = self._services.registry
        wrong: dict[str, str] = await self._evaluated(
            "check", lambda: tasks.check(registry, definition), lambda: {"definition": definition.to_json()}
        )
        return wrong

    async def render(self, definition: Definition, start: Mapping[str, Any]) -> dict[str, Any]:
        """See `tasks.render`; the payload of a large event is JSON as it is written."""
        outcome: dict[str, Any] = await self._evaluated(
            "render",
            lambda: tasks.render(self._services.registry, definition, start),
            lambda: {"definition": definition.to_json(), "start": dict(start)},
            size_of(start.get("payload")),
        )
        return outcome

    async def dry_run(self, definition: Definition, start: Mapping[str, Any]) -> dict[str, Any]:
        """See `tasks.dry_run`."""
        outcome: dict[str, Any] = await self._evaluated(
            "dry_run",
            lambda: tasks.dry_run(self._services.registry, definition, start),
            lambda: {"definition": definition.to_json(), "start": dict(start)},
        )
        return outcome

    async def match(
        self, payload: Mapping[str, Any] | Raw, rules: Sequence[Sequence[Condition]]
    ) -> list[bool | None]:
        """For each rule, whether an event meets its conditions; None where the budget was spent before.

        A payload that is JSON as it is written is read by a worker.
        """
        size = size_of(payload)
        try:
            verdicts: list[bool] = await self._evaluated(
                "match",
                lambda: tasks.match(cast("Mapping[str, Any]", payload), rules),
                lambda: {
                    "payload": payload,
                    "rules": [
                        [part.model_dump(mode="json", by_alias=True) for part in rule] for rule in rules
                    ],
                },
                size,
            )
        except TooExpensive:
            verdicts = []
        return [*verdicts, *[None] * (len(rules) - len(verdicts))]

    async def _evaluated(
        self, task: str, here: Callable[[], Any], request: Callable[[], Mapping[str, Any]], size: int = 0
    ) -> Any:
        """What `here` gives, when that takes few steps; else what a worker makes of `request`.

        With a `size` it is about so many bytes that nobody has read yet, and always for a worker.
        """
        if not size and self._left.steps > 0 and self._left.output > 0:
            steps = min(STEPS_AT_A_TIME, self._left.steps)
            meter = Meter(steps, self._left.output)
            try:
                with metered(meter):
                    value = here()
                self._left = Meter(self._left.steps - steps + meter.steps, meter.output)
                self._since_pause += steps - meter.steps
                if self._since_pause > STEPS_AT_A_TIME:
                    self._since_pause = 0
                    await asyncio.sleep(0)
                return value
            except OverBudget:
                self._left = Meter(0, 0)
        if self._seconds_left < LEAST_SECONDS:
            raise TooExpensive
        # Reading it is no fault of the rule.
        budget = WorkBudget(self._seconds_left + size / BYTES_READ_A_SECOND, WALL_SECONDS)
        try:
            answer = decode(await self._services.workers.run(self._owner, task, encode(request()), budget))
        except OverBudget:
            self._seconds_left = 0.0
            log.warning("evaluation_over_budget", task=task, user_id=str(self._owner))
            raise TooExpensive from None
        except QueueFull:
            raise Unavailable(
                "Too many of your automations are being worked out at this moment. Try again in a minute."
            ) from None
        except RuntimeError as error:
            log.error("evaluation_failed", task=task, reason=str(error))
            raise Unavailable("This could not be worked out right now. Try again in a minute.") from None
        self._seconds_left -= answer["seconds"]
        return answer["value"]


def size_of(payload: object) -> int:
    """Bytes of JSON that nobody has read yet; 0 for what is read."""
    return len(memoryview(payload)) if isinstance(payload, Raw) else 0

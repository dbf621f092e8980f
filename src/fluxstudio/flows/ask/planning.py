"""Questions handed to a worker process: whatever planning one computes holds up nobody else.

What plans them is in `question_worker.py`, which a process that only asks need not load.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from fluxstudio.core.ask.schema import Schema
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import QuestionRefused, Unavailable
from fluxstudio.kit.signatures import sha256
from fluxstudio.kit.worker_pool import OverBudget, QueueFull, WorkBudget

if TYPE_CHECKING:
    from fluxstudio.flows.ask.planner import Planner

log = structlog.get_logger(__name__)

TASK = "plan_question"
# Seconds of a processor for one question, and what a worker needs besides to learn a schema.
PLANNING_BUDGET, LEARNING_BUDGET = WorkBudget(cpu=1.0), WorkBudget(cpu=8.0, wall=20.0)


class PlanRequest(msgspec.Struct, frozen=True):
    """A question to plan, over the schema of that id; `schema` is sent where a worker does not know it."""

    schema_id: str
    question: str
    before: str
    today: date
    schema: bytes = b""


class PlannedReading(msgspec.Struct, frozen=True):
    """One way to understand a question: its SQL, and what that does in a sentence."""

    sql: str
    explanation: str

    @property
    def id(self) -> str:
        """What it is chosen by: the same for the same SQL."""
        return sha256(self.sql.encode()).hex()[:12]


class PlannedQuestion(msgspec.Struct, frozen=True):
    """What a worker makes of a question.

    Attributes:
        question: as it is to be answered, with what it goes on from.
        sql: what answers it; empty where it is refused, for the `reason` of that `code`.
        learned: false where the worker does not know the schema, and says nothing else.
    """

    question: str = ""
    sql: str = ""
    explanation: str = ""
    assumed: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""
    understood: tuple[str, ...] = ()
    readings: tuple[PlannedReading, ...] = ()
    learned: bool = True

    def chosen(self, reading: str) -> PlannedQuestion:
        """The question answered by the reading of that id; as it is where it has no such reading."""
        for one in self.readings:
            if one.id == reading:
                return PlannedQuestion(self.question, one.sql, one.explanation)
        return self


@dataclass(frozen=True)
class PlannedSchema:
    """A schema with its planner, and how workers are told of it."""

    schema: Schema
    planner: Planner

    @cached_property
    def packed(self) -> bytes:
        """The schema as it is sent."""
        return zlib.compress(msgspec.msgpack.encode(self.schema))

    @cached_property
    def id(self) -> str:
        return sha256(self.packed).hex()


async def plan(
    services: Services, actor: Actor, schema: PlannedSchema, question: str, before: str, today: date
) -> PlannedQuestion:
    """Plan a question of an actor's, in a worker.

    Raises:
        QuestionRefused: it takes more than a second of a processor.
        Unavailable: too much waits already, or no worker can be had.
    """
    request = PlanRequest(schema.id, question, before, today)
    planned = await _asked(services, actor, request, PLANNING_BUDGET)
    if not planned.learned:
        request = msgspec.structs.replace(request, schema=schema.packed)
        planned = await _asked(services, actor, request, LEARNING_BUDGET)
    return planned


async def _asked(
    services: Services, actor: Actor, request: PlanRequest, budget: WorkBudget
) -> PlannedQuestion:
    content = msgspec.msgpack.encode(request)
    try:
        answer = await services.workers.run(("ask", actor.user_id), TASK, content, budget)
    except OverBudget:
        log.warning("question_over_budget", user_id=str(actor.user_id))
        raise QuestionRefused(
            "This question takes too long to work out. Ask for one thing at a time.",
            reason="too_long",
            question=request.question,
            understood=[],
            readings=[],
            suggestions=[],
        ) from None
    except QueueFull:
        raise Unavailable("Too many of your questions wait already. Ask again in a minute.") from None
    except RuntimeError as error:
        log.error("question_not_planned", reason=str(error))
        raise Unavailable("The question could not be worked out right now. Ask again in a minute.") from None
    return msgspec.msgpack.decode(answer, type=PlannedQuestion)


def refusal_of(planned: PlannedQuestion, suggestions: list[str]) -> QuestionRefused:
    """A refused question as the error that callers are given."""
    details: Mapping[str, Any] = {
        "reason": planned.code,
        "question": planned.question,
        "understood": list(planned.understood),
        "readings": [
            {"id": one.id, "explanation": one.explanation, "sql": one.sql} for one in planned.readings
        ],
        "suggestions": suggestions,
    }
    return QuestionRefused(planned.reason, **details)

"""Planning in a worker process: whatever a question makes the planner compute holds up nobody else."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import msgspec
import structlog

from fluxstudio.core.ask.schema import Schema
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import QuestionRefused, Unavailable
from fluxstudio.flows.ask.explain import explained
from fluxstudio.flows.ask.follow_ups import followed
from fluxstudio.flows.ask.language.words import lemma
from fluxstudio.flows.ask.planner import Planner, Reading, Refusal
from fluxstudio.kit.signatures import sha256
from fluxstudio.kit.worker_pool import OverBudget, QueueFull, WorkBudget

log = structlog.get_logger(__name__)

TASK = "plan_question"
# Seconds of a processor for one question, and what a worker needs besides to learn a schema.
PLANNING_BUDGET, LEARNING_BUDGET = WorkBudget(cpu=1.0), WorkBudget(cpu=8.0, wall=20.0)
MOST_PLANNERS = 6


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


class QuestionWorker:
    """What a worker does for `plan`: it keeps the planners of a few schemas."""

    def __init__(self) -> None:
        self._planners: OrderedDict[str, Planner] = OrderedDict()
        # The dictionary is read once, before workers are copied from this process.
        lemma("questions")

    def answer(self, content: bytes) -> bytes:
        """A `PlannedQuestion` for a `PlanRequest`, both in MessagePack."""
        request = msgspec.msgpack.decode(content, type=PlanRequest)
        planner = self._planner(request)
        if planner is None:
            return msgspec.msgpack.encode(PlannedQuestion(learned=False))
        question = request.question
        if request.before:
            question = followed(planner, request.before, question, request.today)
        return msgspec.msgpack.encode(_planned(planner, question, request.today))

    def _planner(self, request: PlanRequest) -> Planner | None:
        planner = self._planners.get(request.schema_id)
        if planner is None and request.schema:
            schema = msgspec.msgpack.decode(zlib.decompress(request.schema), type=Schema)
            planner = self._planners[request.schema_id] = Planner(schema)
            if len(self._planners) > MOST_PLANNERS:
                self._planners.popitem(last=False)
        return planner


def _planned(planner: Planner, question: str, today: date) -> PlannedQuestion:
    outcome = planner.plan(question, today)
    if isinstance(outcome, Refusal):
        readings = tuple(PlannedReading(one.sql, _spoken(one)) for one in outcome.readings)
        return PlannedQuestion(
            question,
            code=outcome.code,
            reason=outcome.reason,
            understood=outcome.understood,
            readings=readings,
        )
    reading = outcome.reading
    return PlannedQuestion(question, reading.sql, explained(reading.form), reading.assumed)


def _spoken(reading: Reading) -> str:
    """What a reading means, in a sentence."""
    role = next((one for one in reading.assumed if one.startswith("by ")), "")
    return f"{explained(reading.form).rstrip('.')}, {role}." if role else explained(reading.form)


def refusal_of(planned: PlannedQuestion, suggestions: list[str]) -> QuestionRefused:
    """A refused question as the error that callers are given."""
    details: Mapping[str, Any] = {
        "reason": planned.code,
        "understood": list(planned.understood),
        "readings": [{"explanation": one.explanation, "sql": one.sql} for one in planned.readings],
        "suggestions": suggestions,
    }
    return QuestionRefused(planned.reason, **details)

"""Planning in a worker process, with the dictionaries and grammars that it takes."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from datetime import date

import msgspec

from fluxstudio.core.ask.schema import Schema
from fluxstudio.flows.ask.explain import explained
from fluxstudio.flows.ask.follow_ups import followed
from fluxstudio.flows.ask.language.words import lemma
from fluxstudio.flows.ask.planner import Planner, Reading, Refusal
from fluxstudio.flows.ask.planning import PlannedQuestion, PlannedReading, PlanRequest

MOST_PLANNERS = 6


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

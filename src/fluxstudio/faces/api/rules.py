"""What automations look like in the API's requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StrictBool, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from fluxstudio.core.automations import Automation, Run, Version
from fluxstudio.faces.api.answers import Answer
from fluxstudio.faces.api.rule_health import HealthAnswer, UsedConnections, health_answer, used_answer
from fluxstudio.flows.automations.definition import LONGEST_NAME, NAME_FORM, Definition
from fluxstudio.flows.automations.gallery import Suggestion
from fluxstudio.flows.automations.health import Health
from fluxstudio.flows.automations.trial import Trial, Tried

EXAMPLE = {
    "when": {
        "event": "figma.FILE_COMMENT",
        "conditions": [{"field": "file_key", "is": "equals", "value": "TidewaterBookingFlow01"}],
    },
    "do": {
        "operation": "slack.message",
        "arguments": {"channel": "#design", "text": "{{ summary }} {{ link }}"},
    },
}
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=NAME_FORM)]


class AsDefinition:
    """Documents a value as a definition; it is read further in, where errors can say what to write."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(Definition.__pydantic_core_schema__)


Given = Annotated[Any, AsDefinition()]


class Sent(BaseModel):
    """Base of what callers send: camelCase keys, and no others."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class NewAutomation(Sent):
    """An automation to be made."""

    name: Name = Field(description="What to call it.", examples=["Comments to #design"])
    enabled: StrictBool = Field(default=True, description="Whether it is switched on.")
    definition: Given = Field(description="When to do what.", examples=[EXAMPLE])


class Change(Sent):
    """What is to change; whatever is left out stays."""

    name: Name | None = None
    enabled: StrictBool | None = None
    definition: Given | None = None


class ToTry(Sent):
    """A definition to try out."""

    definition: Given = Field(examples=[EXAMPLE])


class LastRunAnswer(Answer):
    """The latest run."""

    id: str
    status: str
    at: datetime


class AutomationAnswer(Answer):
    """An automation. `nextAt` is when its schedule is due next.

    `enabled` is whether it was switched on, `status` what came of it: on, waiting, blocked, paused (an
    account it uses is disconnected or not chosen, or its events came too often) or off.
    """

    id: str
    name: str
    enabled: bool
    status: str
    version: int
    definition: dict[str, Any]
    connections: UsedConnections
    health: HealthAnswer
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    last_run: LastRunAnswer | None


class AutomationsAnswer(Answer):
    """The caller's automations."""

    automations: list[AutomationAnswer]


class ProblemAnswer(Answer):
    """Why a run came to nothing, and what mends it."""

    code: str
    message: str
    mend: str


class RunAnswer(Answer):
    """A run. `status` is queued, done, failed, dead (given up after many tries) or skipped."""

    id: str
    version: int
    event_id: str | None
    due_at: datetime | None
    status: str
    attempts: int
    inputs: Any
    output: Any
    problem: ProblemAnswer | None
    created_at: datetime
    began_at: datetime | None
    finished_at: datetime | None


class RunsAnswer(Answer):
    """A page of runs; `nextCursor` leads to older ones, and is null on the last page."""

    runs: list[RunAnswer]
    next_cursor: str | None


class VersionAnswer(Answer):
    """What an automation said from then on."""

    version: int
    definition: dict[str, Any]
    created_at: datetime


class VersionsAnswer(Answer):
    """A page of versions, newest first."""

    versions: list[VersionAnswer]
    next_cursor: str | None
    has_more: bool


class TriedAnswer(Answer):
    """What would come of one event, or of one time: `arguments`, or `why` nothing would be done.

    `problem` says what would go wrong.
    """

    at: datetime
    event_id: str | None
    summary: str
    would_run: bool
    why: str | None
    arguments: dict[str, Any] | None
    problem: str | None


class TrialAnswer(Answer):
    """A dry run. `problem` says what keeps it from working at all right now, such as a missing connection."""

    problem: str | None
    results: list[TriedAnswer]


class SuggestionAnswer(Answer):
    """An automation to begin with. `needs` lists providers; `example` is an event it is for."""

    id: str
    name: str
    sentence: str
    needs: list[str]
    definition: dict[str, Any]
    example: dict[str, Any] | None


class GalleryAnswer(Answer):
    """Automations to begin with."""

    automations: list[SuggestionAnswer]


def automation_answer(entry: Automation, health: Health) -> AutomationAnswer:
    """An automation as the API shows it."""
    last = entry.last_run
    return AutomationAnswer(
        id=str(entry.id),
        name=entry.name,
        enabled=entry.enabled,
        status=health.status,
        version=entry.version,
        definition=dict(entry.definition),
        connections=UsedConnections(trigger=used_answer(entry.trigger), action=used_answer(entry.action)),
        health=health_answer(health),
        next_at=entry.next_at,
        created_at=entry.created_at,
        updated_at=entry.updated_at,
        last_run=None if last is None else LastRunAnswer(id=str(last.id), status=last.status, at=last.at),
    )


def run_answer(entry: Run) -> RunAnswer:
    """A run as the API shows it."""
    return RunAnswer(
        id=str(entry.id),
        version=entry.version,
        event_id=None if entry.event_id is None else str(entry.event_id),
        due_at=entry.due_at,
        status=entry.status,
        attempts=entry.attempts,
        inputs=entry.inputs,
        output=entry.output,
        problem=None if entry.problem is None else ProblemAnswer(**entry.problem),
        created_at=entry.created_at,
        began_at=entry.began_at,
        finished_at=entry.finished_at,
    )


def version_answer(entry: Version) -> VersionAnswer:
    """A version as the API shows it."""
    return VersionAnswer(
        version=entry.version, definition=dict(entry.definition), created_at=entry.created_at
    )


def suggestion_answer(entry: Suggestion) -> SuggestionAnswer:
    """A suggestion as the API shows it."""
    return SuggestionAnswer(
        id=entry.id,
        name=entry.name,
        sentence=entry.sentence,
        needs=entry.needs,
        definition=dict(entry.definition),
        example=None if entry.example is None else dict(entry.example),
    )


def trial_answer(trial: Trial) -> TrialAnswer:
    """A dry run as the API shows it."""
    return TrialAnswer(problem=trial.problem, results=[_tried_answer(entry) for entry in trial.tried])


def _tried_answer(entry: Tried) -> TriedAnswer:
    return TriedAnswer(
        at=entry.at,
        event_id=None if entry.event_id is None else str(entry.event_id),
        summary=entry.summary,
        would_run=entry.would_run,
        why=entry.why,
        arguments=None if entry.arguments is None else dict(entry.arguments),
        problem=entry.problem,
    )

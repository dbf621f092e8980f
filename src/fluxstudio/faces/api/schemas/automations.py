"""What automations look like in the API's requests and answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, GetJsonSchemaHandler, StrictBool, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from fluxstudio.core.automations.rules import Automation, RuleVersion, Run
from fluxstudio.faces.api.automation_health import HealthAnswer, UsedConnections, health_answer, used_answer
from fluxstudio.faces.api.schemas.common import Answer, ListAnswer, RequestBody, WholeListAnswer
from fluxstudio.flows.automations.authoring.dry_run import DryRun, DryRunResult
from fluxstudio.flows.automations.authoring.gallery import Suggestion
from fluxstudio.flows.automations.health.status import RuleHealth
from fluxstudio.flows.automations.rules.definition import (
    MAX_RULE_NAME_CHARACTERS,
    NAME_FORM,
    UUID_FORM,
    Definition,
)

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
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_RULE_NAME_CHARACTERS, pattern=NAME_FORM)]


class AsDefinition:
    """Documents a value as a definition; it is read further in, where errors can say what to write."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(Definition.__pydantic_core_schema__)


DefinitionJson = Annotated[Any, AsDefinition()]


class NewAutomation(RequestBody):
    """An automation to be made."""

    name: Name = Field(description="What to call it.", examples=["Comments to #design"])
    enabled: StrictBool = Field(default=True, description="Whether it is switched on.")
    definition: DefinitionJson = Field(description="When to do what.", examples=[EXAMPLE])


class NoticeRequest(RequestBody):
    """Where to tell you, once, that the automation fails: a channel, sent by one of your connections.

    `connection` may be left out where you have one that can send messages.
    """

    channel: Annotated[
        str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")
    ] = Field(description="The channel, by id or as #name.", examples=["#design"])
    connection: Annotated[str, StringConstraints(pattern=UUID_FORM)] | None = None


class AutomationChange(RequestBody):
    """What is to change; whatever is left out stays. `notify: null` tells nobody of failures any more."""

    name: Name | None = None
    enabled: StrictBool | None = None
    definition: DefinitionJson | None = None
    notify: NoticeRequest | None = None


class NotifyAnswer(Answer):
    """Where an automation tells that it fails."""

    channel: str
    connection: str | None


class DryRunRequest(RequestBody):
    """A definition to try out."""

    definition: DefinitionJson = Field(examples=[EXAMPLE])


class LastRunAnswer(Answer):
    """The latest run."""

    id: str
    status: str
    at: datetime


class AutomationAnswer(Answer):
    """An automation. `nextAt` is when its schedule is due next.

    `enabled` is whether it was switched on, `status` what came of it: on, waiting, blocked, paused (an
    account it uses is disconnected or not chosen, or its events came too often) or off.
    `failingSince` is when it failed for the first time since it last worked, `notify` where it says so.
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
    failing_since: datetime | None
    notify: NotifyAnswer | None


class AutomationsAnswer(ListAnswer):
    """The caller's automations."""

    automations: list[AutomationAnswer]


class ProblemAnswer(Answer):
    """Why a run came to nothing, and what mends it."""

    code: str
    message: str
    mend: str


class CallAnswer(Answer):
    """A call at a provider: `status` is done or failed, `link` is where to look at what it made."""

    operation: str
    connection_id: str | None
    status: str
    at: datetime
    link: str | None


class RunEventAnswer(Answer):
    """The event that started a run, in a sentence."""

    id: str
    text: str


class RunAnswer(Answer):
    """A run. `status` is queued, done, failed, dead (failed after many tries) or skipped.

    `event` is what started it, as far as you may still see it. `calls` are what it called, `made` names what
    it made there. `retryOf` is the failed run it repeats, `retriedAs` the run that repeats it.
    """

    id: str
    automation_id: str
    version: int
    event_id: str | None
    event: RunEventAnswer | None
    due_at: datetime | None
    status: str
    attempts: int
    inputs: Any
    output: Any
    problem: ProblemAnswer | None
    calls: list[CallAnswer]
    made: list[str]
    retry_of: str | None
    retried_as: str | None
    created_at: datetime
    began_at: datetime | None
    finished_at: datetime | None


class RunsAnswer(ListAnswer):
    """A page of runs; `nextCursor` leads to older ones, and is null on the last page."""

    runs: list[RunAnswer]


class VersionAnswer(Answer):
    """What an automation said from then on."""

    version: int
    definition: dict[str, Any]
    created_at: datetime


class VersionsAnswer(ListAnswer):
    """A page of versions, newest first."""

    versions: list[VersionAnswer]


class DryRunResultAnswer(Answer):
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


class DryRunAnswer(Answer):
    """A dry run. `problem` says what keeps it from working at all right now, such as a missing connection."""

    problem: str | None
    results: list[DryRunResultAnswer]


class SuggestionAnswer(Answer):
    """An automation to begin with. `needs` lists providers; `example` is an event it is for."""

    id: str
    name: str
    sentence: str
    needs: list[str]
    definition: dict[str, Any]
    example: dict[str, Any] | None


class GalleryAnswer(WholeListAnswer):
    """Automations to begin with."""

    automations: list[SuggestionAnswer]


def automation_answer(entry: Automation, health: RuleHealth) -> AutomationAnswer:
    """An automation as the API shows it."""
    last, notice = entry.last_run, entry.failure_notice
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
        failing_since=entry.failing_since,
        notify=None if notice is None else NotifyAnswer(channel=notice.channel, connection=notice.connection),
    )


def run_answer(automation: UUID, entry: Run, sentences: Mapping[UUID, str]) -> RunAnswer:
    """A run as the API shows it; `sentences` says what happened, by event."""
    event = None
    if entry.event_id is not None and entry.event_id in sentences:
        event = RunEventAnswer(id=str(entry.event_id), text=sentences[entry.event_id])
    return RunAnswer(
        id=str(entry.id),
        automation_id=str(automation),
        event=event,
        calls=calls_answer(entry.call),
        made=list(entry.made),
        retry_of=None if entry.retry_of is None else str(entry.retry_of),
        retried_as=None if entry.retried_as is None else str(entry.retried_as),
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


def calls_answer(call: Mapping[str, Any] | None) -> list[CallAnswer]:
    """What a run called."""
    if call is None:
        return []
    return [
        CallAnswer(
            operation=call["operation"],
            connection_id=call.get("connection"),
            status=call["status"],
            at=call["at"],
            link=call.get("link"),
        )
    ]


def version_answer(entry: RuleVersion) -> VersionAnswer:
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


def dry_run_answer(dry_run: DryRun) -> DryRunAnswer:
    """A dry run as the API shows it."""
    return DryRunAnswer(problem=dry_run.problem, results=[_result_answer(entry) for entry in dry_run.results])


def _result_answer(entry: DryRunResult) -> DryRunResultAnswer:
    return DryRunResultAnswer(
        at=entry.at,
        event_id=None if entry.event_id is None else str(entry.event_id),
        summary=entry.summary,
        would_run=entry.would_run,
        why=entry.why,
        arguments=None if entry.arguments is None else dict(entry.arguments),
        problem=entry.problem,
    )

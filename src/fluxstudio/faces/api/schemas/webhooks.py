"""What the API says about events, their attempts and runs, replays, and webhooks that are checked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from fluxstudio.core.automations.run_history import Outcome
from fluxstudio.faces.api.schemas.automations import CallAnswer, ProblemAnswer
from fluxstudio.faces.api.schemas.common import Answer, ListAnswer


class EventEntry(Answer):
    """An event. `text` says in a sentence what happened, `link` where a person can look at it.

    `status` is how far the event itself has come. `outcome` is the worst that became of it and of the
    automations it started: `run_failed`, `dead_letter`, `pending` or `done`; `failedRuns` counts the runs
    that failed and were not run again. `withheld` says that it concerns a private conversation that the
    caller is not in: it comes without payload. `payloadDeletedAt` is when what was sent was deleted, where
    that is kept for less time than the event, which then cannot be replayed.
    """

    id: str
    provider: str
    event_type: str
    event_id: str
    received_at: datetime
    handled_at: datetime | None
    status: str
    outcome: Outcome
    failed_runs: int
    attempts: int
    text: str
    link: str | None
    problem: dict[str, Any] | None
    withheld: bool
    payload_deleted_at: datetime | None


class EventsAnswer(ListAnswer):
    """A page of events, newest first."""

    events: list[EventEntry]


class ProcessingAttemptEntry(Answer):
    """One attempt to handle an event."""

    attempt: int
    outcome: str
    ended_at: datetime
    took_ms: int
    note: str
    problem: dict[str, Any] | None


class EventRunEntry(Answer):
    """A run that the event started: one of your automations; administrators see everybody's.

    `retryOf` is the failed run it repeats, `retriedAs` the run that repeats it.
    """

    id: str
    automation_id: str
    automation_name: str
    status: str
    problem: ProblemAnswer | None
    started_at: datetime
    finished_at: datetime | None
    calls: list[CallAnswer]
    retry_of: str | None
    retried_as: str | None


class EventDetail(EventEntry):
    """An event with all that the provider sent, the attempts to handle it, and the runs it started.

    `unknownShape` says what it lacks that events of its type always have. A payload of more than 1 MB is
    left out: `truncated` says so, and `payloadUrl` is where all of it is.
    """

    payload: dict[str, Any] | None
    truncated: bool
    payload_url: str | None
    unknown_shape: str | None
    deliveries: list[ProcessingAttemptEntry]
    runs: list[EventRunEntry]


class ReplayAnswer(Answer):
    """What a replay did.

    `replayed` counts events; of those, `forEveryone` are handled again for all whom they concern. `started`
    is how many of your automations were started for the others, `retried` how many failed runs are run
    again.
    """

    success: bool
    message: str
    replayed: int = Field(ge=0)
    for_everyone: int = Field(ge=0)
    started: int = Field(ge=0)
    retried: int = Field(default=0, ge=0)


class CheckAnswer(Answer):
    """How a webhook stands.

    `arrives` is false where events are `missing` or it could not be looked at; `problem` is why, as when the
    provider has no such webhook any more. `healed` events had failed and have arrived since.
    """

    arrives: bool
    missing: int = Field(ge=0)
    healed: int = Field(ge=0)
    checked_at: datetime | None
    last_event_at: datetime | None
    problem: dict[str, Any] | None


class UsageEntry(Answer):
    """What one source has used of its limits; `source` is an account's id or, for webhooks, `user ID`.

    Where it is `exceeded`, a user's own webhooks are answered 429; what an app's secret proves is kept.
    """

    provider: str
    source: str
    events: int
    events_limit: int
    bytes: int
    bytes_limit: int
    exceeded: bool


class UsageAnswer(Answer):
    """Events of the last 24 hours and bytes stored, the largest first."""

    usage: list[UsageEntry]

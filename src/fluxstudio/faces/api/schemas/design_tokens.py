"""What the API says about syncs of design tokens."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from fluxstudio.core.design_tokens.syncs import RunOutcome, RunRecord, SourceKind, TokenRun, TokenSync
from fluxstudio.faces.api.schemas.common import Answer, ListAnswer, RequestBody
from fluxstudio.flows.design_tokens.syncs.looking import BothSides, MergedSides

MAX_DIFF_CHARACTERS = 200_000

SyncPolicy = Literal["ask", "figma", "repository"]
ConnectionId = Annotated[
    str | None,
    Field(description="Id of the connection to use; may be left out where there is one.", max_length=100),
]
Policy = Annotated[
    SyncPolicy,
    Field(description="Who wins where both changed the same: `ask` and `repository` keep the repository's."),
]
Schedule = Annotated[
    str | None,
    Field(
        description="When to run, in five fields of cron (UTC); null to run manually.",
        max_length=200,
        pattern=r"^[^\x00]*$",
        examples=["0 9 * * 1"],
    ),
]
PLAIN = r"^[^\x00-\x1f]+$"


Kind = Annotated[
    SourceKind,
    Field(
        description="Where variables come from: Figma's API, files and the plugin (`upload`), or a folder of "
        "the repository that Figma's exported files are committed to."
    ),
]
Folder = Annotated[
    str | None,
    Field(
        description="The folder, for `folder`.",
        min_length=1,
        max_length=1000,
        pattern=PLAIN,
        examples=["design/figma"],
    ),
]


class SyncSource(RequestBody):
    """The design file."""

    file_key: Annotated[
        str,
        Field(description="Key of the file.", min_length=1, max_length=200, pattern=r"^[0-9A-Za-z]{1,128}$"),
    ]
    connection: ConnectionId = None
    kind: Kind = "api"
    folder: Folder = None


class SyncTarget(RequestBody):
    """The repository's file."""

    repository: Annotated[
        str,
        Field(
            description="The repository, as owner/name or its address.",
            min_length=3,
            max_length=300,
            pattern=PLAIN,
            examples=["harbour-pine/driftwood"],
        ),
    ]
    path: Annotated[
        str,
        Field(
            description="The token file's path in it.",
            min_length=1,
            max_length=1000,
            pattern=PLAIN,
            examples=["tokens/base.json"],
        ),
    ]
    branch: Annotated[
        str | None,
        Field(
            description="The branch that changes go into; the default branch if left out.",
            min_length=1,
            max_length=255,
            pattern=PLAIN,
        ),
    ] = None
    connection: ConnectionId = None


class NewSync(RequestBody):
    """A sync to be made."""

    source: SyncSource
    target: SyncTarget
    policy: Policy = "ask"
    format: Annotated[
        Literal["dtcg", "legacy"],
        Field(description="How a file that is not there yet is written; one that is keeps its notation."),
    ] = "dtcg"
    schedule: Schedule = None


class SourceChange(RequestBody):
    """Where variables come from, from now on."""

    kind: Kind
    folder: Folder = None


class SyncNotify(RequestBody):
    """Where to post what runs propose; null for nowhere."""

    channel: Annotated[
        str | None,
        Field(description="A channel of Slack, id or #name.", min_length=1, max_length=100, pattern=PLAIN),
    ]
    connection: ConnectionId = None


class SyncChange(RequestBody):
    """What to change of a sync; what is left out stays as it is."""

    policy: Policy | None = None
    schedule: Schedule = None
    source: SourceChange | None = None
    notify: SyncNotify | None = None
    accept_holds: Annotated[
        StrictBool, Field(description="Let the next run do what was held, such as a mass deletion.")
    ] = False


class SyncDecision(RequestBody):
    """One conflict, decided."""

    path: Annotated[str, Field(description="Path of the token.", max_length=2000)]
    field: Annotated[str, Field(description="Which of its fields.", max_length=500)]
    take: Annotated[
        Literal["figma", "repository"], Field(description="Whose value counts until Figma changes it again.")
    ]


class ExportedFile(RequestBody):
    """A file of Figma's Export modes; folders in its name name its collection."""

    name: Annotated[
        str, Field(min_length=1, max_length=500, pattern=PLAIN, examples=["Roles/Night.tokens.json"])
    ]
    content: Annotated[dict[str, Any], Field(description="The file's JSON.")]


class ExportedFiles(RequestBody):
    """Files that Figma exported, of one collection or of several."""

    files: Annotated[list[ExportedFile], Field(min_length=1, max_length=100)]
    collection: Annotated[
        str,
        Field(description="What the collection is called, where the files are of one.", max_length=300),
    ] = ""
    everything: Annotated[
        StrictBool, Field(description="These are all collections of the file: others are gone.")
    ] = False


class ImportCodeAnswer(Answer):
    """A code with which the plugin may post variables once."""

    code: str
    expires_at: datetime


class ImportAnswer(Answer):
    """What the plugin posted: how many variables of the file's own, and the page that shows them."""

    variables: int
    url: str


class SyncSourceAnswer(Answer):
    """The design file of a sync."""

    file_key: str
    connection: UUID
    kind: SourceKind
    folder: str | None


class SyncTargetAnswer(Answer):
    """The repository's file of a sync."""

    repository: str
    path: str
    branch: str | None
    connection: UUID


class SyncNotifyAnswer(Answer):
    """Where a sync posts what its runs propose."""

    channel: str
    connection: UUID


class SyncProblemAnswer(Answer):
    """What is in the way of the webhooks that start a sync, and what to do."""

    provider: str
    message: str
    fix: str


class SyncAnswer(Answer):
    """A sync. `pullRequest` is the address of the one that is open, `problems` what keeps events from it."""

    id: UUID
    source: SyncSourceAnswer
    target: SyncTargetAnswer
    policy: SyncPolicy
    format: Literal["dtcg", "legacy"]
    schedule: str | None
    next_at: datetime | None
    pull_request: str | None
    notify: SyncNotifyAnswer | None
    problems: list[SyncProblemAnswer]
    created_at: datetime
    updated_at: datetime


class SyncsAnswer(ListAnswer):
    """Syncs, the oldest first."""

    syncs: list[SyncAnswer]


class SyncPreviewAnswer(Answer):
    """What a run would do now. `diff` is of the repository's file; `held` says that it would ask first.

    `complete` says that whatever did not come counts as deleted, and `refused` why Figma's API gave styles
    alone: its `plan`, or the `scope` that was not granted.
    """

    changes: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    skipped: list[dict[str, Any]]
    diff: str
    held: bool
    complete: bool
    refused: str | None


class SyncRunAnswer(Answer):
    """What a run did; `url` leads to the pull request."""

    outcome: RunOutcome
    url: str | None
    changes: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]


class PastRunAnswer(SyncRunAnswer):
    """A run of before; `problem` is why it failed."""

    number: int
    started_at: datetime
    ended_at: datetime
    skipped: list[dict[str, Any]]
    problem: str | None


class SyncRunsAnswer(ListAnswer):
    """Runs, newest first."""

    runs: list[PastRunAnswer]


def sync_answer(sync: TokenSync) -> SyncAnswer:
    """A sync as the API shows it."""
    return SyncAnswer(
        id=sync.id,
        source=SyncSourceAnswer(
            file_key=sync.file_key,
            connection=sync.source_connection_id,
            kind=sync.source_kind,
            folder=sync.source_folder,
        ),
        target=SyncTargetAnswer(
            repository=sync.repository,
            path=sync.path,
            branch=sync.branch,
            connection=sync.target_connection_id,
        ),
        policy=sync.policy,
        format=sync.format,
        schedule=sync.schedule,
        next_at=sync.next_at,
        pull_request=str(sync.proposal["url"]) if sync.proposal else None,
        notify=SyncNotifyAnswer(channel=sync.notify_channel, connection=sync.notify_connection_id)
        if sync.notify_channel and sync.notify_connection_id
        else None,
        problems=[
            SyncProblemAnswer(provider=entry["provider"], message=entry["message"], fix=entry["fix"])
            for entry in sync.listening_problems
        ],
        created_at=sync.created_at,
        updated_at=sync.updated_at,
    )


def preview_answer(path: str, sides: BothSides, merged: MergedSides) -> SyncPreviewAnswer:
    """What a run would do, as the API shows it."""
    return SyncPreviewAnswer(
        changes=[change.as_json() for change in merged.result.changes],
        conflicts=[conflict.as_json() for conflict in merged.result.conflicts],
        skipped=[dict(entry) for entry in sides.design.skipped],
        diff=diff_of(path, sides.theirs.text, merged.data.decode("utf-8-sig")),
        held=merged.result.held,
        complete=sides.design.complete,
        refused=sides.design.refused,
    )


def diff_of(path: str, before: str, after: str) -> str:
    """The difference between two texts, in the unified form."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(lines)[:MAX_DIFF_CHARACTERS]


def run_record_answer(record: RunRecord) -> SyncRunAnswer:
    """What a run did, as the API shows it."""
    return SyncRunAnswer(
        outcome=record.outcome,
        url=record.url,
        changes=[dict(change) for change in record.changes],
        conflicts=[dict(conflict) for conflict in record.conflicts],
    )


def past_run_answer(run: TokenRun) -> PastRunAnswer:
    """A run of before, as the API shows it."""
    return PastRunAnswer(
        outcome=run.outcome,
        url=run.url,
        changes=[dict(change) for change in run.changes],
        conflicts=[dict(conflict) for conflict in run.conflicts],
        number=run.number,
        started_at=run.started_at,
        ended_at=run.ended_at,
        skipped=[dict(entry) for entry in run.skipped],
        problem=run.problem,
    )

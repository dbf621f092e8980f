"""Filling the view of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fluxstudio.core.automations.rules import Automation, Run
from fluxstudio.core.registry import Registry
from fluxstudio.faces.web.automations.shared import CONNECT, json_text, path_of, values_of
from fluxstudio.faces.web.automations.views import RunView
from fluxstudio.faces.web.components.runs import OUTCOMES, made_link
from fluxstudio.faces.web.components.views import LinkView
from fluxstudio.faces.web.shell.filters import exact
from fluxstudio.faces.web.shell.paths import run_path
from fluxstudio.flows.automations.authoring.summary import event_summary

# Problems that are mended where accounts are connected.
AT_INTEGRATIONS = frozenset({"NOT_CONNECTED", "REAUTHORIZATION_REQUIRED", "SCOPE_MISSING"})
IN_THE_RULE = frozenset({"ARGUMENTS", "CONNECTION_AMBIGUOUS", "NOT_FOUND", "INVALID_REQUEST", "TOO_OFTEN"})


def run_view(
    registry: Registry,
    entry: Automation,
    run: Run,
    sentences: Mapping[UUID, str],
    names: Mapping[str, str],
) -> RunView:
    """A run as its page shows it; `sentences` says what happened, by event, `names` what ids stand for."""
    here, definition = path_of(entry.id), entry.definition
    problem, operation = run.problem or {}, str(definition["do"]["operation"])
    retryable = run.status in {"failed", "dead"} and run.retried_as is None
    again = None if run.retried_as is None else run_path(entry.id, run.retried_as)
    before = None if run.retry_of is None else run_path(entry.id, run.retry_of)
    link = CONNECT if problem.get("code") in AT_INTEGRATIONS else None
    if problem.get("code") in IN_THE_RULE:
        link = LinkView(label="Edit the automation", href=f"{here}/edit")
    return RunView(
        id=str(run.id),
        outcome=OUTCOMES[run.status],
        at=run.created_at,
        started_by=_started_by(registry, definition, run, sentences),
        event=LinkView(label="Event", href=f"/activity/{run.event_id}")
        if run.event_id in sentences
        else None,
        version=run.version,
        attempts=run.attempts,
        inputs=values_of(registry, operation, run.inputs, names),
        output=None if run.output is None else json_text(run.output),
        cause=problem.get("message"),
        mend=problem.get("mend"),
        mend_link=link,
        open=run.status in {"failed", "dead"},
        href=run_path(entry.id, run.id),
        made=made_link(registry, run.call),
        retry_action=f"{run_path(entry.id, run.id)}/retry" if retryable else None,
        again=LinkView(label="Was run again", href=again) if again else None,
        before=LinkView(label="Run again after a failure", href=before) if before else None,
    )


def _started_by(
    registry: Registry, definition: Mapping[str, Any], run: Run, sentences: Mapping[UUID, str]
) -> str:
    """What a run was started by: a time, an event, or the kind of one that is no longer kept."""
    if run.due_at is not None:
        return f"Due {exact(run.due_at)}"
    if run.event_id is not None and run.event_id in sentences:
        return sentences[run.event_id]
    event = definition["when"].get("event")
    words = "something that happened" if event is None else event_summary(registry, str(event))
    return f"{words[:1].upper()}{words[1:]}"

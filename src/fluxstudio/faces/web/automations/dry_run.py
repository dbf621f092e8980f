"""Dry runs as pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.faces.web.automations.shared import CONNECT, values_of
from fluxstudio.faces.web.automations.views import DryRunResultView, DryRunView
from fluxstudio.faces.web.components.views import BannerView, LinkView
from fluxstudio.faces.web.shell.filters import plural
from fluxstudio.faces.web.shell.paths import WEBHOOKS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring.dry_run import (
    MOST_EVENTS,
    DryRun,
    DryRunResult,
    on_example,
    on_recent_events,
)
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.rules.definition import Definition, OnEvent

# What an operation did, by the first word of its name.
VERBS = {"message": "posted", "project": "posted", "task": "posted", "create": "created", "add": "commented"}
HINT = LinkView(label="Check webhooks", href=WEBHOOKS)


async def dry_run(
    visit: Visit,
    definition: Definition,
    evaluation: Evaluation,
    example: Mapping[str, Any] | None = None,
) -> DryRunView:
    """Try a checked rule on what happened lately; where nothing has, on the example.

    Raises `InvalidRequest` once the budget of this request is spent.
    """
    registry = visit.services.registry
    dry_run = await on_recent_events(visit.services, visit.actor, definition, evaluation)
    if dry_run.results or example is None:
        return dry_run_view(registry, dry_run, definition)
    made_up = await on_example(visit.services, visit.actor, definition, example, evaluation)
    return dry_run_view(registry, dry_run, definition, made_up)


def dry_run_view(
    registry: Registry, dry_run: DryRun, definition: Definition, example: DryRunResult | None = None
) -> DryRunView:
    """A dry run: what would have been done first, and what would have been passed over."""
    on_time = not isinstance(definition.when, OnEvent)
    operation = definition.do.operation
    would = tuple(_result_view(registry, operation, entry) for entry in dry_run.results if entry.would_run)
    problem = None
    if dry_run.problem is not None:
        problem = BannerView(tone="attention", title=dry_run.problem, action=CONNECT)
    return DryRunView(
        sentence="It would run at these times." if on_time else _count(definition, would, dry_run.results),
        problem=problem,
        would=would,
        passed=tuple(
            _result_view(registry, operation, entry) for entry in dry_run.results if not entry.would_run
        ),
        on_time=on_time,
        hint=None if dry_run.results else HINT,
        example=None if example is None else _result_view(registry, operation, example),
    )


def _count(definition: Definition, would: Sequence[DryRunResultView], results: Sequence[DryRunResult]) -> str:
    """How often it would have run last week, in words: "Would have posted to #design 14 times last week"."""
    if not results:
        return "No such events in the last week."
    checked = (
        f"the latest {MOST_EVENTS} events" if len(results) == MOST_EVENTS else plural(len(results), "event")
    )
    if not would:
        return f"Would not have run last week ({checked} checked)."
    verb, channel = VERBS.get(definition.do.operation.partition(".")[2].partition("_")[0], "run"), ""
    named = definition.do.arguments.get("channel")
    if verb == "posted" and isinstance(named, str) and named.startswith("#"):
        channel = f" to {named}"
    times = "once" if len(would) == 1 else f"{len(would)} times"
    return f"Would have {verb}{channel} {times} last week ({checked} checked)."


def _result_view(registry: Registry, operation: str, entry: DryRunResult) -> DryRunResultView:
    return DryRunResultView(
        at=entry.at,
        summary=entry.summary,
        values=values_of(registry, operation, entry.arguments),
        why=entry.why,
        problem=entry.problem,
    )

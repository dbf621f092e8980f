"""Runs of an automation by how they ended, and by the words that their list shows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from fluxstudio.core.automations.rules import Automations, Run
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.flows.automations.authoring.service import started_by
from fluxstudio.kit.search import SEARCH_BATCH_SIZE, SearchWords

MAX_SEARCHED_RUNS = 1000
# How a run ended, and the statuses that are so.
RunState = Literal["done", "failed", "skipped", "queued"]
STATUSES: Mapping[str, frozenset[str]] = {
    "done": frozenset({"done"}),
    "failed": frozenset({"failed", "dead"}),
    "skipped": frozenset({"skipped"}),
    "queued": frozenset({"queued"}),
}


@dataclass(frozen=True, slots=True)
class RunList:
    """Runs, newest first, with the sentences of the events that started them; `older` leads to more.

    `is_partial` says that a search looked at as many runs as it may before the page was full.
    """

    runs: list[Run]
    sentences: Mapping[UUID, str]
    older: int | None = None
    is_partial: bool = False


async def runs_page(
    services: Services,
    actor: Actor,
    automation: UUID,
    *,
    words: str = "",
    state: str = "",
    before: int | None,
    limit: int,
) -> RunList:
    """A page of the runs of a rule, of those that ended in a state and have all of these words.

    Raises `NotFound`.
    """
    automations, searched = Automations(services.db), SearchWords(words)
    if not state and not searched:
        rows = await automations.runs(actor.user_id, automation, before=before, limit=limit + 1)
        runs = rows[:limit]
        sentences = await started_by(services, actor, runs)
        return RunList(runs, sentences, runs[-1].number if len(rows) > limit else None)
    matches: list[Run] = []
    sentences = {}
    for _ in range(MAX_SEARCHED_RUNS // SEARCH_BATCH_SIZE):
        rows = await automations.runs(actor.user_id, automation, before=before, limit=SEARCH_BATCH_SIZE)
        fitting = [run for run in rows if not state or run.status in STATUSES[state]]
        sentences |= await started_by(services, actor, fitting)
        for run in fitting:
            if searched.match(_texts(run, sentences)):
                matches.append(run)
            if len(matches) == limit:
                is_last = run is rows[-1] and len(rows) < SEARCH_BATCH_SIZE
                return RunList(matches, sentences, None if is_last else run.number)
        if len(rows) < SEARCH_BATCH_SIZE:
            return RunList(matches, sentences)
        before = rows[-1].number
    return RunList(matches, sentences, before, is_partial=True)


def _texts(run: Run, sentences: Mapping[UUID, str]) -> Iterator[str]:
    """What the list shows of a run: what started it, why it failed, and what it sent."""
    if run.event_id is not None:
        yield sentences.get(run.event_id, "")
    problem = run.problem or {}
    yield from (str(problem.get(name) or "") for name in ("code", "message", "mend"))
    yield from _leaves(run.inputs)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif value is not None:
        yield str(value)

"""One run of an automation: claimed, carried out in its user's name, written down with its cause and mend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from fluxstudio.core.automations.bindings import bound_connection
from fluxstudio.core.automations.runs import ClaimedRun, Runs
from fluxstudio.core.event_stream.subscribers import StreamEvent
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.jobs import queue
from fluxstudio.core.jobs.queue import Retry
from fluxstudio.core.metrics import counters
from fluxstudio.core.rate_limits.provider import SHORTEST_WAIT, waiting_in_queue
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, NotFound, ProviderUnavailable, RateLimited, Unavailable
from fluxstudio.flows import call
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation, TooExpensive
from fluxstudio.flows.automations.rules.arguments import WrongArguments
from fluxstudio.flows.automations.rules.definition import read
from fluxstudio.flows.automations.runs.loop_guard import SkippedSelfEvent, look_behind
from fluxstudio.flows.automations.runs.problems import (
    disconnected,
    problem_of,
    skipped,
    too_expensive,
    unbound,
    unforeseen,
)
from fluxstudio.flows.visibility import conversations
from fluxstudio.flows.webhooks.large_events import with_payload, written_payload
from fluxstudio.kit.json import encode
from fluxstudio.kit.postgres.database import DatabaseUnavailable, Unstorable
from fluxstudio.kit.trace import step
from fluxstudio.sdk import UNDETERMINED, Operation

log = structlog.get_logger(__name__)

# Seconds for which a worker that says nothing keeps its run.
HELD, SAYS_SO = 30.0, 10.0
# A provider may ask us to wait for days; after this long nobody expects the run any more.
RETRY_WINDOW = timedelta(days=7)
# Bytes that are stored of what a run sent, and of what came back.
MAX_OUTPUT_BYTES = 64_000
WORTH_ANOTHER_TRY = (ProviderUnavailable, Unavailable)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended: `done`, `failed`, `dead` or `skipped`; `call` says more of what it called."""

    status: str
    problem: Mapping[str, str] | None = None
    output: Any = None
    made: Sequence[str] = ()
    call: Mapping[str, Any] | None = None


async def run_one(services: Services, run_id: UUID) -> None:
    """Carry out one run; nothing when it has ended already. Raises `Retry` when it is to be tried again."""
    runs = Runs(services.db)
    run = await runs.claim(run_id, timedelta(seconds=HELD), RETRY_WINDOW)
    if run is None:
        others = await runs.claimed_for(run_id)
        if others is not None:
            raise Retry(max(1.0, others), "another worker has it")
        return
    operation = _operation_name(run)
    about = {"fluxstudio.run": str(run.id), "fluxstudio.operation": operation}
    with step("run automation", about, origin=run.origin, kind="consumer") as running:
        async with _held(services, run_id):
            ending = await _ending(services, run)
        running.note({"fluxstudio.outcome": ending.status})
        await _finish(services, run_id, ending)
    counters.ran(ending.status)
    services.insights.run(run.user_id, operation.partition(".")[0], operation, ending.status)


@asynccontextmanager
async def _held(services: Services, run_id: UUID) -> AsyncIterator[None]:
    """Nobody else takes the run while this lasts, however long a provider thinks."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(SAYS_SO)
            with suppress(DatabaseUnavailable):
                await Runs(services.db).renew(run_id, timedelta(seconds=HELD))

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()


async def _ending(services: Services, run: ClaimedRun) -> RunResult:
    """What becomes of a run. Raises `Retry`, and leaves a note of why."""
    last = run.attempts >= queue.MOST_ATTEMPTS
    provider = _provider_name(services, run)
    try:
        if run.attempts > queue.MOST_ATTEMPTS:
            return RunResult("dead", unforeseen("Every try ended the worker."))
        return await _carried_out(services, run)
    except (Retry, DatabaseUnavailable):
        raise
    except RateLimited as error:
        problem = problem_of(error, provider)
        if run.late:
            return RunResult("dead", problem)
        await Runs(services.db).put_off(run.id, problem, count_attempt=False)
        raise Retry(max(SHORTEST_WAIT, error.retry_after), error.code) from None
    except Exception as error:
        again = isinstance(error, WORTH_ANOTHER_TRY) or not isinstance(error, FluxStudioError)
        if isinstance(error, FluxStudioError):
            problem = problem_of(error, provider)
        else:
            log.error("run_failed", run_id=str(run.id), kind=type(error).__name__, exc_info=error)
            problem = unforeseen(f"It could not be carried out ({type(error).__name__}).")
        if not again:
            return RunResult("failed", problem)
        if last:
            return RunResult("dead", problem)
        await Runs(services.db).put_off(run.id, problem)
        raise Retry(queue.pause_before(run.attempts), problem["code"]) from None


def _operation_name(run: ClaimedRun) -> str:
    return str(run.definition.get("do", {}).get("operation", ""))


def _provider_name(services: Services, run: ClaimedRun) -> str:
    provider = _operation_name(run).partition(".")[0]
    return next(
        (entry.provider.name for entry in services.registry if entry.provider.id == provider), provider
    )


async def _carried_out(services: Services, run: ClaimedRun) -> RunResult:
    if not run.wanted:
        return skipped_as("SWITCHED_OFF", "The automation was switched off or deleted before it ran.")
    definition = read(run.definition)
    operation = services.registry.operation(definition.do.operation)
    connection = definition.do.connection or run.action_connection_id
    if connection is None:
        return RunResult("failed", unbound(operation.provider))
    start: Mapping[str, Any] = {"due_at": run.due_at}
    if run.event_id is not None:
        event = await _event(services, run, run.event_id)
        if event is None:
            return skipped_as(
                "EVENT_GONE",
                "The event has expired, its account was disconnected, or you left its conversation.",
            )
        try:
            await look_behind(services, run, event)
        except SkippedSelfEvent as echo:
            return RunResult("skipped", echo.problem)
        start = {name: event[name] for name in ("provider", "event_type", "received_at", "payload")}
        if event["is_large"]:
            start["payload"] = await written_payload(services, event["id"])
    try:
        outcome = await Evaluation(services, run.user_id).render(definition, start)
    except TooExpensive as error:
        return RunResult("failed", too_expensive(error))
    if "wrong" in outcome:
        return RunResult("failed", problem_of(WrongArguments(outcome["wrong"]), operation.provider.name))
    made = outcome["arguments"]
    with suppress(Unstorable, asyncpg.DataError):
        about = {"operation": operation.full_name, "connection": str(connection)}
        await Runs(services.db).save_rendered(run.id, _short(made), about)
    return await _called(services, run, str(connection), operation, made)


def skipped_as(code: str, message: str) -> RunResult:
    """A run that came to nothing, and why."""
    return RunResult("skipped", skipped(code, message))


async def _event(services: Services, run: ClaimedRun, event_id: UUID) -> dict[str, Any] | None:
    """The event that started a run, as far as its user may see it now, who may have left meanwhile."""
    await conversations.refresh(services, run.user_id)
    event = await _visible(services, run, event_id)
    if event is not None and event["audience"] == UNDETERMINED:
        # An earlier release has kept it, and begun the run.
        await conversations.settle(services, event)
        event = await _visible(services, run, event_id)
    return event


async def _visible(services: Services, run: ClaimedRun, event_id: UUID) -> dict[str, Any] | None:
    event = await Runs(services.db).event_for(run.user_id, event_id)
    return None if event is None else await with_payload(services, event)


async def _called(
    services: Services,
    run: ClaimedRun,
    connection: str,
    operation: Operation,
    arguments: Mapping[str, Any],
) -> RunResult:
    """Do it through the connection that the rule is bound to, and no other."""
    actor = Actor(run.user_id, run.subject, run.role, run.email, run.user_name)
    try:
        with waiting_in_queue(actor.user_id):
            outcome = await call.run(
                services,
                actor,
                operation.full_name,
                arguments,
                connection=connection,
                story={"run": str(run.id)},
            )
    except NotFound:
        bound = await bound_connection(services.db, run.user_id, UUID(connection))
        if bound is not None and bound.status != "disconnected":
            raise
        return RunResult("failed", disconnected(operation.provider, bound))
    done = {"connection": str(outcome.connection_id), "link": _link(operation, outcome)}
    return RunResult(
        "done", None, _short(outcome.value), changed_names(operation, arguments, outcome.value), done
    )


def _link(operation: Operation, outcome: call.Outcome) -> str | None:
    """Where a person can look at what was made."""
    hook = operation.provider.webhooks
    if hook is None or hook.answer_link is None or not isinstance(outcome.value, Mapping):
        return None
    link = hook.answer_link(operation.name, outcome.value, outcome.account.url)
    return link if link and link.startswith(("https://", "http://")) else None


def changed_names(operation: Operation, arguments: Mapping[str, Any], answer: Any) -> list[str]:
    """What a call has changed, as events may tell of it."""
    hook = operation.provider.webhooks
    if operation.changes is not None:
        names = operation.changes(arguments, answer)
    elif hook is not None and isinstance(answer, Mapping):
        names = hook.self_events.answer_subjects(operation.name, answer)
    else:
        names = ()
    return [f"{operation.provider.id} {name}" for name in names]


def _short(answer: Any) -> Any:
    encoded = encode(answer)
    return msgspec.json.decode(encoded) if len(encoded) <= MAX_OUTPUT_BYTES else {"truncated": True}


async def _finish(services: Services, run_id: UUID, ending: RunResult) -> None:
    finish = partial(
        Runs(services.db).finish,
        run_id,
        ending.status,
        made=ending.made,
        problem=ending.problem,
        call=ending.call,
    )
    try:
        user = await finish(output=ending.output)
    except (Unstorable, asyncpg.DataError):
        user = await finish(output=None)
    if user is not None:
        # Pages of its user hear of it.
        services.event_stream.publish([StreamEvent(str(run_id), None, ending.status, "run", user=user)])

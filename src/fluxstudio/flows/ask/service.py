"""Asking: a question is planned, its SQL checked and run as a role that only reads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import structlog

from fluxstudio.core.ask.databases import OWN, Askable, ResultRows
from fluxstudio.core.ask.language_model import ModelFailed
from fluxstudio.core.ask.questions import Questions
from fluxstudio.core.ask.schema import Schema
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, NotFound, QuestionRefused, Unavailable
from fluxstudio.flows.ask.charts import Chart, chart_of
from fluxstudio.flows.ask.planning import PlannedQuestion, PlannedSchema, plan, refusal_of
from fluxstudio.flows.ask.questions import LONGEST_QUESTION, goes_on

if TYPE_CHECKING:
    # Dictionaries and parsers: 10 MB, loaded once somebody asks.
    from fluxstudio.flows.ask.planner import Planner

log = structlog.get_logger(__name__)

PlannerName = Literal["built_in", "language_model"]


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """The answer to a question.

    Attributes:
        explanation: what the SQL does, in a sentence.
        source: the database that was asked.
        assumed: what had to be assumed.
        cached: whether it is an answer of the last five minutes.
        planner: whose SQL it is.
    """

    question: str
    sql: str
    rows: ResultRows
    chart: Chart | None
    explanation: str
    source: str
    executed_at: datetime
    assumed: tuple[str, ...] = ()
    cached: bool = False
    planner: PlannerName = "built_in"


async def ask(
    services: Services,
    actor: Actor,
    question: str,
    source: str = OWN,
    *,
    after: str = "",
    reading: str = "",
) -> AnsweredQuestion:
    """Answer a question about what the actor may see.

    Args:
        after: the question before, which a short one such as "and last month?" goes on from.
        reading: the id of the reading that is meant, where the question was refused for having several.

    Raises:
        QuestionRefused: it is not understood, or may mean several things; with `readings`, `understood`
            and `suggestions`.
        RateLimited: more than 30 questions in a minute.
        QuestionFailed: the answer took too long.
        NotFound: there is no such database.
        Unavailable: questions are switched off, or a database cannot be reached.
    """
    _require_enabled(services)
    await services.inbound_limits.question(actor)
    database = _database(services, source)
    question = " ".join(question.replace("\x00", " ").split())
    planned = None
    if after:
        before = after[:LONGEST_QUESTION]
        planned = await _planned(services, actor, database, question, before)
        if planned.question == question and services.ask.model is not None and goes_on(question):
            # The question before was the model's, and only it can tell what this one means after it.
            question, planned = f"{before.rstrip(' ?.!')}; {question}"[:LONGEST_QUESTION], None
        else:
            question = planned.question
    key = (actor.user_id, actor.is_admin, source, question.lower(), reading)
    cached = services.ask.answers.get(key)
    if isinstance(cached, AnsweredQuestion):
        return replace(cached, cached=True)
    try:
        planned = (planned or await _planned(services, actor, database, question)).chosen(reading)
        answer = await _answered(services, actor, database, planned)
    except FluxStudioError:
        await _remember(services, actor, question, source, None)
        raise
    services.ask.answers[key] = answer
    await _remember(services, actor, question, source, len(answer.rows.values))
    return answer


async def _planned(
    services: Services, actor: Actor, database: Askable, question: str, before: str = ""
) -> PlannedQuestion:
    schema = await _schema_of(services, database, everything=actor.is_admin)
    return await plan(services, actor, schema, question, before, _today(services))


async def _answered(
    services: Services, actor: Actor, database: Askable, planned: PlannedQuestion
) -> AnsweredQuestion:
    planner = await planner_of(services, database, everything=actor.is_admin)
    from fluxstudio.flows.ask.guard import ForbiddenStatement, checked

    if not planned.sql:
        return await _answered_by_model(services, actor, database, planner, planned)
    try:
        sql = checked(planned.sql, planner.relations)
    except ForbiddenStatement as error:
        raise QuestionRefused(
            f"{error} Ask in other words.", understood=[], readings=[], suggestions=[]
        ) from None
    rows = await database.select(sql, actor.user_id, everything=actor.is_admin)
    return AnsweredQuestion(
        question=planned.question,
        sql=sql,
        rows=rows,
        chart=chart_of(rows),
        explanation=planned.explanation,
        source=database.name,
        executed_at=datetime.now(UTC),
        assumed=planned.assumed,
    )


async def _answered_by_model(
    services: Services, actor: Actor, database: Askable, planner: Planner, planned: PlannedQuestion
) -> AnsweredQuestion:
    """What a language model finds where the built-in planner does not understand. Raises what `ask` raises.

    What may mean several things is for the asker to say, not for a model to guess.
    """
    from fluxstudio.flows.ask.model_planner import answer_with
    from fluxstudio.flows.ask.suggestions import examples

    model, suggested = services.ask.model, examples(planner.model)[:5]
    if model is None or planned.code != "not_understood":
        raise refusal_of(planned, suggested)
    try:
        answer = await answer_with(model, database, planner, actor, planned.question, _today(services))
    except ModelFailed as error:
        log.warning("language_model_failed", reason=str(error))
        raise refusal_of(planned, suggested) from None
    return AnsweredQuestion(
        question=planned.question,
        sql=answer.sql,
        rows=answer.rows,
        chart=chart_of(answer.rows),
        explanation=answer.explanation,
        source=database.name,
        executed_at=datetime.now(UTC),
        planner="language_model",
    )


def _today(services: Services) -> date:
    return datetime.fromtimestamp(services.clock.now(), UTC).date()


async def planner_of(services: Services, database: Askable, *, everything: bool) -> Planner:
    """The planner over a database, made once. Raises `Unavailable`."""
    return (await _schema_of(services, database, everything=everything)).planner


async def _schema_of(services: Services, database: Askable, *, everything: bool) -> PlannedSchema:
    key = (database.name, everything)
    entry: PlannedSchema | None = services.ask.planners.get(key)
    if entry is None:
        await services.ask.follow()
        schema = await database.schema(everything=everything)
        if database.name == OWN:
            schema = with_providers(schema, services.registry)
        planner = await asyncio.to_thread(_planner_over, schema)
        entry = services.ask.planners[key] = PlannedSchema(schema, planner)
    return entry


def _planner_over(schema: Schema) -> Planner:
    """A planner with all that answering takes, loaded beside the event loop."""
    from fluxstudio.flows.ask import guard, model_planner, suggestions  # noqa: F401
    from fluxstudio.flows.ask.planner import Planner

    return Planner(schema)


def with_providers(schema: Schema, registry: Registry) -> Schema:
    """The schema with the ids of all providers in its columns of that name, which are not sampled."""
    return _with_values(schema, {"provider": tuple(entry.provider.id for entry in registry)})


def _with_values(schema: Schema, values: dict[str, tuple[str, ...]]) -> Schema:
    """The schema with what some columns hold, by their names."""

    def changed(column: Any) -> Any:
        listed = values.get(column.name)
        return msgspec.structs.replace(column, values=listed, complete=True) if listed else column

    return Schema(
        tuple(
            msgspec.structs.replace(table, columns=tuple(map(changed, table.columns)))
            for table in schema.tables
        )
    )


def _database(services: Services, name: str) -> Askable:
    database = services.ask.databases.get(name)
    if database is None:
        names = ", ".join(services.ask.names)
        raise NotFound(f"There is no database called “{name[:60]}” here. Ask one of: {names}.")
    return database


def _require_enabled(services: Services) -> None:
    if not services.settings.mcp_postgres_enabled:
        raise Unavailable(
            "Questions are switched off here. An administrator can set MCP_POSTGRES_ENABLED=true."
        )


async def _remember(services: Services, actor: Actor, question: str, source: str, rows: int | None) -> None:
    if question and len(question) <= LONGEST_QUESTION:
        await Questions(services.db).add(actor.user_id, question, source, rows)


async def suggestions(services: Services, actor: Actor, source: str = OWN) -> list[str]:
    """Questions that a database can answer. Raises what `ask` raises."""
    _require_enabled(services)
    planner = await planner_of(services, _database(services, source), everything=actor.is_admin)
    from fluxstudio.flows.ask.suggestions import examples

    return examples(planner.model)


async def clear(services: Services, admin: Actor) -> None:
    """Forget kept answers and schemas in all processes."""
    await services.ask.clear()
    services.hosted_servers.forget()
    await services.audit.record("ask-cleared", None, "answers", user_id=admin.user_id)


async def asker(services: Services, name: str | None) -> Actor:
    """Whom a command asks as: the user of that subject or address, or the first administrator.

    Raises:
        NotFound: there is none.
    """
    admins = [subject for subject, _ in await services.users.administrators()]
    wanted = name or (admins[0] if admins else None)
    person = await services.users.find(wanted, verified=True) if wanted else None
    if person is None:
        who = f"Nobody here is “{name[:100]}”." if name else "Nobody administers this installation yet."
        raise NotFound(f"{who} Name a user with --user; `fluxstudio people list` lists them.")
    role = "admin" if person.subject in admins else "member"
    return Actor(person.id, person.subject, role, person.email, person.name)

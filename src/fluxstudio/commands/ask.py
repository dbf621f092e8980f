"""`fluxstudio ask`: one question, or many, to the product's database or to any other."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer

from fluxstudio.commands.terminal import command, say

Question = Annotated[str | None, typer.Argument(help="The question, in English.")]
Dsn = Annotated[str | None, typer.Option("--dsn", help="Ask this PostgreSQL database.")]
Batch = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--batch", help="Read questions from a JSON file and write their SQL to another.", metavar="IN OUT"
    ),
]
User = Annotated[
    str | None, typer.Option("--user", help="Ask as this user (default: the first administrator).")
]


@command
async def ask(question: Question = None, dsn: Dsn = None, batch: Batch = None, user: User = None) -> None:
    """Answer a question about your data, and show the SQL behind the answer.

    With `--batch IN OUT`, IN holds [{"id": …, "question": …}] and OUT gets [{"id", "sql" or null, "reason"}].
    """
    if batch is not None:
        if dsn is None:
            say("--batch plans over the database that --dsn names. Add --dsn postgresql://…")
            raise typer.Exit(2)
        await _batch(dsn, *batch)
    elif question is None:
        say('Ask something: fluxstudio ask "How many events came last week?"')
        raise typer.Exit(2)
    elif dsn is not None:
        await _of_database(dsn, question)
    else:
        await _of_product(question, user)


async def _batch(dsn: str, source: Path, target: Path) -> None:
    """Plan the questions of one file over a database, and write what became of each to another."""
    from fluxstudio.core.ask.catalog import read_schema
    from fluxstudio.flows.ask.planner import Planner

    rows = _questions(source)
    connection = await _connected(dsn)
    try:
        planner = Planner(await read_schema(connection))
        answers = [await _planned(connection, planner, row) for row in rows]
    finally:
        await connection.close()
    _write(target, json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
    say(f"Planned {sum(answer['sql'] is not None for answer in answers)} of {len(answers)} questions.")


def _questions(source: Path) -> list[dict[str, Any]]:
    """What a file asks. Ends the command with 2 where it cannot be read or holds something else."""
    try:
        rows = json.loads(_read(source))
    except (OSError, ValueError) as error:
        say(f"Can't read questions from {source}: {error}")
        raise typer.Exit(2) from None
    if isinstance(rows, list) and all(
        isinstance(row, dict) and {"id", "question"} <= row.keys() for row in rows
    ):
        return rows
    say(f'{source} has to hold a list such as [{{"id": 1, "question": "How many orders are there?"}}].')
    raise typer.Exit(2)


async def _planned(connection: asyncpg.Connection[asyncpg.Record], planner: Any, row: Any) -> dict[str, Any]:
    """The SQL for one question, once the database has taken it; or why there is none."""
    from fluxstudio.flows.ask.explain import explained
    from fluxstudio.flows.ask.guard import ForbiddenStatement, checked
    from fluxstudio.flows.ask.planner import Plan

    plan = planner.plan(str(row["question"]), datetime.now(UTC).date())
    if not isinstance(plan, Plan):
        readings = " ".join(explained(one.form) for one in plan.readings)
        return {"id": row["id"], "sql": None, "reason": f"{plan.reason} {readings}".strip()}
    try:
        await connection.prepare(checked(plan.sql, planner.relations))
    except (ForbiddenStatement, asyncpg.PostgresError) as error:
        return {"id": row["id"], "sql": None, "reason": f"The SQL that was planned does not run: {error}"}
    return {"id": row["id"], "sql": plan.sql, "reason": explained(plan.reading.form)}


async def _of_database(dsn: str, question: str) -> None:
    from uuid import UUID

    from fluxstudio.core.ask.databases import FurtherDatabase
    from fluxstudio.flows.ask.explain import explained
    from fluxstudio.flows.ask.guard import checked
    from fluxstudio.flows.ask.planner import Plan, Planner

    database = FurtherDatabase("database", dsn)
    planner = Planner(await database.schema(everything=True))
    plan = planner.plan(question, datetime.now(UTC).date())
    if not isinstance(plan, Plan):
        _say_refused(plan.reason, [explained(one.form) for one in plan.readings])
        raise typer.Exit(1)
    sql = checked(plan.sql, planner.relations)
    rows = await database.select(sql, UUID(int=0), everything=True)
    _show(explained(plan.reading.form), sql, rows)


async def _of_product(question: str, user: str | None) -> None:
    from fluxstudio.app import product
    from fluxstudio.commands.terminal import settings_now
    from fluxstudio.core.registry import registry_of
    from fluxstudio.errors import QuestionRefused
    from fluxstudio.flows.ask import service

    settings = settings_now(needs_data=True)
    async with product(settings, registry_of(settings), maintenance=False) as services:
        actor = await service.asker(services, user)
        try:
            answer = await service.ask(services, actor, question)
        except QuestionRefused as refused:
            readings = [str(one["explanation"]) for one in refused.details.get("readings", [])]
            _say_refused(refused.message, readings)
            raise typer.Exit(1) from None
        if answer.planner == "language_model":
            say("A language model wrote this SQL. Check it before relying on the answer.")
        _show(answer.explanation, answer.sql, answer.rows)


def _say_refused(reason: str, readings: list[str]) -> None:
    say(reason)
    for reading in readings:
        say(f"  - {reading}")


def _show(explanation: str, sql: str, rows: Any) -> None:
    """The answer as columns on standard output; what it means and its SQL on standard error."""
    say(f"{explanation}\n\n{sql}\n")
    texts = [[_cell_text(value) for value in row] for row in rows.values]
    widths = [max(map(len, column)) for column in zip(rows.columns, *texts, strict=True)]
    for line in (rows.columns, *texts):
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
    say(f"\n{len(texts)} rows{', and there are more' if rows.cut else ''}")


def _cell_text(value: object) -> str:
    text = "" if value is None else str(value)
    return " ".join(text.split())[:60]


async def _connected(dsn: str) -> asyncpg.Connection[asyncpg.Record]:
    try:
        return await asyncpg.connect(dsn, timeout=10, server_settings={"default_transaction_read_only": "on"})
    except (OSError, asyncpg.PostgresError, ValueError) as error:
        say(f"Can't connect to the database: {error}")
        raise typer.Exit(2) from None


def _read(path: Path) -> str:
    return path.read_text("utf-8")


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")

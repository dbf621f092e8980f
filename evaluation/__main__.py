"""`make eval`: ask every question, run the SQL, compare with gold queries, print how many are right.

make eval                              the question sets of this folder
make eval EVAL=/path/to/questions      those of a folder with a questions.json as well
make eval EVAL="--wrong"               and what was asked where an answer was wrong
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import asyncpg

from evaluation.questions import Question, QuestionSet, own_sets, product_set, sets_in
from evaluation.scoring import Row, is_ordered, matches
from fluxstudio.core.ask.catalog import read_schema
from fluxstudio.core.migrations import migrate_database
from fluxstudio.core.registry import Registry, discover
from fluxstudio.flows.ask.planner import Plan, Planner
from fluxstudio.flows.ask.service import with_providers
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.settings import ProviderSettings

STATEMENT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question: right, wrong, failed, refused, or `declined` where that was right."""

    question: Question
    result: str
    seconds: float
    sql: str = ""


async def evaluated(server: str, questions: QuestionSet, number: int) -> list[Outcome]:
    """Ask one set in a database of its own."""
    async with _database(server, f"eval{number}", questions.script) as connection:
        planner = Planner(await read_schema(connection))
        planner.plan(questions.questions[0].text, datetime.now(UTC).date())
        return [await _outcome(connection, planner, question) for question in questions.questions]


async def evaluated_product(server: EmbeddedPostgres) -> list[Outcome]:
    """Ask about the product's own data, as an administrator does: through the views of `ask_all`."""
    registry = Registry(discover(), lambda _: ProviderSettings())
    await migrate_database(server.dsn, registry)
    questions = product_set()
    connection = await asyncpg.connect(server.dsn)
    try:
        await connection.execute(questions.script)
        schema = await read_schema(connection, schemas=["ask_all"], sampled=False)
        planner = Planner(with_providers(schema, registry))
        await connection.execute("SET search_path = ask_all, public")
        return [await _outcome(connection, planner, question) for question in questions.questions]
    finally:
        await connection.close()


async def _outcome(
    connection: asyncpg.Connection[asyncpg.Record], planner: Planner, question: Question
) -> Outcome:
    begin = time.perf_counter()
    plan = planner.plan(question.text, datetime.now(UTC).date())
    seconds = time.perf_counter() - begin
    if not isinstance(plan, Plan):
        return Outcome(question, "refused" if question.gold else "declined", seconds)
    if not question.gold:
        return Outcome(question, "wrong", seconds, plan.sql)
    try:
        answer = await _rows(connection, plan.sql)
    except asyncpg.PostgresError:
        return Outcome(question, "failed", seconds, plan.sql)
    for gold in question.gold:
        if matches(answer, await _rows(connection, gold), ordered=is_ordered(gold)):
            return Outcome(question, "right", seconds, plan.sql)
    return Outcome(question, "wrong", seconds, plan.sql)


async def _rows(connection: asyncpg.Connection[asyncpg.Record], sql: str) -> list[Row]:
    async with connection.transaction(readonly=True):
        return [tuple(row) for row in await connection.fetch(sql, timeout=STATEMENT_SECONDS)]


@asynccontextmanager
async def _database(server: str, name: str, script: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    superuser = await asyncpg.connect(server)
    await superuser.execute(f"CREATE DATABASE {name}")
    await superuser.close()
    connection = await asyncpg.connect(server, database=name)
    try:
        await connection.execute(script)
        yield connection
    finally:
        await connection.close()


def table(title: str, outcomes: Sequence[Outcome]) -> str:
    """The figures of some outcomes by category, and of all together."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in outcomes:
        counts[one.question.category][one.result] += 1
    lines = [title, *(_line(category, counts[category]) for category in sorted(counts))]
    total = Counter(one.result for one in outcomes)
    lines += [_line("all", total), f"  p50 {1000 * median(one.seconds for one in outcomes):.1f} ms to SQL"]
    return "\n".join(lines)


def _line(name: str, counts: Counter[str]) -> str:
    asked = sum(counts.values()) - counts["declined"]
    answered = asked - counts["refused"]
    share, right = (answered / asked if asked else 1.0), counts["right"]
    declined = f"  {counts['declined']} rightly refused" if counts["declined"] else ""
    of_answered = right / answered if answered else 1.0
    return (
        f"  {name:16} {asked:4} asked  {answered:4} answered ({share:4.0%})  "
        f"{right:4} right ({of_answered:4.0%} of the answered){declined}"
    )


async def main(folders: Sequence[Path], *, wrong: bool) -> None:
    """Evaluate the sets of this folder, and of others."""
    groups = [("Other schemas", own_sets()), *((str(folder), sets_in(folder)) for folder in folders)]
    number = 0
    with _home() as home:
        async with EmbeddedPostgres(home) as server:
            product = await evaluated_product(server)
            print(table("The product's own data", product))
            if wrong:
                _print_wrong(product)
            for title, sets in groups:
                outcomes: list[Outcome] = []
                for questions in sets:
                    number += 1
                    outcomes += await evaluated(server.superuser_dsn, questions, number)
                print(table(title, outcomes))
                if wrong:
                    _print_wrong(outcomes)


@contextmanager
def _home() -> Iterator[Path]:
    """A folder that the server's own user can enter."""
    with TemporaryDirectory(prefix="fluxstudio-eval-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        yield home


def _print_wrong(outcomes: Sequence[Outcome]) -> None:
    for one in outcomes:
        if one.result not in ("right", "declined"):
            print(f"\n{one.result}: {one.question.text}\n{one.sql}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folders", nargs="*", type=Path)
    arguments.add_argument("--wrong", action="store_true")
    options = arguments.parse_args()
    asyncio.run(main(options.folders, wrong=options.wrong))

"""Question sets: a schema with data, and questions with the SQL that answers them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SCHEMAS = Path(__file__).parent / "schemas"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Without gold queries it has no answer, and is to be refused."""

    category: str
    text: str
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions about one schema; `script` makes it."""

    name: str
    script: str
    questions: tuple[Question, ...]


def own_sets() -> list[QuestionSet]:
    """The sets beside this file: `name.sql` and `name.txt`, a question a line."""
    return [
        QuestionSet(path.stem, path.read_text(), _questions(path.with_suffix(".txt")))
        for path in sorted(SCHEMAS.glob("*.sql"))
    ]


def product_set() -> QuestionSet:
    """Questions about the product's own data; the script fills a migrated database."""
    folder = SCHEMAS.parent / "product"
    return QuestionSet("product", (folder / "seed.sql").read_text(), _questions(folder / "questions.txt"))


def _questions(path: Path) -> tuple[Question, ...]:
    return tuple(_question(line) for line in path.read_text().splitlines() if line.strip())


def _question(line: str) -> Question:
    """`category | question | gold; another gold`; of the columns in braces one is enough."""
    category, text, gold = (part.strip() for part in (line + " | ").split(" | ")[:3])
    listed = (part.strip() for part in gold.split("; ") if part.strip())
    return Question(category, text, tuple(spelled for part in listed for spelled in _spelled(part)))


def _spelled(gold: str) -> list[str]:
    """A gold query once for each of the columns in its braces."""
    before, brace, rest = gold.partition("{")
    if not brace:
        return [gold]
    columns, _, after = rest.partition("}")
    return [f"{before}{column.strip()}{after}" for column in columns.split(",")]


def sets_in(folder: Path) -> list[QuestionSet]:
    """The sets of a folder with a `questions.json` and a script for each of its databases."""
    rows = json.loads((folder / "questions.json").read_text())
    names = sorted({row["database"] for row in rows})
    return [
        QuestionSet(
            name,
            (folder / f"{name}.sql").read_text(),
            tuple(
                Question(row["category"], row["question"], tuple(row["gold"]))
                for row in rows
                if row["database"] == name
            ),
        )
        for name in names
    ]

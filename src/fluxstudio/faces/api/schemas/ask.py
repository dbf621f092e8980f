"""What the API's calls about questions take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fluxstudio.core.ask.databases import OWN
from fluxstudio.faces.api.schemas.common import Answer
from fluxstudio.flows.ask.questions import LONGEST_QUESTION
from fluxstudio.flows.ask.service import AnsweredQuestion as Found
from fluxstudio.flows.ask.service import PlannerName

TEXT = r"^[^\x00]*$"


class QuestionBody(BaseModel):
    """A question, and the database to ask."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[
        str,
        Field(
            description="The question, in English.", min_length=1, max_length=LONGEST_QUESTION, pattern=TEXT
        ),
    ]
    source: Annotated[
        str,
        Field(description="Which database; the product's own when left out.", max_length=60, pattern=TEXT),
    ] = OWN
    reading: Annotated[
        str,
        Field(
            description="The id of the reading that is meant, from a refusal with several.",
            max_length=12,
            pattern=TEXT,
        ),
    ] = ""


class ChartAnswer(Answer):
    """A chart that suits the answer: the columns for labels and sizes."""

    type: Literal["line", "bar"]
    x: str
    y: str


class QuestionAnswer(Answer):
    """What was found. `results` are rows by column name; `truncated` says that there were more.

    `planner` says whose SQL it is: `built_in`, or `language_model` where one is configured and was asked.
    """

    query: str
    sql: str
    explanation: str
    columns: list[str]
    results: list[dict[str, Any]]
    row_count: int
    truncated: bool
    chart: ChartAnswer | None
    executed_at: datetime
    source: str
    cached: bool
    assumed: list[str]
    planner: PlannerName


class ClearedAnswer(Answer):
    """That the kept answers are forgotten."""

    success: bool
    message: str


def question_answer(answer: Found) -> QuestionAnswer:
    """An answer as the API gives it."""
    columns = answer.rows.columns
    chart = answer.chart
    return QuestionAnswer(
        query=answer.question,
        sql=answer.sql,
        explanation=answer.explanation,
        columns=list(columns),
        results=[dict(zip(columns, row, strict=True)) for row in answer.rows.values],
        row_count=len(answer.rows.values),
        truncated=answer.rows.cut,
        chart=ChartAnswer(type=chart.type, x=chart.x, y=chart.y) if chart else None,
        executed_at=answer.executed_at,
        source=answer.source,
        cached=answer.cached,
        assumed=list(answer.assumed),
        planner=answer.planner,
    )

"""Answers and refusals as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fluxstudio.core.ask.databases import OWN, ResultRows
from fluxstudio.core.ask.questions import AskedQuestion
from fluxstudio.faces.web.ask.views import AnswerView, HistoryRow, ReadingView, RefusalView
from fluxstudio.faces.web.components.views import ChartView, PointView
from fluxstudio.flows.ask.charts import Chart
from fluxstudio.flows.ask.service import AnsweredQuestion

PATH = "/ask"
SHOWN_ROWS = 200
_LONGEST_CELL = 160


def href(question: str, source: str, *, path: str = PATH) -> str:
    """Where a question is answered."""
    fields = {"q": question, **({"source": source} if source != OWN else {})}
    return f"{path}?{urlencode(fields)}"


def answer_view(answer: AnsweredQuestion) -> AnswerView:
    """An answer with its first rows."""
    rows = answer.rows
    numbers = [_is_number(rows, place) for place in range(len(rows.columns))]
    return AnswerView(
        explanation=answer.explanation,
        columns=tuple(
            (name.replace("_", " "), number) for name, number in zip(rows.columns, numbers, strict=True)
        ),
        rows=tuple(tuple(map(_cell, row)) for row in rows.values[:SHOWN_ROWS]),
        count=len(rows.values),
        cut=rows.cut or len(rows.values) > SHOWN_ROWS,
        sql=answer.sql,
        chart=_chart(rows, answer.chart, answer.explanation),
        assumed=answer.assumed,
        csv_href=href(answer.question, answer.source, path=f"{PATH}/answer.csv"),
        cached=answer.cached,
        by_model=answer.planner == "language_model",
    )


def _chart(rows: ResultRows, chart: Chart | None, caption: str) -> ChartView | None:
    if chart is None:
        return None
    x, y = rows.columns.index(chart.x), rows.columns.index(chart.y)
    points = tuple(PointView(label=_cell(row[x]), value=_number(row[y])) for row in rows.values)
    return ChartView(
        caption=caption,
        points=points,
        unit=chart.y.replace("_", " "),
        kind="bars" if chart.type == "bar" else "line",
        in_time=chart.type == "line",
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _is_number(rows: ResultRows, place: int) -> bool:
    values = (row[place] for row in rows.values)
    return any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    text = str(value)
    if len(text) >= 19 and text[4:5] == text[7:8] == "-" and text[10:11] == "T":
        return text[:10] if text[11:19] == "00:00:00" else text[:16].replace("T", " ")
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def refusal_view(message: str, details: Mapping[str, Any]) -> RefusalView:
    """Why a question was not answered."""
    readings: Sequence[Mapping[str, Any]] = details.get("readings") or ()
    return RefusalView(
        title=message,
        readings=tuple(ReadingView(words=str(one["explanation"]), sql=str(one["sql"])) for one in readings),
        understood=tuple(map(str, details.get("understood") or ())),
    )


def history_row(question: AskedQuestion) -> HistoryRow:
    """A question of before, with the way back to it."""
    return HistoryRow(
        question=question.question,
        href=href(question.question, question.source),
        asked_at=question.asked_at,
        answered=question.answered,
        row_count=question.row_count,
    )

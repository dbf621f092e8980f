"""Answers and refusals as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fluxstudio.core.ask.databases import OWN, ResultRows
from fluxstudio.core.ask.questions import AskedQuestion
from fluxstudio.faces.web.ask.views import AnswerView, HistoryRow, ReadingView, RefusalView
from fluxstudio.faces.web.components.views import ChartView, PointView
from fluxstudio.faces.web.shell.filters import plural
from fluxstudio.flows.ask.charts import Chart
from fluxstudio.flows.ask.service import AnsweredQuestion

PATH = "/ask"
SHOWN_ROWS = 200
_LONGEST_CELL = 160


def href(question: str, source: str, *, path: str = PATH, reading: str = "") -> str:
    """Where a question is answered, in one of its readings."""
    fields = {"q": question, **({"source": source} if source != OWN else {})}
    fields |= {"reading": reading} if reading else {}
    return f"{path}?{urlencode(fields)}"


def answer_view(answer: AnsweredQuestion, reading: str = "") -> AnswerView:
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
        chart=_chart(rows, answer.chart),
        assumed=answer.assumed,
        csv_href=href(answer.question, answer.source, path=f"{PATH}/answer.csv", reading=reading),
        cached=answer.cached,
        by_model=answer.planner == "language_model",
        figure=_figure(rows),
    )


def _figure(rows: ResultRows) -> str:
    """What the only number of an answer is, as in "3 connections" where the column is a count of them."""
    if len(rows.columns) != 1 or len(rows.values) != 1:
        return ""
    *counted, last = rows.columns[0].split("_")
    if last != "count" or not counted:
        return rows.columns[0].replace("_", " ")
    noun = " ".join(counted)
    many = f"{noun[:-1]}ies" if noun.endswith("y") else None
    return plural(int(_number(rows.values[0][0])), noun, many).partition(" ")[2]


def _chart(rows: ResultRows, chart: Chart | None) -> ChartView | None:
    if chart is None:
        return None
    x, y = rows.columns.index(chart.x), rows.columns.index(chart.y)
    points = tuple(PointView(label=_cell(row[x]), value=_number(row[y])) for row in rows.values)
    return ChartView(
        caption=chart.y.replace("_", " ").capitalize(),
        points=points,
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


def refusal_view(question: str, source: str, message: str, details: Mapping[str, Any]) -> RefusalView:
    """Why a question was not answered, and the way to the answer in each of its readings."""
    whole = str(details.get("question") or question)
    readings: Sequence[Mapping[str, Any]] = details.get("readings") or ()
    return RefusalView(
        title=message,
        readings=tuple(
            ReadingView(
                words=str(one["explanation"]),
                sql=str(one["sql"]),
                href=href(whole, source, reading=str(one["id"])),
            )
            for one in readings
        ),
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

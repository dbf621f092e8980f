"""What the page of questions shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.views import ChartView, HeadView


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView:
    """One of the things a question may mean."""

    words: str
    sql: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    """Why there is no answer, and what would work."""

    title: str
    readings: tuple[ReadingView, ...] = ()
    understood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """An answer: rows as they are shown, and how they were found. `columns` are (words, is number) pairs.

    `figure` says what the one number is that there is, where there is only one.
    """

    explanation: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    count: int
    cut: bool
    sql: str
    chart: ChartView | None
    assumed: tuple[str, ...]
    csv_href: str
    cached: bool
    by_model: bool = False
    figure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """A question of before."""

    question: str
    href: str
    asked_at: datetime
    answered: bool
    row_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage:
    """The question, its answer or why there is none, questions to begin with, and those of before."""

    template: ClassVar[str] = "ask/ask.html"
    head: HeadView
    question: str = ""
    source: str = ""
    sources: tuple[str, ...] = ()
    answer: AnswerView | None = None
    refusal: RefusalView | None = None
    suggestions: tuple[tuple[str, str], ...] = ()
    history: tuple[HistoryRow, ...] = ()

    @property
    def source_options(self) -> tuple[tuple[str, str], ...]:
        """The databases to choose from, as (value, words)."""
        return tuple((name, name) for name in self.sources)

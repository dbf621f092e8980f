"""What a stretch of a question can stand for."""

from __future__ import annotations

from dataclasses import dataclass

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.schema.model import Entity, Field


@dataclass(frozen=True, slots=True)
class Value:
    """A text that a column holds. `exact` where a whole value was named, else a part of one."""

    field: Field
    text: str
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Flag:
    """An adjective that a boolean or a time says: `inactive` of `is_active`, `unpaid` of `paid_at`."""

    field: Field
    holds: bool

    @property
    def says_whom(self) -> bool:
        """Whether it says that a row has somebody, as `assigned` does."""
        return self.field.kind in ("number", "text")


@dataclass(frozen=True, slots=True)
class OverdueFlag(Flag):
    """Due at `field` before today, and not done: `done` is the date or the flag that would say so."""

    done: Field


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float
    percent: bool = False
    is_money: bool = False


@dataclass(frozen=True, slots=True)
class TextLexeme:
    """Words in quotes, or a name that no sampled value has."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Bucket:
    """A unit of time to group by."""

    unit: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that means nothing here. `weight` is how much of the question is lost with it."""

    text: str
    weight: float


Meaning = Keyword | Entity | Field | Value | Flag | Number | TextLexeme | Span | Bucket | Unknown


@dataclass(frozen=True, slots=True)
class Lexeme:
    """Tokens `start` to `end` taken for something; `cost` is how doubtful that is, from 0 on."""

    start: int
    end: int
    meaning: Meaning
    cost: float
    text: str = ""

"""From a question to rows with a language model, for what the built-in planner does not understand.

What the model writes is nobody's word: its SQL goes through the guard, the role and the limits of any other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fluxstudio.core.ask.databases import Askable, OwnDatabase, ResultRows
from fluxstudio.core.ask.language_model import ChatMessage, LanguageModel, ModelFailed
from fluxstudio.core.identity.users import Actor
from fluxstudio.errors import QuestionFailed
from fluxstudio.flows.ask.guard import ForbiddenStatement, checked
from fluxstudio.flows.ask.model_prompt import instructions
from fluxstudio.flows.ask.planner import Planner
from fluxstudio.kit import json

# The first try, and one more with what was wrong with it.
TRIES = 2
LONGEST_SENTENCE = 300
LONGEST_REPEATED = 8_000
_FENCED = re.compile(r"```(?:\w+)?\s*\n(.*?)```", re.DOTALL)
_SELECT = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_UNEXPLAINED = "What a language model took the question to mean."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model answered: SQL, or None with what is missing."""

    sql: str | None
    explanation: str


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The rows of SQL that a model wrote, and what it says of it in a sentence."""

    sql: str
    explanation: str
    rows: ResultRows


async def answer_with(
    model: LanguageModel, database: Askable, planner: Planner, actor: Actor, question: str, today: date
) -> ModelAnswer:
    """Have a model write SQL, check and run it; what was wrong goes back to the model once.

    Raises:
        ModelFailed: it does not answer, declines, or its SQL cannot be used twice in a row.
        QuestionFailed: its SQL took too long.
        Unavailable: the database cannot be reached.
    """
    # Values of further databases are sampled from rows, and stay here.
    values = isinstance(database, OwnDatabase)
    prompt = await asyncio.to_thread(instructions, planner.model, question, values=values)
    conversation = [_user_message(question=question, today=today.isoformat())]
    for _ in range(TRIES):
        reply = await model.complete(prompt, conversation)
        proposal = proposal_in(reply)
        if proposal is None:
            problem = "This is not the JSON object that was asked for."
        elif proposal.sql is None:
            raise ModelFailed("it finds no answer in the tables")
        else:
            try:
                sql = checked(proposal.sql, planner.relations)
                rows = await database.select(sql, actor.user_id, everything=actor.is_admin)
                return ModelAnswer(sql, proposal.explanation, rows)
            except ForbiddenStatement as error:
                problem = str(error)
            except QuestionFailed as error:
                if not error.problem:
                    raise
                problem = error.problem
        conversation += [
            ChatMessage("assistant", reply[:LONGEST_REPEATED] or "-"),
            _user_message(problem=problem),
        ]
    raise ModelFailed("its SQL cannot be used")


def _user_message(**fields: str) -> ChatMessage:
    return ChatMessage("user", json.encode(fields).decode())


def proposal_in(reply: str) -> Proposal | None:
    """What a reply proposes: a JSON object as asked for, or bare SQL as small models write it."""
    for text in _candidates(reply):
        try:
            answer = json.decode(text.encode())
        except json.NotJson:
            continue
        match answer:
            case {"sql": str(sql)} if sql.strip():
                return Proposal(_bare(sql), _sentence(answer.get("explanation")))
            case {"sql": None}:
                return Proposal(None, _sentence(answer.get("explanation")))
    for text in _candidates(reply):
        if _SELECT.match(text):
            return Proposal(_bare(text), _UNEXPLAINED)
    return None


def _candidates(reply: str) -> Sequence[str]:
    """Where the answer may stand: all of the reply, in a fence, or between the outermost braces."""
    fenced = [match[1] for match in _FENCED.finditer(reply)]
    start, end = reply.find("{"), reply.rfind("}")
    return [reply, *fenced, *([reply[start : end + 1]] if 0 <= start < end else [])]


def _bare(sql: str) -> str:
    return sql.strip().rstrip(";").rstrip()


def _sentence(text: object) -> str:
    """One line to show, without what would change how the text around it reads."""
    plain = " ".join(_NOT_SHOWN.sub(" ", text).split()) if isinstance(text, str) else ""
    return plain[:LONGEST_SENTENCE] or _UNEXPLAINED

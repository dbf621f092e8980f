"""Questions that go on from the one before: `and last month?`, `what about London?`, `by status`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from fluxstudio.flows.ask.language.dates import Span, span_at
from fluxstudio.flows.ask.language.tokens import Token, tokens
from fluxstudio.flows.ask.planner import MOST_TOKENS, Plan, Planner
from fluxstudio.flows.ask.questions import LEADS, goes_on
from fluxstudio.flows.ask.reading.lexemes import Lexeme, Value

_INSTEAD = re.compile(r"^\s*(and )?(what|how) about\b", re.IGNORECASE)


def followed(planner: Planner, before: str, question: str, today: date) -> str:
    """The whole question that a short one means after another; itself where it goes on from nothing.

    Args:
        before: the question that was answered last.
    """
    if not goes_on(question):
        return question
    rest = LEADS.sub("", question)
    plan = planner.plan(before, today)
    # Of a question with several readings the words are the same in all of them.
    reading = plan.reading if isinstance(plan, Plan) else next(iter(plan.readings), None)
    if reading is None:
        return question
    asked = tokens(before, MOST_TOKENS)
    changed = _replaced(planner, asked, reading.path.lexemes, rest.rstrip(" ?.!"), today)
    if changed is None and _INSTEAD.match(question):
        # "What about shippers" is no further condition: what stands in its place is not clear.
        return question
    return changed or f"{before.rstrip(' ?.!')} {rest}"


def _replaced(
    planner: Planner, asked: Sequence[Token], lexemes: Sequence[Lexeme], rest: str, today: date
) -> str | None:
    """The question before with its span of time or one of its values exchanged for the new one."""
    new = tokens(rest, MOST_TOKENS)
    bare = new[1:] if len(new) > 1 and new[0].lower in ("in", "for", "on", "from", "with", "during") else new
    for started in (new, bare):
        span = span_at(started, 0, today) if started else None
        if span is not None and span[0] == len(started):
            old = next((one for one in lexemes if isinstance(one.meaning, Span)), None)
            return _exchanged(asked, old, _text(started)) if old else None
    named = [one.meaning for one in planner.vocabulary.named(bare)] if bare else []
    for old in lexemes:
        if isinstance(old.meaning, Value):
            field = old.meaning.field
            if any(isinstance(one, Value) and one.field is field for one in named):
                return _exchanged(asked, old, _text(bare))
    return None


def _exchanged(asked: Sequence[Token], old: Lexeme, text: str) -> str:
    parts = (_text(asked[: old.start]), text, _text(asked[old.end :]))
    return re.sub(r" (?=[?.!,;])", "", " ".join(part for part in parts if part))


def _text(listed: Sequence[Token]) -> str:
    return " ".join(f'"{token.text}"' if token.kind == "quoted" else token.text for token in listed)

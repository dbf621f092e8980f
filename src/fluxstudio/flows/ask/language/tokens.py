"""A question cut into tokens: words, numbers, quoted texts and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"""
    (?P<quoted>"[^"]{1,200}"|“[^”]{1,200}”|`[^`]{1,200}`|‘[^’]{1,200}’|(?<![^\s(=,])'[^']{1,200}'(?![A-Za-z]))
    |(?P<date>\d{4}-\d{1,2}(?:-\d{1,2})?(?!\d)|\d{1,2}/\d{1,2}/\d{4})
    |(?P<code>\d+(?!(?:K|M|BN)\b)[A-Z]{1,3}\b)
    |(?P<number>[$€£]?(?:(?<!\w)-)?\d+(?:,\d{3})*(?:\.\d+)?(?:\s?(?:%|percent\b|(?:thousand|million|billion|k|m|bn)\b))?)
    |(?P<word>[^\W\d_](?:[+#]+(?!\w)|[^\W_]*(?:[+#]+(?!\w))?)(?:['’](?!s\b)[^\W\d_]+)*(?:['’]s\b)?|[^\W_]+)
    |(?P<sign>>=|<=|!=|<>|[<>=&,;:?!./()+%*-])
    """,
    re.VERBOSE,
)
_FACTORS = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_NUMBERS = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "dozen": 12,
    "half": 0.5,
}

TokenKind = Literal["word", "number", "quoted", "date", "sign"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        text: as written, quotes taken off.
        lower: the same in lower case; possessive endings taken off words.
        number: what a number comes to; percent signs do not divide.
    """

    kind: TokenKind
    text: str
    lower: str
    number: float | None = None
    percent: bool = False

    @property
    def is_name(self) -> bool:
        """Whether it is written like a name, with a capital, or like a code, as room 2A is."""
        return self.kind == "word" and (self.text[:1].isupper() or self.text[:1].isdigit())


def tokens(question: str, most: int) -> list[Token]:
    """The tokens of a question, at most so many and one more."""
    made: list[Token] = []
    for match in _TOKEN.finditer(question):
        made.append(_token(match))
        if len(made) > most:
            break
    return _numbers_joined(made)


def _token(match: re.Match[str]) -> Token:
    text = match.group()
    match match.lastgroup:
        case "code":
            return Token("word", text, text.lower())
        case "quoted":
            return Token("quoted", text[1:-1].strip(), text[1:-1].strip().lower())
        case "date":
            return Token("date", text, text)
        case "number":
            return _number(text)
        case "word":
            lower = re.sub(r"['’]s$|(?<=s)['’]$", "", text.lower()).replace("’", "'")
            number = _NUMBERS.get(lower)
            return Token("word", text, lower, float(number) if number is not None else None)
    return Token("sign", text, text)


def _number(text: str) -> Token:
    digits = re.search(r"-?\d[\d,]*(?:\.\d+)?", text)
    if digits is None:
        return Token("word", text, text.lower())
    value = float(digits.group().replace(",", ""))
    unit = text[digits.end() :].strip().lower()
    return Token("number", text, text.lower(), value * _FACTORS.get(unit, 1.0), unit in ("%", "percent"))


def _numbers_joined(listed: list[Token]) -> list[Token]:
    """`a hundred thousand`, `2 million` and `twenty five` as one number each."""
    joined: list[Token] = []
    for token in listed:
        before = joined[-1] if joined else None
        if token.number is None or before is None or before.number is None or token.kind != "word":
            joined.append(token)
        elif token.number >= 100 and before.number < token.number:
            joined[-1] = Token("number", f"{before.text} {token.text}", "", before.number * token.number)
        elif 20 <= before.number <= 90 and token.number < 10 and before.kind == "word":
            joined[-1] = Token("number", f"{before.text} {token.text}", "", before.number + token.number)
        else:
            joined.append(token)
    return joined

"""What can be told of a secret by looking at it."""

from __future__ import annotations

import re

# What examples, templates and tutorials write where a secret belongs.
WORDS = re.compile(
    r"0?123456789?0?|abcdef(?:ghijklmnopqrstuvwxyz)?|any|bit|byte|change|char(?:acter)?|default|demo|dev|do|dummy|"
    r"enough|example|for|generate|here|in|insert|is|jwt|key|least|local|long|me|minimum|must|need|not|only|pass|"
    r"placeholder|please|production|random|real|replace|sample|secret|simulated|some|string|super|test|that|this|"
    r"token|use|value|very|webhook|with|word|your",
    re.IGNORECASE,
)
LETTERS_LEFT = 6
FEWEST_CHARACTERS = 8


def weakness(secret: str, *, shortest: int = 32) -> str | None:
    """What makes a secret guessable, as the end of a sentence; None for one that looks random.

    `shortest` is in bytes. What looks random need not be: this finds only what nobody should use.
    """
    if len(secret.encode()) < shortest:
        return f"is shorter than {shortest} bytes ({shortest * 8} bits)"
    if is_placeholder(secret):
        return "is a placeholder that everybody knows"
    if len(set(secret)) < FEWEST_CHARACTERS or secret in (secret + secret)[1:-1]:
        return "repeats itself"
    return None


def is_placeholder(secret: str) -> bool:
    """Whether a secret is made of words that stand where one belongs, such as `change-me`."""
    rest, words = WORDS.subn("", secret)
    return words > 0 and len(re.sub(r"[\W\d_]", "", rest)) <= LETTERS_LEFT

"""What can be said of a question before it is planned."""

from __future__ import annotations

import re

LONGEST_QUESTION = 600
LEADS = re.compile(
    r"^\s*(and what about|and how about|what about|how about|the same|and|or|but|now|only)\b[\s,]*",
    re.IGNORECASE,
)
_ADDED = re.compile(
    r"^\s*(by|per|for each|for|in|with|without|where|since|before|after|from|on|sorted|top)\b", re.IGNORECASE
)


def goes_on(question: str) -> bool:
    """Whether a question begins as one that goes on from another."""
    return LEADS.match(question) is not None or _ADDED.match(question) is not None

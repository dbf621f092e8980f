"""How much of a question is lost with a word that means nothing here."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.language.lexicon import MEASURED
from fluxstudio.flows.ask.language.tokens import Token
from fluxstudio.flows.ask.language.words import is_verbal, lemma
from fluxstudio.flows.ask.reading.choices import is_unit

_TAKING = {"take", "takes", "took", "last", "lasts", "lasted"}
BEING = {"is", "are", "was", "were"}
_BEFORE_VERBS = {
    "who",
    "that",
    "which",
    "to",
    "did",
    "do",
    "does",
    "have",
    "has",
    "not",
    "never",
    "had",
    "they",
    "he",
    "she",
    "it",
    "we",
}


_AFTER_VERBS = {
    "in",
    "on",
    "at",
    "from",
    "to",
    "by",
    "through",
    "for",
    "with",
    "into",
    "each",
    "per",
    "under",
    "over",
    "more",
    "less",
    "above",
    "below",
    "?",
    ".",
    "the",
    "least",
    "most",
    "fewer",
    "between",
    "no",
    "a",
    "an",
    "both",
    "all",
    "any",
    "some",
}
_ENDS = {"", "?", ".", ",", "and", "or", ";"}
_HELPING = {"did", "does", "do"}
_BEFORE_NOUNS = {
    "many",
    "much",
    "total",
    "average",
    "sum",
    "most",
    "highest",
    "lowest",
    "least",
    "all",
    "list",
    "show",
    "and",
    "top",
    "percentage",
    "is",
    "are",
    "was",
    "were",
    "the",
    "a",
    "an",
    "of",
    "in",
    "by",
    "each",
    "per",
    "for",
    "their",
    "its",
    "with",
    "no",
    "any",
    "which",
    "what",
}


def loss(tokens: Sequence[Token], place: int) -> float:
    """How much is lost when the token means nothing."""
    word = tokens[place].lower
    before = tokens[place - 1].lower if place else ""
    after = tokens[place + 1].lower if place + 1 < len(tokens) else ""
    if tokens[place].kind == "number" or word == "out" or _is_superlative(word):
        return 0.95
    if is_unit(word):
        return 0.15
    if word in _TAKING and any(token.lower in ("long", "time") for token in tokens[:place]):
        # "How long did it take" asks for no more than "how long".
        return 0.1
    if len(word) <= 2 and not word.isdigit():
        return 0.3
    if word.endswith("ly"):
        return 0.25
    if before in ("nobody", "noone") or (before == "never" and is_verbal(word)):
        return 0.35
    if place and tokens[place].is_name:
        # A name that nothing here has is no word to leave out.
        return 0.95
    if lemma(word) in MEASURED and (word == "spent" or not is_verbal(word)):
        # What is measured is never a word to leave out: "ad revenue per advertiser".
        return 0.95
    attributive = place == 0 or (before in _BEFORE_NOUNS and not (before in BEING and after in _AFTER_VERBS))
    ends = after in _ENDS
    verbal = word.endswith("ing") or is_verbal(word) or before in _BEFORE_VERBS
    # "Trainers teach yoga": after a plural, and with something to follow.
    follows = before.endswith("s") and not before.endswith("ss")
    if (verbal or follows) and not attributive and not ends:
        return 0.35
    if after in _AFTER_VERBS and not attributive:
        # "Which books did she write?" tells by its helping verb that nothing is missing.
        return 0.35 if not ends or any(token.lower in _HELPING for token in tokens[:place]) else 0.95
    return 0.95


def _is_superlative(word: str) -> bool:
    return word.endswith("est") and lemma(word) not in (word, "")

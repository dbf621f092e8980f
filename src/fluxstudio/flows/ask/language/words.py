"""Words compared with words: inflection, derivation, synonyms, abbreviations and typing errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import simplemma
import snowballstemmer
from rapidfuzz.distance import OSA

from fluxstudio.flows.ask.language.lexicon import ABBREVIATIONS, LEMMAS, PEOPLE, SYNONYMS

_stem = snowballstemmer.stemmer("english").stemWord

# How much two words are the same. Typing errors count only in words that are no English of their own.
SAME, INFLECTED, ABBREVIATED, SYNONYM, DERIVED, MISTYPED = 1.0, 0.99, 0.92, 0.87, 0.8, 0.78


@lru_cache(maxsize=50_000)
def lemma(word: str) -> str:
    """The form of a lower-case word that dictionaries list: `orders` and `ordered` are `order`."""
    if word in LEMMAS:
        return LEMMAS[word]
    if len(word) < 3 or not word.isalpha():
        return word
    return simplemma.lemmatize(word, lang="en").lower()


_PLURALS = {"person": "people", "child": "children", "man": "men", "woman": "women"}
_SAME_IN_PLURAL = {
    "staff",
    "equipment",
    "information",
    "feedback",
    "personnel",
    "inventory",
    "money",
    "evidence",
}


def plural(words: Sequence[str]) -> str:
    """Words that name one thing or several, as they name several: `court cases` of `court`, `case`."""
    *before, last = words
    if lemma(last) == last and last not in _SAME_IN_PLURAL | {"data", "media", "news", "series"}:
        last = _PLURALS.get(last) or _with_ending(last)
    return " ".join([*before, last])


def _with_ending(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What words of one root begin with: `registration` and `registered` are `regist`."""
    return str(_stem(word))


@lru_cache(maxsize=50_000)
def is_english(word: str) -> bool:
    """Whether a dictionary has the word in this or in its basic form."""
    return simplemma.is_known(word, lang="en")


@lru_cache(maxsize=200_000)
def similarity(asked: str, named: str) -> float:
    """How surely the word `asked` of a question means the word `named` of a schema: 0 to 1."""
    if asked == named:
        return SAME
    asked_lemma, named_lemma = lemma(asked), lemma(named)
    if asked_lemma == named_lemma:
        return INFLECTED
    if _abbreviates(named, asked_lemma) or _abbreviates(asked, named_lemma):
        return ABBREVIATED
    if SYNONYMS.get(asked_lemma, _NONE) & SYNONYMS.get(named_lemma, _NONE):
        return SYNONYM
    if any(
        SYNONYMS.get(asked_lemma, _NONE) & SYNONYMS.get(whole, _NONE)
        for whole in ABBREVIATIONS.get(named, ())
    ):
        return SYNONYM
    if min(len(asked), len(named)) >= 4 and stem(asked_lemma) == stem(named_lemma):
        # "Between brewing and packaging" says what `brewed_on` and `packaged_on` do.
        return ABBREVIATED if asked.endswith("ing") and named.endswith("ed") else DERIVED
    does = named.endswith("ee") or (named in PEOPLE and named.endswith(("er", "or")))
    if does and is_verbal(asked) and stem(named[:-2]) == stem(asked_lemma):
        # Who `bought` is the `buyer`, and what is `assigned` has an `assignee`.
        return DERIVED
    if _derived(asked_lemma, named_lemma) or _derived(named_lemma, asked_lemma):
        return DERIVED
    return MISTYPED if _mistyped(asked, named) else 0.0


_NONE: frozenset[int] = frozenset()


def _abbreviates(short: str, whole: str) -> bool:
    """`cust` abbreviates `customer`, `qty` quantity, `dept` department."""
    if whole in ABBREVIATIONS.get(short, ()):
        return True
    if not 3 <= len(short) < len(whole) - 1 or short[0] != whole[0] or is_english(short):
        return False
    return whole.startswith(short) or (len(whole) >= 6 and _is_skeleton(short, whole))


def _is_skeleton(short: str, whole: str) -> bool:
    """Whether `short` is letters of `whole` in order, vowels mostly left out."""
    letters = iter(whole)
    return all(letter in letters for letter in short) and not set(short[1:]) <= set("aeiou")


def _derived(verb: str, noun: str) -> bool:
    """`prescription` of `prescribe`: a long common beginning, and the ending of a noun."""
    shared = next(
        (at for at, (a, b) in enumerate(zip(verb, noun, strict=False)) if a != b), min(len(verb), len(noun))
    )
    return noun.endswith(("ion", "ment", "ance", "ence", "ure")) and shared >= 6 and shared >= 0.7 * len(verb)


@lru_cache(maxsize=50_000)
def is_verbal(word: str) -> bool:
    """Whether a word looks like a verb in the past: `shipped`, `bought`."""
    return word.endswith("ed") or (lemma(word) != word and not word.endswith("s"))


@lru_cache(maxsize=50_000)
def is_verb(word: str) -> bool:
    """Whether a word may say what somebody does: `manages` and `invited`, not `manager`."""
    return is_verbal(word) or (lemma(word) not in PEOPLE and not word.endswith(("er", "or", "ee")))


def _mistyped(asked: str, named: str) -> bool:
    if len(asked) < 4 or len(named) < 4 or is_english(asked) or asked[0] != named[0]:
        return False
    allowed = 1 if len(asked) < 8 else 2
    # Compared in the basic form as well: a plural is mistyped as easily.
    return (
        min(
            OSA.distance(asked, named, score_cutoff=allowed),
            OSA.distance(asked.removesuffix("s"), named.removesuffix("s"), score_cutoff=allowed),
        )
        <= allowed
    )

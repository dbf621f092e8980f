"""How much of a name each of its words is."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.language.lexicon import LIGHT
from fluxstudio.flows.ask.language.words import lemma
from fluxstudio.flows.ask.schema.model import KEY_WORDS, Field


def field_weights(field: Field) -> tuple[float, ...]:
    """As `weights`, but what repeats the table's name says little."""
    own = {lemma(word) for word in field.entity.words}
    weighed = weights(field.words)
    if len(weighed) < 2 or all(lemma(word) in own for word in field.words):
        return weighed
    return tuple(
        0.15 if lemma(word) in own else weight for word, weight in zip(field.words, weighed, strict=True)
    )


def weights(words: Sequence[str]) -> tuple[float, ...]:
    """How much of a name each of its words is: the last says most, keys and endings little."""
    weighed = []
    heavy = [place for place, word in enumerate(words) if word not in LIGHT and word not in KEY_WORDS]
    head = heavy[-1] if heavy else len(words) - 1
    for place, word in enumerate(words):
        weight = LIGHT.get(word, 1.0 if place == head else 0.7)
        if word in KEY_WORDS and len(words) > 1:
            weight = 0.35
        weighed.append(0.2 if word.isdigit() else weight)
    return tuple(weighed)


def head(words: Sequence[str], weighed: Sequence[float]) -> int:
    """Where the word stands that says most of a name."""
    return max(range(len(words)), key=lambda place: (weighed[place], place))

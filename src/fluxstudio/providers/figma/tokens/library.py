"""The variables of a file, wherever they were read: Figma's API, files it exported, or our plugin.

All three give this one shape, in the words of Figma's API. Tokens are made of it and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fluxstudio.providers.figma.shapes import Skipped, Tokens
from fluxstudio.providers.figma.tokens.variables import tokens_of_variables

Variable = Mapping[str, Any]
Collection = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DesignLibrary:
    """Variables and their collections by id, as Figma's API answers them.

    `complete` says that what is not here is not in the file either; `skipped` is what could not be read.
    """

    variables: Mapping[str, Variable]
    collections: Mapping[str, Collection]
    complete: bool = True
    skipped: Sequence[Skipped] = ()

    @classmethod
    def of_answer(cls, answer: Mapping[str, Any]) -> DesignLibrary:
        """Out of `{variables, variableCollections, complete?, skipped?}`."""
        return cls(
            answer["variables"],
            answer["variableCollections"],
            answer.get("complete", True),
            answer.get("skipped", ()),
        )

    def as_json(self) -> dict[str, Any]:
        """What `of_answer` reads."""
        return {
            "variables": self.variables,
            "variableCollections": self.collections,
            "complete": self.complete,
            "skipped": list(self.skipped),
        }


def tokens_of_library(library: DesignLibrary) -> Tokens:
    """The tokens of a library, with everything that has none."""
    tree, skipped = tokens_of_variables(library.variables, library.collections)
    return {
        "tokens": tree,
        "source": "variables",
        "skipped": [*library.skipped, *skipped],
        "complete": library.complete,
        "refused": None,
    }

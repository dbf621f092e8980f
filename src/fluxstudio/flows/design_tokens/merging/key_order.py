"""Where a new key goes in a token: where the file's other tokens have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from fluxstudio.flows.design_tokens.merging.samples import Nearest
from fluxstudio.flows.design_tokens.tree import TokenPath, TokenTree

USUAL = ("$type", "$value", "$description", "$extensions")


def inserted(keys: Iterable[str], new: str, template: Iterable[str]) -> list[str]:
    """Keys with a new one behind all that precede it in a template; first where none does."""
    order = list(keys)
    before = set()
    for key in template:
        if key == new:
            break
        before.add(key)
    at = max((place + 1 for place, key in enumerate(order) if key in before), default=0)
    return [*order[:at], new, *order[at:]]


class KeyOrder:
    """The order of keys in the tokens of one file."""

    def __init__(self, tree: TokenTree) -> None:
        self._tree = tree

    @cached_property
    def _near(self) -> Nearest:
        return Nearest(self._tree, lambda token: [(key, token.legacy) for key in token.node])

    def arranged(
        self, node: Mapping[str, Any], before: Iterable[str], path: TokenPath, *, legacy: bool
    ) -> dict[str, Any]:
        """A token's JSON: keys of before in their order, and each new one where other tokens have it."""
        order = [key for key in before if key in node]
        usual = [key if not legacy or key == "$extensions" else key[1:] for key in USUAL]
        new = [key for key in node if key not in order]
        for key in sorted(new, key=lambda key: usual.index(key) if key in usual else len(usual)):
            near = self._near.find(path, (key, legacy))
            template = usual if near is None else near.node
            order = inserted(order, key, template) if near is not None or key in usual else [*order, key]
        return {key: node[key] for key in order}

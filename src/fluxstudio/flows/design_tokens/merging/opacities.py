"""Opacities of files that have them from 0 to 100, as Figma writes them itself.

Figma's side, a share of 1, is put into their unit before anything is compared.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from fluxstudio.flows.design_tokens.merging.fields import figma_extensions, modes_of
from fluxstudio.flows.design_tokens.merging.matching import Matches
from fluxstudio.flows.design_tokens.notation.numbers import written_number
from fluxstudio.flows.design_tokens.tree import FIGMA, TokenNode, TokenTree

PERCENT = 100


def take_their_unit(matches: Matches) -> None:
    """Turn Figma's shares of 1 into percentages where the repository's file has percentages."""
    ours, theirs = matches.trees[1:]
    if not _in_percent(theirs):
        return
    for match in matches.all:
        token = match.ours
        if token is None or match.theirs is None or not _is_opacity(match.theirs) or _is_opacity(token):
            continue
        if all(_is_share(value) for value in (token.value, *modes_of(token).values())):
            scaled = dataclasses.replace(token, node=_scaled(token))
            match.ours = ours.tokens[token.path] = scaled


def _in_percent(tree: TokenTree) -> bool:
    values = (
        value
        for token in tree
        if _is_opacity(token)
        for value in (token.value, *modes_of(token).values())
        if isinstance(value, int | float)
    )
    return any(value > 1 for value in values)


def _is_opacity(token: TokenNode) -> bool:
    """Whether a token says that its number is an opacity of Figma's."""
    return figma_extensions(token).get("scopes") == ["OPACITY"]


def _is_share(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _scaled(token: TokenNode) -> dict[str, Any]:
    node = {**token.node, token.key("$value"): _percent(token.value)}
    modes = {mode: _percent(value) for mode, value in modes_of(token).items()}
    if modes:
        figma = node["$extensions"].get(FIGMA, {})
        node["$extensions"] = {**node["$extensions"], FIGMA: {**figma, "modes": modes}}
    return node


def _percent(value: Any) -> Any:
    return value if isinstance(value, str) else written_number(value * PERCENT)

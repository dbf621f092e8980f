"""The base of the next merge: field by field, what both sides agree on now, else what they did before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.flows.design_tokens.merging.deciding import Deciding
from fluxstudio.flows.design_tokens.merging.fields import (
    DESCRIPTION,
    FIGMA_FIELD,
    MODES,
    TYPE,
    VALUE,
    Fields,
    fields_of,
)
from fluxstudio.flows.design_tokens.merging.matching import TokenMatch, match_tokens
from fluxstudio.flows.design_tokens.merging.model import MergeOptions
from fluxstudio.flows.design_tokens.merging.opacities import take_their_unit
from fluxstudio.flows.design_tokens.notation.kinds import kind_of
from fluxstudio.flows.design_tokens.notation.meaning import alike
from fluxstudio.flows.design_tokens.tree import FIGMA, VARIABLE_ID, TokenNode, TokenPath, read_tree


def agreed_base(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], options: MergeOptions
) -> dict[str, Any]:
    """The token file that says what Figma and the repository agree on, after a look at both.

    A token that both have lost is forgotten; whatever they do not agree on stays as it was.
    """
    trees = (read_tree(dict(base)), read_tree(dict(ours)), read_tree(dict(theirs)))
    matches = match_tokens(*trees, options.ids)
    take_their_unit(matches)
    deciding = Deciding.over(matches, options, {})
    agreed: dict[TokenPath, dict[str, Any]] = {}
    for match in matches.all:
        path = _path(match)
        node = None if path is None else _node(match, deciding)
        if path is not None and node is not None:
            agreed[path] = node
    return _nested(agreed)


def _path(match: TokenMatch) -> TokenPath | None:
    """Where the base has a token: where both have it, else where it was."""
    if match.ours is not None and match.theirs is not None and match.ours.path == match.theirs.path:
        return match.ours.path
    if match.base is not None and (match.ours is not None or match.theirs is not None):
        return match.base.path
    return match.theirs.path if match.ours is not None and match.theirs is not None else None


def _node(match: TokenMatch, deciding: Deciding) -> dict[str, Any] | None:
    base, ours, theirs = match.sides
    if ours is None or theirs is None:
        return None if base is None else base.node
    before = _fields(base, deciding, 0)
    one, other = _fields(ours, deciding, 1), _fields(theirs, deciding, 2)
    values = {name: field.raw for name, field in before.items()}
    for name in {*before, *one, *other}:
        mine, repository = one.get(name), other.get(name)
        if mine is None and repository is None:
            values.pop(name, None)
        elif mine is not None and repository is not None and alike(mine.meaning, repository.meaning):
            values[name] = repository.raw
    if VALUE not in values:
        return None
    same_type = kind_of(ours.type) == kind_of(theirs.type)
    type_name = theirs.type if same_type or base is None else base.type
    return _written(values, type_name, ours.variable_id or theirs.variable_id)


def _fields(token: TokenNode | None, deciding: Deciding, side: int) -> Fields:
    if token is None:
        return {}
    return fields_of(token, deciding.readings[side], token.type, in_parts=False)


def _written(values: Mapping[str, Any], type_name: str | None, variable: str | None) -> dict[str, Any]:
    node: dict[str, Any] = {} if type_name is None else {TYPE: type_name}
    node[VALUE] = values[VALUE]
    if DESCRIPTION in values:
        node[DESCRIPTION] = values[DESCRIPTION]
    figma = {
        name.removeprefix(FIGMA_FIELD): value
        for name, value in values.items()
        if name.startswith(FIGMA_FIELD) and not name.startswith(MODES)
    }
    modes = {name.removeprefix(MODES): value for name, value in values.items() if name.startswith(MODES)}
    variable = figma.pop("variableId", variable)
    inner = {**figma, **({"modes": modes} if modes else {})}
    extensions = {**({VARIABLE_ID: variable} if variable else {}), **({FIGMA: inner} if inner else {})}
    return {**node, "$extensions": extensions} if extensions else node


def _nested(tokens: Mapping[TokenPath, dict[str, Any]]) -> dict[str, Any]:
    """Tokens by path as groups. A token that has others below it goes to its `$root`."""
    groups = {path[:length] for path in tokens for length in range(1, len(path))}
    root: dict[str, Any] = {}
    for path, node in tokens.items():
        place = root
        *above, name = (*path, "$root") if path in groups else path
        for step in above:
            place = place.setdefault(step, {})
        place[name] = node
    return root

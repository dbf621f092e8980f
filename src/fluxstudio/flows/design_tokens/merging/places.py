"""Where tokens are in the result: moves are made all at once, and nothing is put where something else is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from fluxstudio.flows.design_tokens.merging.deciding import TokenDecision
from fluxstudio.flows.design_tokens.merging.matching import Matches
from fluxstudio.flows.design_tokens.merging.model import NAME, MergeOptions, TokenConflict
from fluxstudio.flows.design_tokens.tree import ROOT, ROOT_NAMES, TokenPath, TokenTree

OCCUPIED = "occupied"


def settle_places(decisions: list[TokenDecision], matches: Matches, options: MergeOptions) -> None:
    """Give every decision its path, and name what cannot move."""
    for decision in decisions:
        if decision.fate == "stays":
            _name(decision, options)
        elif decision.fate == "added":
            decision.path = _place_for_new(decision.path, matches)
    theirs = matches.trees[2]
    while blocked := list(_blocked(decisions, theirs)):
        for decision in blocked:
            _send_back(decision)


def _name(decision: TokenDecision, options: MergeOptions) -> None:
    match = decision.match
    if match.ours is None or match.theirs is None:
        return
    base = match.base.path if match.base else None
    ours, theirs = match.ours.path, match.theirs.path
    if _alike(ours, theirs) or (base is not None and _alike(ours, base)):
        return
    if base is None or not _alike(theirs, base):
        names = [None if path is None else ".".join(path) for path in (base, ours, theirs)]
        key = f"{match.theirs.dotted}.{NAME}"
        if options.declined.get(key) == names[1]:
            return
        if options.chosen.get(key) != names[1]:
            decision.conflicts.append(TokenConflict(match.theirs.dotted, NAME, *names))
            if options.policy_for(theirs) != "figma":
                return
    decision.path = ours


def _place_for_new(path: TokenPath, matches: Matches) -> TokenPath:
    """Where a new token goes: along with its group, if the repository has moved that."""
    _, ours, theirs = matches.trees
    group = path[:-1]
    if not group or group in theirs.groups:
        return path
    moved = set()
    for token in ours:
        if token.path[: len(group)] != group:
            continue
        there = matches.by_path[1][token.path].theirs
        if there is None:
            continue
        rest = token.path[len(group) :]
        moved.add(there.path[: -len(rest)] if there.path[-len(rest) :] == rest else None)
    place = moved.pop() if len(moved) == 1 else None
    return path if place is None else (*place, path[-1])


def _blocked(decisions: Iterable[TokenDecision], theirs: TokenTree) -> Iterable[TokenDecision]:
    """Those that cannot go where they are meant to."""
    present = [decision for decision in decisions if decision.present]
    owners = Counter(decision.path for decision in present)
    groups = {decision.path[:length] for decision in present for length in range(1, len(decision.path))}
    for decision in present:
        if _stays_put(decision):
            continue
        path = decision.path
        prefixes = (path[:length] for length in range(1, len(path)))
        if (
            owners[path] > 1
            or path in groups
            or any(prefix in owners for prefix in prefixes)
            or _is_taken(path, theirs)
        ):
            yield decision


def _is_taken(path: TokenPath, theirs: TokenTree) -> bool:
    """Whether the repository has something there that is no token: words of a group, or a plain value."""
    node: Any = theirs.root
    for at, name in enumerate(path):
        if not isinstance(node, dict):
            return True
        if path[:at] in theirs.tokens or name not in node:
            return False
        node = node[name]
    if path in theirs.tokens:
        return False
    return path not in theirs.groups or any(name.startswith("$") for name in theirs.groups[path].node)


def _send_back(decision: TokenDecision) -> None:
    match = decision.match
    names = [None if token is None else token.dotted for token in match.sides]
    if match.theirs is None:
        decision.fate = "absent"
        path = ".".join(decision.path)
    else:
        decision.path = match.theirs.path
        path = match.theirs.dotted
    if not any(conflict.field == NAME for conflict in decision.conflicts):
        decision.conflicts.append(TokenConflict(path, NAME, names[0], names[1], names[2], OCCUPIED))


def _stays_put(decision: TokenDecision) -> bool:
    return decision.match.theirs is not None and decision.path == decision.match.theirs.path


def _alike(one: TokenPath, other: TokenPath) -> bool:
    return one == other or _rooted(one) == _rooted(other)


def _rooted(path: TokenPath) -> TokenPath:
    return (*path[:-1], ROOT) if len(path) > 1 and path[-1] in ROOT_NAMES else path

"""What is not done before a person agrees: mass deletion, or a collection or a mode that is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fluxstudio.flows.design_tokens.merging.deciding import TokenDecision
from fluxstudio.flows.design_tokens.merging.fields import MODES, modes_of
from fluxstudio.flows.design_tokens.merging.matching import Matches
from fluxstudio.flows.design_tokens.merging.model import DELETED, HELD, MergeOptions, TokenConflict

FREE_DELETIONS = 5
MAX_DELETED_SHARE = 0.2


def holds(decisions: list[TokenDecision], matches: Matches, options: MergeOptions) -> Iterator[TokenConflict]:
    """Everything for which the run has to ask first."""
    for tree, whose in zip(matches.trees, ("the base", "Figma's file", "the repository's file"), strict=True):
        for path in tree.both:
            yield TokenConflict(
                ".".join(path), HELD, reason=f"it has a value and further tokens below it in {whose}"
            )
    if options.accepted_holds:
        return
    yield from _collections_gone(decisions, matches)
    yield from _modes_gone(decisions, matches)
    deleted = sum(decision.fate == "deleted" for decision in decisions)
    total = len(matches.trees[2].tokens)
    if deleted > max(FREE_DELETIONS, MAX_DELETED_SHARE * total):
        yield TokenConflict(
            "", HELD, total, total - deleted, total, f"{deleted} of {total} tokens would be deleted"
        )


def defer_ambiguous(decisions: list[TokenDecision], options: MergeOptions) -> None:
    """Put off the deletion of a token without an id where another with its value is new: a rename, maybe."""
    added: dict[tuple[str | None, str], str] = {}
    for decision in decisions:
        ours = decision.match.ours
        if decision.fate == "added" and ours is not None:
            added.setdefault((ours.type, repr(ours.value)), ours.dotted)
    if not added:
        return
    for decision in decisions:
        base, _, theirs = decision.match.sides
        if decision.fate != "deleted" or base is None or theirs is None or theirs.dotted in options.deferred:
            continue
        successor = added.get((base.type, repr(base.value)))
        if successor is None or base.variable_id or theirs.variable_id:
            continue
        decision.fate = "stays"
        decision.conflicts.append(
            TokenConflict(
                theirs.dotted,
                DELETED,
                base.value,
                None,
                theirs.value,
                f"it may have been renamed to {successor}",
            )
        )


def _collections_gone(decisions: list[TokenDecision], matches: Matches) -> Iterator[TokenConflict]:
    ours = matches.trees[1].root
    tokens: dict[str, list[TokenDecision]] = defaultdict(list)
    for decision in decisions:
        base = decision.match.base
        if base is not None and len(base.path) > 1:
            tokens[base.path[0]].append(decision)
    for name, members in tokens.items():
        if isinstance(ours.get(name), dict) or any(member.match.ours for member in members):
            continue
        deleted = sum(member.fate == "deleted" for member in members)
        if deleted:
            yield TokenConflict(
                name,
                HELD,
                len(members),
                0,
                deleted,
                f"the collection is gone in Figma, with {len(members)} tokens",
            )


def _modes_gone(decisions: list[TokenDecision], matches: Matches) -> Iterator[TokenConflict]:
    taken: dict[tuple[str, str], int] = defaultdict(int)
    left: set[tuple[str, str]] = set()
    for decision in decisions:
        base, ours, _ = decision.match.sides
        token = base or ours
        if token is None or len(token.path) < 2:
            continue
        for name, value in decision.edits.items():
            if name.startswith(MODES) and value is None:
                taken[(token.path[0], name.removeprefix(MODES))] += 1
        if ours is not None:
            left |= {(token.path[0], mode) for mode in modes_of(ours)}
    for (collection, mode), count in taken.items():
        if (collection, mode) not in left:
            yield TokenConflict(
                collection, HELD, reason=f"the mode {mode} is gone in Figma, with {count} values"
            )

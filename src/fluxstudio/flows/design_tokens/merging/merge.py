"""The merge itself: three documents in, one text and what a person has to decide out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from fluxstudio.flows.design_tokens.files.layout import layout_of
from fluxstudio.flows.design_tokens.files.patches import patched, rendered
from fluxstudio.flows.design_tokens.files.reading import TokenDocument
from fluxstudio.flows.design_tokens.merging.composing import Composer
from fluxstudio.flows.design_tokens.merging.deciding import Deciding, TokenDecision, renamed_modes
from fluxstudio.flows.design_tokens.merging.fields import MODES, modes_of
from fluxstudio.flows.design_tokens.merging.holds import defer_ambiguous, holds
from fluxstudio.flows.design_tokens.merging.matching import Matches, match_tokens
from fluxstudio.flows.design_tokens.merging.model import (
    HELD,
    NAME,
    MergeOptions,
    MergeResult,
    TokenChange,
    TokenConflict,
)
from fluxstudio.flows.design_tokens.merging.opacities import take_their_unit
from fluxstudio.flows.design_tokens.merging.places import settle_places
from fluxstudio.flows.design_tokens.merging.references import ResultReferences
from fluxstudio.flows.design_tokens.merging.samples import layout_samples
from fluxstudio.flows.design_tokens.merging.tokens import TokenComposer
from fluxstudio.flows.design_tokens.notation.kinds import PLAIN_TYPES
from fluxstudio.flows.design_tokens.tree import TokenTree, read_tree

MAX_GROWTH_BYTES = 1024 * 1024


def merge(
    base: TokenDocument, ours: TokenDocument, theirs: TokenDocument, options: MergeOptions | None = None
) -> MergeResult:
    """Merge what changed in Figma (`ours`) since the base into the repository's file (`theirs`).

    What is not changed keeps the repository's bytes; the same three files always give the same result.
    Where the result is held its text is the repository's.
    """
    options = options or MergeOptions()
    trees = (read_tree(base.root), read_tree(ours.root), read_tree(theirs.root))
    options = dataclasses.replace(options, skipped=options.skipped | _untranslated(trees))
    matches = match_tokens(*trees, options.ids)
    take_their_unit(matches)
    decisions, deciding = _decided(matches, options)
    settle_places(decisions, matches, options)
    defer_ambiguous(decisions, options)
    ResultReferences(decisions, matches).guard()
    held = list(holds(decisions, matches, options))
    conflicts = [*held, *_sorted(conflict for decision in decisions for conflict in decision.conflicts)]
    if held:
        return MergeResult(theirs.text, theirs.root, (), tuple(conflicts))
    tokens = TokenComposer(decisions, matches, deciding)
    patch = Composer(decisions, matches, tokens).patch()
    if patch.empty:
        return MergeResult(theirs.text, theirs.root, (), tuple(conflicts))
    text = rendered(theirs.text, patch, layout_of(theirs.text), layout_samples(trees[2]))
    root = patched(theirs.root, patch)
    problem = _problem(text, root, theirs)
    if problem is not None:
        return MergeResult(
            theirs.text, theirs.root, (), (TokenConflict("", HELD, reason=problem), *conflicts)
        )
    return MergeResult(text, root, tuple(_changes(decisions)), tuple(conflicts))


def _decided(matches: Matches, options: MergeOptions) -> tuple[list[TokenDecision], Deciding]:
    deciding = Deciding.over(matches, options, {})
    collections = {token.path[0] for tree in matches.trees for token in tree}
    renamed = {(name, old): new for name in collections for old, new in options.modes.items()}
    renamed = renamed or renamed_modes(matches.all, deciding)
    if renamed:
        deciding = dataclasses.replace(deciding, renamed_modes=renamed)
    return [deciding.decide(match) for match in matches.all], deciding


def _untranslated(trees: tuple[TokenTree, TokenTree, TokenTree]) -> frozenset[str]:
    """Tokens of types that the format has not: where Figma's side has none at all, that says nothing."""
    base, ours, _ = trees
    if any(token.type in PLAIN_TYPES for token in ours):
        return frozenset()
    return frozenset(token.dotted for token in base if token.type in PLAIN_TYPES)


def _problem(text: str, root: object, theirs: TokenDocument) -> str | None:
    """Why a result must not be written: it is not what was meant, or it grew beyond all measure."""
    if json.loads(text) != root:
        return "the result cannot be written into this file without changing more than was meant"
    if len(text) - len(theirs.text) > MAX_GROWTH_BYTES:
        return "the file would grow by more than 1 MB"
    return None


def _sorted(conflicts: Iterator[TokenConflict]) -> list[TokenConflict]:
    return sorted(conflicts, key=lambda conflict: (conflict.path, conflict.field))


def _changes(decisions: list[TokenDecision]) -> Iterator[TokenChange]:
    for decision in decisions:
        theirs, ours = decision.match.theirs, decision.match.ours
        path = ".".join(decision.path)
        if decision.fate == "added" and ours is not None:
            yield TokenChange("added", path, "$value", None, ours.value)
        elif decision.fate == "deleted" and theirs is not None:
            yield TokenChange("deleted", theirs.dotted, "$value", theirs.value, None)
        elif decision.fate == "stays" and theirs is not None:
            if decision.path != theirs.path:
                yield TokenChange("moved", path, NAME, theirs.dotted, path)
            yield from _edits(decision, path)


def _edits(decision: TokenDecision, path: str) -> Iterator[TokenChange]:
    theirs = decision.match.theirs
    if theirs is None:
        return
    for name, field in decision.edits.items():
        yield TokenChange(
            "changed", path, name, _before(decision, name), None if field is None else field.raw
        )


def _before(decision: TokenDecision, name: str) -> object:
    theirs = decision.match.theirs
    if theirs is None:
        return None
    if name.startswith(MODES):
        return modes_of(theirs).get(name.removeprefix(MODES))
    if name.startswith("$value."):
        value = theirs.value
        return value.get(name.removeprefix("$value.")) if isinstance(value, dict) else None
    return theirs.value if name == "$value" else theirs.type if name == "$type" else theirs.get(name)

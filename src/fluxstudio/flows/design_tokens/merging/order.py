"""Where new tokens go in a group: behind the sibling that precedes them in Figma, else last."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from fluxstudio.flows.design_tokens.merging.deciding import TokenDecision
from fluxstudio.flows.design_tokens.merging.matching import Matches
from fluxstudio.flows.design_tokens.merging.samples import Nearest
from fluxstudio.flows.design_tokens.notation.kinds import kind_of
from fluxstudio.flows.design_tokens.tree import TokenNode, TokenPath

ANY = "any"


class GroupOrder:
    """The order of Figma's tokens, as far as it agrees with the repository's."""

    def __init__(self, matches: Matches, decisions: list[TokenDecision]) -> None:
        self._base, self._ours, self._theirs = matches.trees
        self._added = [decision for decision in decisions if decision.fate == "added"]
        self._new = {decision.path for decision in self._added}
        self._source = {
            decision.path: decision.match.ours.path for decision in self._added if decision.match.ours
        }
        self._staying = {
            decision.match.theirs.path
            for decision in decisions
            if decision.fate == "stays" and decision.match.theirs is not None
        }

    @cached_property
    def _near(self) -> Nearest:
        return Nearest(self._theirs, lambda token: (ANY, kind_of(token.type)))

    def added(self) -> Iterator[TokenDecision]:
        """New tokens in the order in which they are put in."""
        order = {path: at for at, path in enumerate(self._ours.tokens)}
        agreed: dict[TokenPath, bool] = {}
        for decision in self._added:
            group = decision.path[:-1]
            agreed.setdefault(group, self._agrees(group))
        yield from sorted(
            self._added,
            key=lambda decision: (
                (0, order[self._source[decision.path]], ())
                if agreed[decision.path[:-1]]
                else (1, 0, decision.path)
            ),
        )

    def anchor(self, path: TokenPath) -> str | None:
        """The key behind which something new goes, or None for last."""
        group, _name = path[:-1], path[-1]
        if not self._agrees(group):
            return None
        names = list(self._ours_node(group))
        own = self._source.get(path, path)[-1]
        before = names[: names.index(own)] if own in names else []
        for sibling in reversed(before):
            if (*group, sibling) in self._new:
                return sibling
            if not sibling.startswith("$") and self._is_here((*group, sibling)):
                return self._behind_their_own(group, sibling)
        return None

    def of_move(self, target: TokenPath, token: TokenNode) -> str | None:
        """The key behind which a token goes that was moved here."""
        names = [name for name in self._ours_node(target[:-1]) if not name.startswith("$")]
        before = names[: names.index(target[-1])] if target[-1] in names else []
        here = [name for name in before if self._is_here((*target[:-1], name))]
        return here[-1] if here else None

    def neighbour(self, path: TokenPath) -> TokenNode | None:
        """The token of the repository whose layout and notation a new one takes."""
        kind = None
        source = self._source.get(path)
        if source is not None:
            kind = kind_of(self._ours.tokens[source].type)
        for length in range(len(path) - 1, -1, -1):
            group = self._group_like(path[:length])
            if group is None:
                continue
            near = self._near.within(group, kind) or self._near.within(group, ANY)
            if near is not None:
                anchor = self.anchor(path) if length == len(path) - 1 else None
                beside = self._theirs.tokens.get((*path[:-1], anchor)) if anchor else None
                if beside is not None and kind_of(beside.type) == kind:
                    return beside
                return near
        return None

    def _group_like(self, group: TokenPath) -> TokenPath | None:
        """A group of the repository; for a new one the one that it goes behind."""
        if not group or group in self._theirs.groups:
            return group
        anchor = self.anchor(group)
        return None if anchor is None else (*group[:-1], anchor)

    def ours_has(self, group: TokenPath) -> bool:
        """Whether Figma's file has a group."""
        return group in self._ours.groups

    def ours_group(self, group: TokenPath) -> dict[str, Any]:
        """What Figma's file says of a group."""
        return self._ours.groups[group].node

    def _behind_their_own(self, group: TokenPath, sibling: str) -> str:
        """Past what the repository itself put behind a sibling."""
        names = list(self._theirs.groups[group].node)
        at = names.index(sibling)
        while at + 1 < len(names) and self._is_theirs_alone((*group, names[at + 1])):
            at += 1
        return names[at]

    def _is_theirs_alone(self, path: TokenPath) -> bool:
        in_theirs = path in self._theirs.tokens or path in self._theirs.groups
        others = (self._ours, self._base)
        return in_theirs and not any(path in tree.tokens or path in tree.groups for tree in others)

    def _is_here(self, path: TokenPath) -> bool:
        return path in self._staying or path in self._theirs.groups

    def _ours_node(self, group: TokenPath) -> dict[str, Any]:
        own = self._ours.groups.get(group)
        return own.node if own is not None else {}

    def _agrees(self, group: TokenPath) -> bool:
        """Whether what both files have in a group is in one order: else Figma's order says nothing."""
        theirs = self._theirs.groups.get(group)
        if theirs is None:
            return True
        ours = self._ours_node(group)
        in_theirs = [name for name in theirs.node if name in ours and not name.startswith("$")]
        in_ours = [name for name in ours if name in theirs.node and not name.startswith("$")]
        return in_theirs == in_ours

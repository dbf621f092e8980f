"""The result as changes to the repository's document: tokens edited, added, moved and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fluxstudio.flows.design_tokens.files.patches import (
    Addition,
    Move,
    Patch,
    Replacement,
    difference,
)
from fluxstudio.flows.design_tokens.merging.deciding import TokenDecision
from fluxstudio.flows.design_tokens.merging.matching import Matches
from fluxstudio.flows.design_tokens.merging.order import GroupOrder
from fluxstudio.flows.design_tokens.merging.tokens import TokenComposer
from fluxstudio.flows.design_tokens.notation.references import alias_in
from fluxstudio.flows.design_tokens.tree import TokenNode, TokenPath, TokenTree

GroupMoves = dict[TokenPath, TokenPath]


class Composer:
    """Makes one patch of all decisions."""

    def __init__(self, decisions: list[TokenDecision], matches: Matches, tokens: TokenComposer) -> None:
        self._decisions = decisions
        self._matches = matches
        self._theirs: TokenTree = matches.trees[2]
        self._tokens = tokens
        self._patch = Patch()
        self._group_moves = _group_moves(decisions, self._theirs)
        self._moved: dict[TokenPath, Patch] = {}
        self._new_groups: dict[TokenPath, dict[str, Any]] = {}
        self._top_groups: list[dict[str, Any]] = []
        self._order = GroupOrder(matches, decisions)

    def patch(self) -> Patch:
        """The changes to the repository's document."""
        for old, new in self._group_moves.items():
            self._move(old, new)
        self._follow_extends()
        for decision in self._decisions:
            if decision.fate == "deleted":
                path = self._path(decision)
                self._home(path[:-1]).removed.add(path[-1])
            elif decision.fate == "stays":
                self._stay(decision)
        for decision in self._order.added():
            self._add(decision)
        self._drop_emptied_groups()
        if self._theirs.tokens and not any(token.key("$type") in token.node for token in self._theirs):
            for content in self._top_groups:
                _hoist_types(content)
        return self._patch

    def _stay(self, decision: TokenDecision) -> None:
        token = decision.match.theirs
        if token is None or not (decision.edits or self._tokens.moving):
            return
        group = next((old for old in self._group_moves if token.path[: len(old)] == old), None)
        target = decision.path
        expected = token.path if group is None else (*self._group_moves[group], *token.path[len(group) :])
        node = self._tokens.result(decision, self._inherited(target))
        change = difference(token.node, node) if node is not token.node else None
        if target != expected:
            patch = change if isinstance(change, Patch) else None
            self._relocate(token, target, patch)
        elif isinstance(change, Patch) or change is not None:
            self._home(token.path[:-1]).values[token.path[-1]] = change

    def _relocate(self, token: TokenNode, target: TokenPath, change: Patch | None) -> None:
        """Move one token: a new key where it stays in its group, else out of one group and into another."""
        old = token.path
        if old[:-1] == target[:-1]:
            home = self._home(old[:-1])
            home.renamed[old[-1]] = target[-1]
            if change is not None:
                home.values[old[-1]] = change
            return
        move = Move(old, change)
        if target[: len(old)] == old:
            content = _nested(target[len(old) :], move)
            self._home(old[:-1]).values[old[-1]] = Replacement(content)
            self._register(old, content)
            return
        self._home(old[:-1]).removed.add(old[-1])
        self._insert(target, move, self._order.of_move(target, token))

    def _add(self, decision: TokenDecision) -> None:
        token = decision.match.ours
        if token is None:
            return
        path = decision.path
        neighbour = self._order.neighbour(path)
        group = self._topmost_new(path)
        inherited = self._inherited(path) if group is None else self._inherited(group)
        node = self._tokens.new(decision, neighbour, inherited, in_new_group=group is not None)
        self._insert(path, node, self._order.anchor(path), neighbour)

    def _insert(
        self, path: TokenPath, content: Any, after: str | None, neighbour: TokenNode | None = None
    ) -> None:
        like = neighbour.path if neighbour else None
        for length in range(len(path) - 1, 0, -1):
            group = self._new_groups.get(path[:length])
            if group is not None:
                nested = _nested(path[length + 1 :], content) if len(path) > length + 1 else content
                group[path[length]] = nested
                self._register(path[: length + 1], nested)
                return
        at = next((length for length in range(1, len(path)) if not self._is_group(path[:length])), len(path))
        if at == len(path):
            self._home(self._source(path[:-1])).added.append(Addition(path[-1], content, after, like))
            return
        nested = _nested(path[at:], content)
        group_path = path[:at]
        if self._order.ours_has(group_path):
            nested = self._with_words(group_path, nested)
        parent = self._home(self._source(group_path[:-1]))
        anchor = self._order.anchor(group_path)
        parent.added.append(Addition(group_path[-1], nested, anchor, like, is_group=True))
        self._top_groups.append(nested)
        self._register(group_path, nested)

    def _with_words(self, group: TokenPath, nested: dict[str, Any]) -> dict[str, Any]:
        """A new group with what Figma's file says of it, such as its type."""
        words = {
            name: value
            for name, value in self._order.ours_group(group).items()
            if name.startswith("$") and name not in {"$extensions", "$root"}
        }
        for name, child in list(nested.items()):
            if isinstance(child, dict) and self._order.ours_has((*group, name)):
                nested[name] = self._with_words((*group, name), child)
        return {**words, **nested}

    def _register(self, path: TokenPath, content: Any) -> None:
        """Remember a group that is new, so that what follows goes into it."""
        if isinstance(content, dict) and "$value" not in content and "value" not in content:
            self._new_groups[path] = content
            for name, child in content.items():
                if not name.startswith("$"):
                    self._register((*path, name), child)

    def _topmost_new(self, path: TokenPath) -> TokenPath | None:
        return next((path[:at] for at in range(1, len(path)) if not self._is_group(path[:at])), None)

    def _is_group(self, path: TokenPath) -> bool:
        return self._source(path) in self._theirs.groups

    def _source(self, path: TokenPath) -> TokenPath:
        """Where a group of the result is in the repository's file."""
        for old, new in self._group_moves.items():
            if path[: len(new)] == new:
                return (*old, *path[len(new) :])
        return path

    def _path(self, decision: TokenDecision) -> TokenPath:
        token = decision.match.theirs
        return token.path if token else decision.path

    def _home(self, path: TokenPath) -> Patch:
        """The changes to a group of the repository's file, wherever it goes."""
        for old, patch in self._moved.items():
            if path[: len(old)] == old:
                return patch.below(path[len(old) :])
        return self._patch.below(path)

    def _move(self, old: TokenPath, new: TokenPath) -> None:
        """Move a whole group, with all its words."""
        if old[:-1] == new[:-1]:
            self._home(old[:-1]).renamed[old[-1]] = new[-1]
            return
        patch = self._moved[old] = Patch()
        self._patch.below(old[:-1]).removed.add(old[-1])
        self._patch.below(new[:-1]).added.append(Addition(new[-1], Move(old, patch)))

    def _follow_extends(self) -> None:
        for path, group in self._theirs.groups.items():
            target = alias_in(group.node.get("$extends")) if self._group_moves else None
            new = self._group_moves.get(tuple(target.split("."))) if target else None
            if new is not None:
                self._home(path).values["$extends"] = Replacement("{" + ".".join(new) + "}")

    def _inherited(self, path: TokenPath) -> str | None:
        """The type that a token gets from the groups around it."""
        for length in range(len(path) - 1, -1, -1):
            group = self._theirs.groups.get(self._source(path[:length]))
            own = group.node.get("$type") if group else None
            if isinstance(own, str):
                return own
        return None

    def _drop_emptied_groups(self) -> None:
        """Take away groups that lost all they had, unless they have words of their own."""
        for path in sorted(self._theirs.groups, key=len, reverse=True):
            if not path or path in self._moved:
                continue
            patch = self._existing(path)
            if patch is None or not patch.removed or patch.added or patch.renamed:
                continue
            if set(self._theirs.groups[path].node) == patch.removed:
                self._home(path[:-1]).removed.add(path[-1])

    def _existing(self, path: TokenPath) -> Patch | None:
        patch: Any = self._patch
        for old, moved in self._moved.items():
            if path[: len(old)] == old:
                patch, path = moved, path[len(old) :]
        for name in path:
            patch = patch.values.get(name) if isinstance(patch, Patch) else None
        return patch if isinstance(patch, Patch) else None


def _hoist_types(group: dict[str, Any]) -> None:
    """Give a new group the one type of its tokens, as a file has it whose tokens have none of their own."""
    tokens = list(_tokens_in(group))
    kinds = {token.get("$type") for token in tokens}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is None or "$type" in group:
        for child in group.values():
            if isinstance(child, dict) and "$value" not in child:
                _hoist_types(child)
        return
    for token in tokens:
        del token["$type"]
    words = {"$type": kind, **group}
    group.clear()
    group.update(words)


def _tokens_in(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, child in group.items():
        if isinstance(child, dict) and "$value" in child:
            yield child
        elif isinstance(child, dict) and not name.startswith("$"):
            yield from _tokens_in(child)


def _nested(path: TokenPath, content: Any) -> Any:
    for name in reversed(path):
        content = {name: content}
    return content


def _group_moves(decisions: list[TokenDecision], theirs: TokenTree) -> GroupMoves:
    """Groups that move as a whole, since all their tokens do: old path to new."""
    movers = [
        (decision.match.theirs.path, decision.path)
        for decision in decisions
        if decision.fate == "stays" and decision.match.theirs and decision.path != decision.match.theirs.path
    ]
    if not movers:
        return {}
    target_of = dict(movers)
    moves: GroupMoves = {}
    refused: set[TokenPath] = set()
    for old, new in movers:
        while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        if old in theirs.tokens or old in moves or old in refused:
            continue
        if _moves_whole(old, new, target_of, decisions, theirs):
            moves[old] = new
        else:
            refused.add(old)
    return {
        old: new
        for old, new in moves.items()
        if not any(old[: len(other)] == other for other in moves if other != old)
    }


def _moves_whole(
    old: TokenPath,
    new: TokenPath,
    target_of: dict[TokenPath, TokenPath],
    decisions: list[TokenDecision],
    theirs: TokenTree,
) -> bool:
    def within(path: TokenPath) -> bool:
        return path[: len(old)] == old

    if new in theirs.groups or new in theirs.tokens or new[: len(old)] == old or old[: len(new)] == new:
        return False
    if new[:-1] not in theirs.groups:
        return False
    return all(
        decision.fate == "deleted"
        or target_of.get(decision.match.theirs.path) == (*new, *decision.match.theirs.path[len(old) :])
        for decision in decisions
        if decision.match.theirs is not None and within(decision.match.theirs.path)
    )

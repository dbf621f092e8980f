"""Who refers to whom in the result, and what follows: nothing dangles and nothing goes in circles."""

from __future__ import annotations

from collections.abc import Iterator

from fluxstudio.flows.design_tokens.merging.deciding import TokenDecision
from fluxstudio.flows.design_tokens.merging.fields import MODES, VALUE, merges_in_parts, modes_of
from fluxstudio.flows.design_tokens.merging.matching import Matches, TokenMatch
from fluxstudio.flows.design_tokens.merging.model import DELETED, TokenConflict
from fluxstudio.flows.design_tokens.notation.references import references_in
from fluxstudio.flows.design_tokens.tree import names_in

MAX_NAMED_REFERRERS = 5


class ResultReferences:
    """The references that tokens of the result have to one another."""

    def __init__(self, decisions: list[TokenDecision], matches: Matches) -> None:
        self._decisions = decisions
        self._by_match = {id(decision.match): decision for decision in decisions}
        self._matches = matches

    def guard(self) -> None:
        """Keep what is referred to, and leave out what would refer to nothing or to itself."""
        self._keep_referred()
        while self._drop_dangling() or self._break_circles():
            pass

    def of(self, decision: TokenDecision) -> Iterator[tuple[str, TokenDecision]]:
        """The fields of a token that refer to other tokens, each with the one it refers to."""
        match = decision.match
        if decision.fate == "added" or match.theirs is None:
            if match.ours is not None:
                yield from ((VALUE, target) for target in self._targets(names_in(match.ours), 1))
            return
        edited = {name for name in decision.edits if name.startswith((VALUE, MODES))}
        if not edited:
            yield from ((VALUE, target) for target in self._targets(names_in(match.theirs), 2))
            return
        for name, value in self._raw_fields(match):
            if name not in edited and VALUE not in edited - {name}:
                yield from ((name, target) for target in self._targets(references_in(value), 2))
        for name in edited:
            field = decision.edits[name]
            if field is not None:
                yield from ((name, target) for target in self._targets(references_in(field.raw), 1))

    def _raw_fields(self, match: TokenMatch) -> Iterator[tuple[str, object]]:
        token = match.theirs
        if token is None:
            return
        if merges_in_parts(*match.sides):
            yield from ((f"{VALUE}.{part}", value) for part, value in token.value.items())
        else:
            yield VALUE, token.value
        yield from ((MODES + mode, value) for mode, value in modes_of(token).items())

    def _targets(self, names: Iterator[str], side: int) -> Iterator[TokenDecision]:
        tree, by_path = self._matches.trees[side], self._matches.by_path[side]
        for name in names:
            token = tree.target(name)
            if token is not None:
                yield self._by_match[id(by_path[token.path])]

    def _keep_referred(self) -> None:
        if not any(decision.fate == "deleted" for decision in self._decisions):
            return
        open_list = [decision for decision in self._decisions if decision.present]
        referrers: dict[int, list[str]] = {}
        for decision in open_list:
            for _, target in self.of(decision):
                if target.fate == "deleted" or id(target) in referrers:
                    names = referrers.setdefault(id(target), [])
                    names.append(decision.match.shown.dotted)
                    if target.fate == "deleted":
                        target.fate = "stays"
                        open_list.append(target)
        for decision in self._decisions:
            if id(decision) in referrers:
                names = sorted(set(referrers[id(decision)]))
                _name_kept(decision, names)

    def _drop_dangling(self) -> bool:
        """Leave out what would refer to a token that is not in the result."""
        changed = False
        for decision in self._decisions:
            if not decision.present:
                continue
            if decision.fate == "stays" and not decision.edits:
                continue
            missing = {
                name: target
                for name, target in self.of(decision)
                if not target.present and target is not decision
            }
            for name, target in missing.items():
                if decision.fate == "added" or name in decision.edits:
                    reason = f"refers to {target.match.shown.dotted}, which the repository does not have"
                    self._take_back(decision, name, reason)
                    changed = True
        return changed

    def _break_circles(self) -> bool:
        """Leave the repository's value where an edit would close a circle."""
        for circle in self._circles():
            for decision, name in circle:
                if decision.fate == "added" or name in decision.edits:
                    self._take_back(decision, name, "would refer to itself")
                    return True
        return False

    def _circles(self) -> Iterator[list[tuple[TokenDecision, str]]]:
        """Every circle that a walk from what is new comes upon."""
        done: set[int] = set()
        for start in self._decisions:
            is_new = start.fate == "added" or bool(start.edits)
            if id(start) in done or not start.present or not is_new:
                continue
            trail: list[tuple[TokenDecision, str]] = []
            on_trail: dict[int, int] = {}
            stack = [(start, self.of(start))]
            on_trail[id(start)] = 0
            while stack:
                decision, targets = stack[-1]
                step = next(targets, None)
                if step is None:
                    stack.pop()
                    del on_trail[id(decision)]
                    done.add(id(decision))
                    trail = trail[: len(stack) - 1] if stack else []
                    continue
                name, target = step
                trail = [*trail[: len(stack) - 1], (decision, name)]
                if id(target) in on_trail:
                    yield trail[on_trail[id(target)] :]
                elif id(target) not in done and target.present:
                    on_trail[id(target)] = len(stack)
                    stack.append((target, self.of(target)))

    def _take_back(self, decision: TokenDecision, name: str, reason: str) -> None:
        match = decision.match
        if decision.fate == "added":
            decision.fate = "absent"
            value = match.ours.value if match.ours else None
            decision.conflicts.append(
                TokenConflict(".".join(decision.path), VALUE, None, value, None, reason)
            )
            return
        field = decision.edits.pop(name)
        if any(conflict.field == name for conflict in decision.conflicts):
            return
        raw = dict(self._raw_fields(match))
        base = match.base.value if match.base is not None and name == VALUE else None
        decision.conflicts.append(
            TokenConflict(
                ".".join(decision.path), name, base, field.raw if field else None, raw.get(name), reason
            )
        )


def _name_kept(decision: TokenDecision, names: list[str]) -> None:
    more = f" and {len(names) - MAX_NAMED_REFERRERS} more" if len(names) > MAX_NAMED_REFERRERS else ""
    reason = "referred to by " + ", ".join(names[:MAX_NAMED_REFERRERS]) + more
    decision.conflicts = [conflict for conflict in decision.conflicts if conflict.field != DELETED]
    base, _, theirs = decision.match.sides
    decision.conflicts.append(
        TokenConflict(
            decision.match.shown.dotted,
            DELETED,
            base.value if base else None,
            None,
            theirs.value if theirs else None,
            reason,
        )
    )

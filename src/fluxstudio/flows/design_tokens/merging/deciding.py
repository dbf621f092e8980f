"""What becomes of one token: each field is the repository's, Figma's, or a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fluxstudio.flows.design_tokens.merging.fields import (
    MODES,
    TYPE,
    VALUE,
    Fields,
    FieldValue,
    fields_of,
    merges_in_parts,
    modes_of,
    opaque,
)
from fluxstudio.flows.design_tokens.merging.matching import Matches, TokenMatch
from fluxstudio.flows.design_tokens.merging.model import DELETED, MergeOptions, TokenConflict
from fluxstudio.flows.design_tokens.notation.kinds import FROM_LOOSE, LOOSE_TYPES, kind_of
from fluxstudio.flows.design_tokens.notation.meaning import ValueReading, alike
from fluxstudio.flows.design_tokens.tree import TokenNode, TokenPath, names_in

Fate = Literal["stays", "added", "deleted", "absent"]


@dataclass(slots=True, eq=False)
class TokenDecision:
    """What becomes of one token. `edits` are the fields that Figma's side decides; None takes a field away.
    `path` is where it is in the result."""

    match: TokenMatch
    fate: Fate
    path: TokenPath = ()
    type: str | None = None
    edits: dict[str, FieldValue | None] = field(default_factory=dict)
    conflicts: list[TokenConflict] = field(default_factory=list)

    @property
    def present(self) -> bool:
        """Whether the result has this token."""
        return self.fate in {"stays", "added"}


@dataclass(frozen=True, slots=True)
class Deciding:
    """Decides about tokens, one at a time."""

    options: MergeOptions
    readings: tuple[ValueReading, ValueReading, ValueReading]
    renamed_modes: Mapping[tuple[str, str], str]

    @classmethod
    def over(
        cls, matches: Matches, options: MergeOptions, renamed_modes: Mapping[tuple[str, str], str]
    ) -> Deciding:
        """Decides about the tokens of three files."""
        base, ours, theirs = (ValueReading(matches.resolver(side), options.root_pixels) for side in range(3))
        return cls(options, (base, ours, theirs), renamed_modes)

    def decide(self, match: TokenMatch) -> TokenDecision:
        """What becomes of a token, before it is known where others are and who refers to it."""
        base, ours, theirs = match.sides
        if ours is None and base is not None and self._is_silent(match):
            ours = base
        if theirs is None:
            return self._not_in_repository(match, base, ours)
        if ours is None:
            return self._not_in_figma(match, base, theirs)
        return self._in_both(match, base, ours, theirs)

    def _is_silent(self, match: TokenMatch) -> bool:
        """Whether Figma's silence about a token says nothing."""
        skipped = self.options.skipped
        names = {token.dotted for token in match.sides if token} | {
            token.variable_id for token in match.sides if token
        }
        return not self.options.complete or bool(skipped and names & skipped)

    def _is_silent_mode(self, match: TokenMatch, name: str) -> bool:
        """Whether it says nothing that Figma's token has no value for a mode."""
        if not name.startswith(MODES):
            return False
        mode = (match.ours.variable_id or "" if match.ours else "", name.removeprefix(MODES))
        return not self.options.complete or mode in self.options.skipped_modes

    def _not_in_repository(
        self, match: TokenMatch, base: TokenNode | None, ours: TokenNode | None
    ) -> TokenDecision:
        if ours is None:
            return TokenDecision(match, "absent")
        if base is None:
            added = TokenDecision(match, "added", ours.path, ours.type)
            value = FieldValue(ours.value, self.readings[1].meaning(ours.value, ours.type))
            if self._is_listed(self.options.declined, added, VALUE, value):
                added.fate = "absent"
            return added
        if self._unchanged(base, ours, 1):
            return TokenDecision(match, "absent")
        conflict = TokenConflict(base.dotted, DELETED, base.value, ours.value, None, "edited in Figma")
        decision = TokenDecision(match, "absent", ours.path, ours.type)
        value = FieldValue(ours.value, self.readings[1].meaning(ours.value, ours.type))
        if self._settled(decision, conflict, value) == "taken" or (
            decision.conflicts and self.options.policy_for(base.path) == "figma"
        ):
            decision.fate = "added"
        return decision

    def _not_in_figma(self, match: TokenMatch, base: TokenNode | None, theirs: TokenNode) -> TokenDecision:
        stays = TokenDecision(match, "stays", theirs.path, theirs.type)
        if base is None or self._is_listed(self.options.declined, stays, VALUE, None):
            return stays
        if self._unchanged(base, theirs, 2) and opaque(base) == opaque(theirs) and base.place == theirs.place:
            return TokenDecision(match, "deleted", theirs.path, theirs.type)
        conflict = TokenConflict(
            theirs.dotted, DELETED, base.value, None, theirs.value, "edited in the repository"
        )
        if self._settled(stays, conflict, None) == "taken" or (
            stays.conflicts and self.options.policy_for(theirs.path) == "figma"
        ):
            stays.fate = "deleted"
        return stays

    def _settled(
        self, decision: TokenDecision, conflict: TokenConflict, ours: FieldValue | None
    ) -> Literal["taken", "left", "open"]:
        """What a person decided about a conflict; one that nobody decided is noted."""
        shown = TokenDecision(decision.match, decision.fate, tuple(conflict.path.split(".")))
        if self._is_listed(self.options.chosen, shown, conflict.field, ours):
            return "taken"
        if self._is_listed(self.options.declined, shown, conflict.field, ours):
            return "left"
        decision.conflicts.append(conflict)
        return "open"

    def _in_both(
        self, match: TokenMatch, base: TokenNode | None, ours: TokenNode, theirs: TokenNode
    ) -> TokenDecision:
        decision = TokenDecision(match, "stays", theirs.path, theirs.type)
        if base is ours or self._is_same(base, ours, 0) or self._is_same(theirs, ours, 2):
            return decision
        types = _types(base, ours, theirs)
        in_parts = merges_in_parts(base, ours, theirs) and len({kind_of(kind) for kind in types if kind}) == 1
        read = [
            self._fields(token, side, kind, in_parts=in_parts)
            for side, (token, kind) in enumerate(zip((base, ours, theirs), types, strict=True))
        ]
        self._merge_fields(decision, read[0], read[1], read[2])
        self._merge_type(decision, types, read[0])
        return decision

    def _is_same(self, other: TokenNode | None, ours: TokenNode, side: int) -> bool:
        """Whether Figma's token is written just as another one, and its references lead to the same."""
        if other is None or other.node != ours.node or other.type != ours.type or other.legacy != ours.legacy:
            return False
        one, two = self.readings[side], self.readings[1]
        return all(one.resolve(name) == two.resolve(name) for name in names_in(ours))

    def _fields(self, token: TokenNode | None, side: int, kind: str | None, *, in_parts: bool) -> Fields:
        if token is None:
            return {}
        fields = fields_of(token, self.readings[side], kind, in_parts=in_parts)
        if side == 1 or not self.renamed_modes:
            return fields
        return {self.mode_renamed(token, name): value for name, value in fields.items()}

    def mode_renamed(self, token: TokenNode, name: str) -> str:
        """A field's name after Figma renamed its mode."""
        mode = name.removeprefix(MODES)
        if mode == name:
            return name
        return MODES + self.renamed_modes.get((token.path[0], mode), mode)

    def same_mode(self, base: TokenNode, old: str, ours: TokenNode, new: str) -> bool:
        """Whether one mode of the base and another of Figma's hold the same value, or none."""
        before, after = modes_of(base), modes_of(ours)
        if old not in before or new not in after:
            return old not in before and new not in after
        return alike(
            self.readings[0].meaning(before[old], base.type), self.readings[1].meaning(after[new], ours.type)
        )

    def _merge_fields(self, decision: TokenDecision, base: Fields, ours: Fields, theirs: Fields) -> None:
        for name in dict.fromkeys([*theirs, *ours]):
            b, o, t = base.get(name), ours.get(name), theirs.get(name)
            if o is None and self._is_silent_mode(decision.match, name):
                continue
            if _same(o, t) or _same(o, b) or self._is_listed(self.options.declined, decision, name, o):
                continue
            if not _same(t, b) and not self._is_listed(self.options.chosen, decision, name, o):
                self._conflict(decision, name, b, o, t)
                if self.options.policy_for(decision.path) != "figma":
                    continue
            decision.edits[name] = o

    def _conflict(
        self,
        decision: TokenDecision,
        name: str,
        base: FieldValue | None,
        ours: FieldValue | None,
        theirs: FieldValue | None,
    ) -> None:
        raw = [None if value is None else value.raw for value in (base, ours, theirs)]
        decision.conflicts.append(TokenConflict(".".join(decision.path), name, *raw))

    def _is_listed(
        self, values: Mapping[str, Any], decision: TokenDecision, name: str, ours: FieldValue | None
    ) -> bool:
        """Whether a person has decided about this value of Figma's."""
        key = f"{'.'.join(decision.path)}.{name}"
        if not values or key not in values:
            return False
        value = values[key]
        if ours is None or value is None:
            return ours is None and value is None
        return alike(self.readings[1].meaning(value, decision.match.shown.type), ours.meaning)

    def _merge_type(self, decision: TokenDecision, types: tuple[str | None, ...], base: Fields) -> None:
        """Settle the type, and that it fits the value that was chosen."""
        b, o, t = (kind_of(kind) for kind in types)
        if o == t:
            return
        from_ours = o != b
        if from_ours and t != b:
            decision.conflicts.append(TokenConflict(".".join(decision.path), TYPE, *types))
            from_ours = self.options.policy_for(decision.path) == "figma"
        value_edited = any(name.startswith(VALUE) for name in decision.edits)
        if from_ours and not value_edited and not _fits(decision.match.theirs, o):
            from_ours = False
            if not any(conflict.field == TYPE for conflict in decision.conflicts):
                decision.conflicts.append(TokenConflict(".".join(decision.path), TYPE, *types))
        if from_ours:
            decision.type = types[1]
            decision.edits[TYPE] = FieldValue(types[1], types[1])
        elif value_edited and not _fits(decision.match.ours, t):
            self._keep_value(decision, base)

    def _keep_value(self, decision: TokenDecision, base: Fields) -> None:
        """Leave the repository's value where Figma's is of another type."""
        for name in [name for name in decision.edits if name.startswith((VALUE, MODES))]:
            value = decision.edits.pop(name)
            if not any(conflict.field == name for conflict in decision.conflicts):
                theirs = decision.match.theirs
                shown = FieldValue(theirs.value, None) if theirs is not None and name == VALUE else None
                self._conflict(decision, name, base.get(name), value, shown)

    def _unchanged(self, base: TokenNode, other: TokenNode, side: int) -> bool:
        """Whether a token means the same as in the base."""
        kind, _, other_kind = _types(base, base, other) if side == 2 else (base.type, None, other.type)
        if kind_of(kind) != kind_of(other_kind) or (side == 1 and base.place != other.place):
            return False
        one = self._fields(base, 0, kind, in_parts=False)
        two = self._fields(other, side, other_kind, in_parts=False)
        return all(_same(one.get(name), two.get(name)) for name in {*one, *two})


def renamed_modes(matches: list[TokenMatch], deciding: Deciding) -> dict[tuple[str, str], str]:
    """Modes that Figma renamed, by collection: one is gone, one is new, and all their values are the same."""
    tokens: dict[str, list[tuple[TokenNode, TokenNode]]] = {}
    for match in matches:
        if (
            match.base is not None
            and match.ours is not None
            and (modes_of(match.base) or modes_of(match.ours))
        ):
            tokens.setdefault(match.base.path[0], []).append((match.base, match.ours))
    renamed = {}
    for collection, pairs in tokens.items():
        old = dict.fromkeys(mode for base, _ in pairs for mode in modes_of(base))
        new = dict.fromkeys(mode for _, ours in pairs for mode in modes_of(ours))
        gone, fresh = [mode for mode in old if mode not in new], [mode for mode in new if mode not in old]
        if len(gone) == len(fresh) == 1 and all(
            deciding.same_mode(base, gone[0], ours, fresh[0]) for base, ours in pairs
        ):
            renamed[(collection, gone[0])] = fresh[0]
    return renamed


def _types(base: TokenNode | None, ours: TokenNode, theirs: TokenNode) -> tuple[str | None, ...]:
    """The types of the three; what a repository knows better than Figma is no edit by Figma."""
    b, o, t = base.type if base else None, ours.type, theirs.type
    if o == t:
        return b, o, t
    if t is None:
        return (None, None, None) if b is None else (b, o, t)
    if o in LOOSE_TYPES and kind_of(t) not in LOOSE_TYPES and t != "boolean":
        if base is None or kind_of(b) == kind_of(t):
            o = t
        elif b == o:
            b = o = t
    elif t in LOOSE_TYPES and kind_of(o) in FROM_LOOSE and (base is None or kind_of(b) == kind_of(o)):
        # A file that calls every number a number does not change what Figma knows better.
        t = o
    return b, o, t


def _same(one: FieldValue | None, other: FieldValue | None) -> bool:
    if one is None or other is None:
        return one is other
    return alike(one.meaning, other.meaning)


def _fits(token: TokenNode | None, kind: str | None) -> bool:
    """Whether the value of a token can be one of another type."""
    if token is None or kind is None:
        return True
    value = token.value
    return (isinstance(value, str) and "{" in value) or ValueReading(str).readable(value, kind)

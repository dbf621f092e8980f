"""Which tokens of the three files are one and the same: by variable id, else by path, never by value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

from fluxstudio.flows.design_tokens.tree import TokenNode, TokenPath, TokenTree


@dataclass(slots=True, eq=False)
class TokenMatch:
    """One token as base, ours and theirs have it."""

    base: TokenNode | None = None
    ours: TokenNode | None = None
    theirs: TokenNode | None = None

    @property
    def sides(self) -> tuple[TokenNode | None, TokenNode | None, TokenNode | None]:
        """Base, ours, theirs."""
        return self.base, self.ours, self.theirs

    @property
    def shown(self) -> TokenNode:
        """The token by which people know it: the repository's, else Figma's, else the base's."""
        token = self.theirs or self.ours or self.base
        if token is None:
            raise ValueError("a match holds at least one token")
        return token

    def fits(self, other: TokenMatch) -> bool:
        """Whether both can be one: no side has a token in each."""
        return not any(one and two for one, two in zip(self.sides, other.sides, strict=True))

    def take(self, other: TokenMatch) -> None:
        """Make this match the one of the other's tokens as well."""
        self.base = self.base or other.base
        self.ours = self.ours or other.ours
        self.theirs = self.theirs or other.theirs


@dataclass(frozen=True, slots=True)
class Matches:
    """All matches, and which one a token of each side belongs to."""

    all: list[TokenMatch]
    by_path: tuple[dict[TokenPath, TokenMatch], ...]
    trees: tuple[TokenTree, TokenTree, TokenTree]

    def resolver(self, side: int) -> Callable[[str], Hashable]:
        """What a reference of one side leads to: the match of its target, else its bare name."""
        tree, matches = self.trees[side], self.by_path[side]

        def resolve(name: str) -> Hashable:
            target = tree.target(name)
            return name if target is None else id(matches[target.path])

        return resolve


def match_tokens(
    base: TokenTree, ours: TokenTree, theirs: TokenTree, ids: Mapping[str, TokenPath]
) -> Matches:
    """Match the tokens of three files; `ids` are known paths of variables in base and theirs."""
    matches = _by_id(base, ours, theirs, ids)
    for places in (_base_places, _all_places):
        matches = _joined(matches, places)
    order = {path: at for at, path in enumerate([*theirs.tokens, *ours.tokens, *base.tokens])}
    matches.sort(key=lambda match: order[match.shown.path])
    by_path: tuple[dict[TokenPath, TokenMatch], ...] = ({}, {}, {})
    for match in matches:
        for side, token in enumerate(match.sides):
            if token is not None:
                by_path[side][token.path] = match
    return Matches(matches, by_path, (base, ours, theirs))


def _by_id(
    base: TokenTree, ours: TokenTree, theirs: TokenTree, ids: Mapping[str, TokenPath]
) -> list[TokenMatch]:
    """One match for each variable, and one for each token without."""
    variables: dict[str, TokenMatch] = {}
    alone: list[TokenMatch] = []
    paths = {token.variable_id: token.path for token in base if token.variable_id} | dict(ids)
    ids_of = {path: variable for variable, path in ids.items()}
    for side, tree in (("base", base), ("ours", ours), ("theirs", theirs)):
        for token in sorted(tree, key=lambda token: paths.get(token.variable_id or "") != token.path):
            variable = token.variable_id or (ids_of.get(token.path) if side != "ours" else None)
            if variable is None:
                alone.append(TokenMatch(**{side: token}))
                continue
            match = variables.setdefault(variable, TokenMatch())
            if getattr(match, side) is None:
                setattr(match, side, token)
            else:
                alone.append(TokenMatch(**{side: token}))
    return [*variables.values(), *alone]


def _joined(
    matches: list[TokenMatch], places: Callable[[TokenMatch], Iterable[TokenPath]]
) -> list[TokenMatch]:
    """Matches that have tokens at the same place on different sides, made one."""
    here: dict[TokenPath, list[TokenMatch]] = defaultdict(list)
    remaining = []
    for match in matches:
        partner = next(
            (other for place in places(match) for other in here.get(place, ()) if other.fits(match)), None
        )
        if partner is None:
            partner = match
            remaining.append(match)
        else:
            partner.take(match)
        if None in partner.sides:
            for place in places(partner):
                here[place].append(partner)
    return remaining


def _base_places(match: TokenMatch) -> Iterable[TokenPath]:
    return [match.base.place] if match.base else _all_places(match)


def _all_places(match: TokenMatch) -> Iterable[TokenPath]:
    return dict.fromkeys(token.place for token in match.sides if token is not None)

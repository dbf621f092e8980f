"""What new values are written like: the nearest token of the file that has one of their kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from typing import Any

from fluxstudio.flows.design_tokens.merging.matching import Matches
from fluxstudio.flows.design_tokens.notation.colors import read_color
from fluxstudio.flows.design_tokens.notation.kinds import PART_TYPES, kind_of
from fluxstudio.flows.design_tokens.notation.meaning import amount_of
from fluxstudio.flows.design_tokens.tree import TokenNode, TokenPath, TokenTree

AMOUNTS = frozenset({"dimension", "duration"})


class Nearest:
    """Tokens by label and group: of the group that shares most with a path, the last one."""

    def __init__(
        self, tokens: Iterable[TokenNode], labels: Callable[[TokenNode], Iterable[Hashable]]
    ) -> None:
        self._tokens: dict[Hashable, dict[TokenPath, TokenNode]] = defaultdict(dict)
        for token in tokens:
            groups = [token.path[:length] for length in range(len(token.path))]
            for label in labels(token):
                self._tokens[label].update(dict.fromkeys(groups, token))

    def within(self, group: TokenPath, label: Hashable) -> TokenNode | None:
        """The last token of a label below a group."""
        return self._tokens[label].get(group)

    def find(self, path: TokenPath, label: Hashable) -> TokenNode | None:
        """The nearest token of a label."""
        tokens = self._tokens[label]
        groups = (path[:length] for length in range(len(path) - 1, -1, -1))
        return next((tokens[group] for group in groups if group in tokens), None)


class Samples:
    """Values of the repository's file that new ones are written like, and what it calls types."""

    def __init__(self, matches: Matches) -> None:
        self._matches = matches

    @cached_property
    def _near(self) -> Nearest:
        written = (token for token in self._matches.trees[2] if _is_written_out(token.value))
        return Nearest(written, _labels)

    @cached_property
    def _names(self) -> dict[str | None, str | None]:
        return _type_names(self._matches)

    def value(self, path: TokenPath, type_name: str | None, value: Any) -> Any:
        """The value of the nearest token that tells how one is written; None where the file has none."""
        kind = kind_of(type_name)
        near = self._near.find(path, kind)
        if near is None or kind == "fontFamily":
            return None
        sample = near.value
        if kind in PART_TYPES and isinstance(sample, dict) and isinstance(value, dict):
            # Text is a notation of its own already, and so are one family or a list of them.
            sample = sample | {part: item for part, item in value.items() if _is_own_form(part, item)}
        if kind in AMOUNTS:
            same_unit = self._near.find(path, (kind, _unit(value)))
            return sample if same_unit is None else same_unit.value
        color = read_color(value) if kind == "color" else None
        if color is not None and color.alpha == 1 and not _is_opaque(sample):
            opaque = self._near.find(path, (kind, type(sample), True))
            if opaque is not None:
                sample = opaque.value
            elif isinstance(sample, dict):
                sample = {key: part for key, part in sample.items() if key != "alpha"}
        return self.with_letters(path, sample)

    def with_letters(self, path: TokenPath, sample: Any) -> Any:
        """A colour whose hex has no letters, with those of another: they show the file's case."""
        digits = _hex(sample)
        if digits is None or not digits.isdecimal():
            return sample
        near = self._near.find(path, "letters")
        if near is None or len(digits) not in {3, 6} or not str(_hex(near.value)).isupper():
            return sample
        upper = f"#{'ABCDEF'[: len(digits)]}"
        return upper if isinstance(sample, str) else {**sample, "hex": upper}

    def type_name(self, path: TokenPath, type_name: str | None) -> str | None:
        """What the file calls a type of Figma's: as the nearest token of it does, else as matched tokens."""
        near = self._near.find(path, ("type", kind_of(type_name)))
        if near is not None:
            return near.type
        return self._names.get(type_name, type_name)


def layout_samples(theirs: TokenTree) -> dict[frozenset[str], TokenPath]:
    """Tokens and parts of their values by their keys, each where the file has the last one."""
    samples: dict[frozenset[str], TokenPath] = {}
    for token in theirs:
        samples[frozenset(token.node)] = token.path
        value = token.value
        if isinstance(value, dict):
            samples[frozenset(value)] = (*token.path, token.key("$value"))
            for part, item in value.items():
                if isinstance(item, dict):
                    samples.setdefault(frozenset(item), (*token.path, token.key("$value"), part))
    return samples


def _labels(token: TokenNode) -> Iterable[Hashable]:
    kind = kind_of(token.type)
    yield kind
    yield ("type", kind)
    if kind in AMOUNTS:
        yield (kind, _unit(token.value))
    if kind == "color":
        if _is_opaque(token.value):
            yield (kind, type(token.value), True)
        digits = _hex(token.value)
        if digits is not None and not digits.isdecimal():
            yield "letters"


def _is_written_out(value: Any) -> bool:
    if isinstance(value, dict):
        return "$ref" not in value
    return not (isinstance(value, str) and "{" in value)


def _is_own_form(part: str, item: Any) -> bool:
    return part == "fontFamily" or isinstance(item, str)


def _hex(value: Any) -> str | None:
    """The digits of a colour that is, or has, hex."""
    text = value.get("hex") if isinstance(value, dict) else value
    return text[1:] if isinstance(text, str) and text[:1] == "#" else None


def _unit(value: Any) -> str | None:
    amount = amount_of(value)
    return None if amount is None else amount[1]


def _is_opaque(value: Any) -> bool:
    color = read_color(value)
    return color is not None and color.alpha == 1


def _type_names(matches: Matches) -> dict[str | None, str | None]:
    """What tokens of Figma's types are in the repository, where both sides have them, for the most part."""
    seen: dict[str | None, Counter[str | None]] = defaultdict(Counter)
    for match in matches.all:
        if match.ours is not None and match.theirs is not None:
            seen[match.ours.type][match.theirs.type] += 1
    return {name: counter.most_common(1)[0][0] for name, counter in seen.items()}

"""Whether a file is sound: names, types, values and references of its tokens."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fluxstudio.flows.design_tokens.notation.colors import read_color
from fluxstudio.flows.design_tokens.notation.kinds import PART_TYPES, PLAIN_TYPES, STANDARD_TYPES, kind_of
from fluxstudio.flows.design_tokens.notation.meaning import amount_of, weight_of
from fluxstudio.flows.design_tokens.notation.numbers import number_in
from fluxstudio.flows.design_tokens.notation.references import alias_in, references_in
from fluxstudio.flows.design_tokens.tree import ROOT, TokenNode, TokenTree, names_in

STROKES = frozenset({"solid", "dashed", "dotted", "double", "groove", "ridge", "outset", "inset"})
REQUIRED_PARTS = {
    "border": ("color", "width", "style"),
    "transition": ("duration", "delay", "timingFunction"),
    "shadow": ("color", "offsetX", "offsetY", "blur", "spread"),
    "typography": ("fontFamily", "fontSize", "fontWeight", "letterSpacing", "lineHeight"),
}
GROUP_WORDS = frozenset({"$type", "$description", "$deprecated", "$extensions", "$extends", "$schema", ROOT})
TOOL_WORDS = frozenset({"$themes", "$metadata"})


@dataclass(frozen=True, slots=True)
class TokenProblem:
    """What is wrong with a token or a group, in a sentence. Warnings leave the file valid."""

    path: str
    code: str
    message: str
    level: Literal["error", "warning"] = "error"

    def as_json(self) -> dict[str, str]:
        """The problem as the command shows it."""
        return {"path": self.path, "code": self.code, "message": self.message, "level": self.level}


def check(tree: TokenTree) -> list[TokenProblem]:
    """Everything that is wrong with a file, in the file's order."""
    problems = [*_names(tree), *_groups(tree)]
    lost = "has a value and further tokens below it. Move the value to $root."
    problems += [TokenProblem(".".join(path), "token_and_group", lost) for path in tree.both]
    for token in tree:
        problems += _token(token, tree)
    return [*problems, *circular(tree), *_collisions(tree)]


def dangling(tree: TokenTree) -> set[tuple[str, str]]:
    """References that lead nowhere, each with the token that has it."""
    if tree.extends:
        return set()
    return {(token.dotted, name) for token in tree for name in names_in(token) if tree.target(name) is None}


def circular(tree: TokenTree) -> list[TokenProblem]:
    """References that lead back to where they began."""
    done: set[tuple[str, ...]] = set()
    return [
        _circular(circle)
        for start in tree
        if start.path not in done
        for circle in _circles(start, tree, done)
    ]


def _circular(circle: Sequence[TokenNode]) -> TokenProblem:
    names = [token.dotted for token in circle]
    message = "refers to itself: " + " → ".join([*names[:10], names[0]]) + "."
    return TokenProblem(names[0], "circular", message)


def _circles(start: TokenNode, tree: TokenTree, done: set[tuple[str, ...]]) -> Iterator[Sequence[TokenNode]]:
    """The circles that references from `start` run into; what was followed to its end is added to `done`."""
    trail, places = [start], {start.path: 0}
    steps = [iter(_targets(start, tree))]
    while steps:
        target = next(steps[-1], None)
        if target is None:
            steps.pop()
            end = trail.pop()
            del places[end.path]
            done.add(end.path)
        elif target.path in places:
            yield trail[places[target.path] :]
        elif target.path not in done:
            places[target.path] = len(trail)
            trail.append(target)
            steps.append(iter(_targets(target, tree)))


def _targets(token: TokenNode, tree: TokenTree) -> Iterator[TokenNode]:
    for name in references_in(token.value):
        target = tree.target(name)
        if target is not None:
            yield target


def _names(tree: TokenTree) -> Iterator[TokenProblem]:
    legacy = all(token.legacy for token in tree)
    for path in [*tree.groups, *tree.tokens]:
        if not path:
            continue
        name = path[-1]
        bad = [sign for sign in "{}." if sign in name]
        if name == "" or (name.startswith("$") and name != ROOT):
            yield TokenProblem(".".join(path), "name", "has a name that tokens may not have.")
        elif bad:
            level: Literal["error", "warning"] = "warning" if legacy or bad == ["."] else "error"
            yield TokenProblem(
                ".".join(path),
                "name",
                f"has {' and '.join(bad)} in its name, which references cannot tell.",
                level,
            )


def _groups(tree: TokenTree) -> Iterator[TokenProblem]:
    for path, group in tree.groups.items():
        dotted = ".".join(path)
        yield from _words(dotted, group.node)
        for name, value in group.node.items():
            if name.startswith("$") and name not in GROUP_WORDS | TOOL_WORDS:
                yield TokenProblem(dotted, "property", f"has {name}, which groups do not have.", "warning")
            elif not name.startswith("$") and not isinstance(value, dict):
                yield TokenProblem(
                    dotted, "property", f"has {name} in it, which is neither a token nor a group.", "warning"
                )
        extended = group.node.get("$extends")
        if extended is not None:
            yield from _extended(dotted, extended, tree)


def _extended(dotted: str, extended: Any, tree: TokenTree) -> Iterator[TokenProblem]:
    name = alias_in(extended) or (alias_in({"$ref": extended}) if isinstance(extended, str) else None)
    if name is None or tuple(name.split(".")) not in tree.groups:
        yield TokenProblem(dotted, "extends", f"extends {extended}, which is no group of this file.")
    elif (dotted + ".").startswith(name + ".") or (name + ".").startswith(dotted + "."):
        yield TokenProblem(dotted, "circular", "extends itself.")


def _words(dotted: str, node: dict[str, Any]) -> Iterator[TokenProblem]:
    checks: tuple[tuple[str, tuple[type, ...], str], ...] = (
        ("$description", (str,), "text"),
        ("$deprecated", (bool, str), "true, false or text"),
        ("$extensions", (dict,), "an object"),
        ("$type", (str,), "text"),
    )
    for name, kinds, words in checks:
        if name in node and not isinstance(node[name], kinds):
            yield TokenProblem(dotted, "property", f"has a {name} that is not {words}.")


def _token(token: TokenNode, tree: TokenTree) -> Iterator[TokenProblem]:
    yield from _words(token.dotted, token.node)
    kind = kind_of(token.type)
    lost = [name for name in dict.fromkeys(names_in(token)) if tree.target(name) is None]
    if not tree.extends:
        for name in lost:
            yield TokenProblem(token.dotted, "dangling", f"refers to {name}, which is not in this file.")
    if token.type is None and not token.legacy and not lost:
        yield TokenProblem(token.dotted, "type", "has no $type, and no group gives it one.")
    elif kind is not None and kind not in STANDARD_TYPES | PLAIN_TYPES and not token.legacy:
        yield TokenProblem(
            token.dotted, "type", f"has the type {token.type}, which the format does not have.", "warning"
        )
    alias = alias_in(token.value)
    target = tree.target(alias) if alias else None
    if target is not None and kind and kind_of(target.type) not in {kind, None}:
        message = f"is of type {token.type}, but refers to {target.dotted}, which is of type {target.type}."
        yield TokenProblem(token.dotted, "type", message, "warning" if token.legacy else "error")
    elif alias is None and kind is not None:
        problem = _value_problem(token.value, kind)
        if problem:
            yield TokenProblem(token.dotted, "value", problem, "warning" if token.legacy else "error")


def _value_problem(value: Any, kind: str) -> str | None:
    """What is wrong with a value of a type, or None."""
    if any(True for _ in references_in(value)) and not isinstance(value, dict | list):
        return None
    if kind in REQUIRED_PARTS:
        return _parts_problem(value, kind)
    if kind == "gradient":
        if not isinstance(value, list):
            return "is no list of stops."
        return next(filter(None, (_stop_problem(stop) for stop in value)), None)
    sound = _SOUND.get(kind)
    return None if sound is None or sound(value) else f"has a value that is no {kind}."


def _parts_problem(value: Any, kind: str) -> str | None:
    if isinstance(value, list) and kind == "shadow":
        return next(filter(None, (_parts_problem(item, kind) for item in value)), None)
    if isinstance(value, str) and "{" in value:
        return None
    if not isinstance(value, dict):
        return f"has a value that is no {kind}."
    short = {"offsetX": "x", "offsetY": "y"}
    missing = [part for part in REQUIRED_PARTS[kind] if part not in value and short.get(part) not in value]
    if missing:
        return f"lacks {', '.join(missing)}."
    for part, item in value.items():
        part_kind = PART_TYPES[kind].get(part)
        problem = _value_problem(item, part_kind) if part_kind else None
        if problem:
            return f"has a {part} that is no {part_kind}."
    return None


def _stop_problem(stop: Any) -> str | None:
    if isinstance(stop, str) and "{" in stop:
        return None
    if not isinstance(stop, dict) or not {"color", "position"} <= set(stop):
        return "has a stop without color or position."
    return _value_problem(stop["color"], "color") or _value_problem(stop["position"], "number")


def _is_color(value: Any) -> bool:
    color = read_color(value)
    if color is None:
        return False
    inside = all(part == "none" or color.space != "srgb" or 0 <= part <= 1 for part in color.channels)
    digits = value.get("hex") if isinstance(value, dict) else None
    return (
        inside
        and 0 <= color.alpha <= 1
        and (digits is None or re.fullmatch("#[0-9a-fA-F]{6}", str(digits)) is not None)
    )


def _is_length(value: Any) -> bool:
    amount = amount_of(value)
    if amount is None or (isinstance(value, int | float) and value != 0):
        return False
    return amount[1] in {"px", "rem", "em", "%", "vw", "vh", "ch", "pt"} or (
        not isinstance(value, dict) and amount[0] == 0
    )


def _is_time(value: Any) -> bool:
    amount = amount_of(value)
    return amount is not None and not isinstance(value, int | float) and amount[1] in {"ms", "s"}


def _is_weight(value: Any) -> bool:
    weight = weight_of(value)
    return not isinstance(weight, str) and weight is not None and 1 <= weight <= 1000


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and (
        isinstance(value, int | float)
        or (isinstance(value, str) and number_in(value.removesuffix("%")) is not None)
    )


def _is_bezier(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith("cubic-bezier(")
    if not isinstance(value, list) or len(value) != 4:
        return False
    if not all(_is_number(part) or "{" in str(part) for part in value):
        return False
    return all(not isinstance(part, int | float) or 0 <= part <= 1 for part in value[::2])


def _is_family(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) for name in names)


def _is_stroke(value: Any) -> bool:
    return value in STROKES if isinstance(value, str) else isinstance(value, dict) and "dashArray" in value


_SOUND: dict[str, Callable[[Any], bool]] = {
    "color": _is_color,
    "dimension": _is_length,
    "duration": _is_time,
    "fontWeight": _is_weight,
    "number": _is_number,
    "cubicBezier": _is_bezier,
    "fontFamily": _is_family,
    "strokeStyle": _is_stroke,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
}


def _collisions(tree: TokenTree) -> Iterator[TokenProblem]:
    names: dict[str, list[str]] = defaultdict(list)
    for token in tree:
        names[re.sub("[^a-z0-9]+", "-", token.dotted.lower())].append(token.dotted)
    for same in names.values():
        if len(same) > 1:
            yield TokenProblem(
                same[1],
                "collision",
                f"has the same name in CSS as {same[0]}: one of them would be lost.",
                "warning",
            )

"""Token names as paths, and the tree they make.

A name may hold neither braces nor dots and may not begin with a dollar sign; a token that is also a group
stands in the group as `$root` (Design Tokens Format Module 2025.10, sections 5 and 6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Path = tuple[str, ...]
Token = Mapping[str, Any]


def path_of(*names: str) -> Path:
    """The path of a name in which slashes make groups, as in Figma: `Harbour/700`."""
    parts = [re.sub(r"[{}.]", "-", part).strip().lstrip("$") for name in names for part in name.split("/")]
    return tuple(part for part in parts if part) or ("unnamed",)


def paths_of(names: Mapping[str, tuple[str, ...]]) -> dict[str, Path]:
    """A path for each variable id, no two alike: of names that become one, the lowest id keeps the plain one
    and the others get a number. The same ids and names always get the same paths."""
    taken: set[Path] = set()
    paths: dict[str, Path] = {}
    for key in sorted(names, key=_by_number):
        path = plain = path_of(*names[key])
        number = 2
        while path in taken:
            path = (*plain[:-1], f"{plain[-1]}-{number}")
            number += 1
        taken.add(path)
        paths[key] = path
    return {key: paths[key] for key in names}


def _by_number(key: str) -> tuple[list[int], str]:
    return [int(digits) for digits in re.findall(r"\d{1,15}", key.rpartition("/")[2])], key


def groups_of(paths: Iterable[Path]) -> frozenset[Path]:
    """The paths that are groups because others lie below them."""
    return frozenset(path[:length] for path in paths for length in range(1, len(path)))


def reference(path: Path, groups: frozenset[Path]) -> str:
    """How a token refers to another one: `{Colours.Harbour.700}`."""
    return "{" + ".".join((*path, "$root") if path in groups else path) + "}"


def tree(tokens: Mapping[Path, Token]) -> dict[str, Any]:
    """The tokens as nested groups."""
    root: dict[str, Any] = {}
    groups = groups_of(tokens)
    for path, token in tokens.items():
        *above, name = (*path, "$root") if path in groups else path
        place = root
        for step in above:
            place = place.setdefault(step, {})
        place[name] = dict(token)
    return root

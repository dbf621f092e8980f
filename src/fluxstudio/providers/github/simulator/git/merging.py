"""Three-way merges of trees, as far as git makes them by itself."""

from __future__ import annotations

from typing import NamedTuple

from fluxstudio.providers.github.simulator.git.changes import lines_of, regions
from fluxstudio.providers.github.simulator.git.store import GitStore, TreeEntry


class LineChange(NamedTuple):
    """Lines that one side put in place of `length` lines of the base."""

    at: int
    length: int
    lines: tuple[str, ...]
    is_theirs: bool


class MergeConflict(Exception):
    """Both sides changed the same."""


def merged_tree(store: GitStore, base: str | None, ours: str, theirs: str) -> str | None:
    """The tree that has what both sides did since `base`; None where they conflict."""
    before, left, right = store.files(base), store.files(ours), store.files(theirs)
    merged: dict[str, TreeEntry] = {}
    for path in dict.fromkeys([*left, *right]):
        try:
            entry = _merged_entry(store, before.get(path), left.get(path), right.get(path))
        except MergeConflict:
            return None
        if entry is not None:
            merged[path] = entry
    is_both = any(folder in merged for path in merged for folder in _folders(path))
    return None if is_both else store.build(merged)


def _merged_entry(
    store: GitStore, base: TreeEntry | None, ours: TreeEntry | None, theirs: TreeEntry | None
) -> TreeEntry | None:
    """A file as both sides want it, None where it is gone. Raises `MergeConflict`."""
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    if base is None or ours is None or theirs is None:
        raise MergeConflict
    sha = _merged_blob(store, base.sha, ours.sha, theirs.sha)
    if sha is None:
        raise MergeConflict
    return TreeEntry(ours.mode if ours.mode != base.mode else theirs.mode, ours.name, sha)


def merged_lines(base: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    """The lines with both sides' changes; None where these touch each other."""
    changes = [
        LineChange(at, count, tuple(side[start : start + length]), is_theirs)
        for side, is_theirs in ((ours, False), (theirs, True))
        for at, count, start, length in regions(base, side)
    ]
    merged: list[str] = []
    place = 0
    last: LineChange | None = None
    for change in sorted(changes, key=lambda change: change[:2]):
        if last is not None and last.is_theirs != change.is_theirs and change.at <= last.at + last.length:
            if (change.at, change.length, change.lines) != (last.at, last.length, last.lines):
                return None
            continue
        merged += [*base[place : change.at], *change.lines]
        place = change.at + change.length
        last = change
    return [*merged, *base[place:]]


def _merged_blob(store: GitStore, old: str, one: str, other: str) -> str | None:
    texts = [lines_of(store.blob(sha) or b"") for sha in (old, one, other)]
    if any(text is None for text in texts):
        return None
    lines = merged_lines(*(text or [] for text in texts))
    return None if lines is None else store.put_blob("".join(lines).encode())


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]

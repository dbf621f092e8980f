"""What is different between two trees, file by file and line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fluxstudio.providers.github.simulator.git.store import GitStore, TreeEntry

CONTEXT_LINES = 3
MAX_PATCH_LINES = 3000

# (first line before, lines before, first line after, lines after), counted from 0.
Region = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that was added, removed, modified or renamed; `patch` is None for what is no text."""

    path: str
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None
    previous_path: str | None = None


def changes_between(store: GitStore, before: str | None, after: str | None) -> list[FileChange]:
    """The files that differ between two trees, by path; a file that only moved is renamed."""
    old, new = store.files(before), store.files(after)
    gone = {path: entry for path, entry in old.items() if path not in new}
    changed: list[FileChange] = []
    for path, entry in new.items():
        if path in old:
            if (old[path].mode, old[path].sha) != (entry.mode, entry.sha):
                changed.append(_change(store, path, "modified", old[path], entry))
            continue
        source = next((name for name, other in gone.items() if other.sha == entry.sha), None)
        if source is None:
            changed.append(_change(store, path, "added", None, entry))
        else:
            del gone[source]
            changed.append(FileChange(path, "renamed", entry.sha, 0, 0, None, source))
    changed += [_change(store, path, "removed", entry, None) for path, entry in gone.items()]
    return sorted(changed, key=lambda change: change.path)


def regions(before: list[str], after: list[str]) -> list[Region]:
    """Where two texts differ, as runs of lines."""
    first, last = 0, 0
    shortest = min(len(before), len(after))
    while first < shortest and before[first] == after[first]:
        first += 1
    while last < shortest - first and before[-1 - last] == after[-1 - last]:
        last += 1
    matcher = difflib.SequenceMatcher(
        None, before[first : len(before) - last], after[first : len(after) - last], autojunk=False
    )
    return [
        (first + i, j - i, first + k, m - k) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"
    ]


def lines_of(content: bytes) -> list[str] | None:
    """A file's lines with their ends; None for what is no text."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else [line + "\n" for line in text[:-1].split("\n")[:-1]] + _last(text)


def _last(text: str) -> list[str]:
    return [text[text.rfind("\n", 0, -1) + 1 :]] if text else []


def _change(
    store: GitStore, path: str, status: str, old: TreeEntry | None, new: TreeEntry | None
) -> FileChange:
    before, after = _lines(store, old), _lines(store, new)
    sha = new.sha if new else old.sha if old else ""
    if before is None or after is None:
        return FileChange(path, status, sha, 0, 0, None)
    parts = regions(before, after)
    additions, deletions = sum(part[3] for part in parts), sum(part[1] for part in parts)
    patch = "\n".join(_patch(before, after, parts)) if 0 < additions + deletions <= MAX_PATCH_LINES else None
    return FileChange(path, status, sha, additions, deletions, patch)


def _lines(store: GitStore, entry: TreeEntry | None) -> list[str] | None:
    return lines_of(store.blob(entry.sha) or b"") if entry else []


def _patch(before: list[str], after: list[str], parts: list[Region]) -> Iterator[str]:
    for hunk in _hunks(parts):
        start, end = max(0, hunk[0][0] - CONTEXT_LINES), hunk[-1][0] + hunk[-1][1]
        start_after = hunk[0][2] - (hunk[0][0] - start)
        trailing = min(CONTEXT_LINES, len(before) - end)
        body: list[str] = []
        place = start
        for old_at, old_count, new_at, new_count in hunk:
            body += _marked(" ", before[place:old_at])
            body += _marked("-", before[old_at : old_at + old_count])
            body += _marked("+", after[new_at : new_at + new_count])
            place = old_at + old_count
        body += _marked(" ", before[end : end + trailing])
        old_total = end + trailing - start
        new_total = old_total + sum(part[3] - part[1] for part in hunk)
        yield f"@@ -{_range(start, old_total)} +{_range(start_after, new_total)} @@"
        yield from body


def _hunks(parts: list[Region]) -> list[list[Region]]:
    hunks: list[list[Region]] = []
    for part in parts:
        if hunks and part[0] - (hunks[-1][-1][0] + hunks[-1][-1][1]) <= 2 * CONTEXT_LINES:
            hunks[-1].append(part)
        else:
            hunks.append([part])
    return hunks


def _marked(mark: str, lines: Iterable[str]) -> list[str]:
    marked: list[str] = []
    for line in lines:
        marked.append(mark + line.removesuffix("\n"))
        if not line.endswith("\n"):
            marked.append("\\ No newline at end of file")
    return marked


def _range(start: int, count: int) -> str:
    if count == 1:
        return str(start + 1)
    return f"{start + 1 if count else start},{count}"

"""The objects of one repository, under their ids."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from fluxstudio.providers.github.simulator.git.objects import (
    TREE_MODE,
    CommitFields,
    CommitSignature,
    commit_bytes,
    object_id,
    tree_bytes,
)

Json = dict[str, Any]


class TreeEntry(NamedTuple):
    """One line of a tree."""

    mode: str
    name: str
    sha: str


class StoredCommit(NamedTuple):
    """A commit and its id."""

    sha: str
    fields: CommitFields

    @property
    def tree(self) -> str:
        """The id of its tree."""
        return self.fields.tree

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of the commits it is built on."""
        return self.fields.parents


class GitStore:
    """Blobs, trees and commits, kept as JSON in the repository's `git`.

    Whatever is put is named by its content, as git names it; what is looked up and is not there is None.
    """

    def __init__(self, repository: Json) -> None:
        self._objects: dict[str, dict[str, Any]] = repository.setdefault(
            "git", {"blobs": {}, "trees": {}, "commits": {}}
        )

    def put_blob(self, content: bytes) -> str:
        """Keep a file's content; its id."""
        sha = object_id("blob", content)
        self._objects["blobs"].setdefault(sha, base64.b64encode(content).decode())
        return sha

    def blob(self, sha: str) -> bytes | None:
        """The content of that id."""
        stored = self._objects["blobs"].get(sha)
        return None if stored is None else base64.b64decode(stored)

    def put_tree(self, entries: Sequence[TreeEntry]) -> str:
        """Keep a tree; its id."""
        sha = object_id("tree", tree_bytes(entries))
        ordered = sorted(entries, key=lambda entry: entry.name)
        self._objects["trees"].setdefault(sha, [list(entry) for entry in ordered])
        return sha

    def tree(self, sha: str) -> list[TreeEntry] | None:
        """The entries of that tree, by name."""
        stored = self._objects["trees"].get(sha)
        return None if stored is None else [TreeEntry(*entry) for entry in stored]

    def put_commit(self, fields: CommitFields) -> str:
        """Keep a commit; its id."""
        sha = object_id("commit", commit_bytes(fields))
        self._objects["commits"].setdefault(sha, asdict(fields))
        return sha

    def commit(self, sha: str) -> StoredCommit | None:
        """The commit of that id."""
        stored = self._objects["commits"].get(sha)
        if stored is None:
            return None
        people = {name: CommitSignature(**stored[name]) for name in ("author", "committer")}
        return StoredCommit(sha, CommitFields(**{**stored, **people, "parents": tuple(stored["parents"])}))

    def commit_starting(self, prefix: str) -> str | None:
        """The id of the only commit that begins like this; git wants four characters at least."""
        if len(prefix) == 40:
            return prefix if prefix in self._objects["commits"] else None
        matches = [sha for sha in self._objects["commits"] if sha.startswith(prefix)]
        return matches[0] if len(prefix) >= 4 and len(matches) == 1 else None

    def files(self, tree: str | None) -> dict[str, TreeEntry]:
        """Everything below a tree that is not a tree itself, by its path."""
        return dict(self._files(tree, "")) if tree else {}

    def walk(self, tree: str, prefix: str = "") -> Iterator[tuple[str, TreeEntry]]:
        """Everything below a tree by its path, trees ahead of what they hold."""
        for entry in self.tree(tree) or ():
            yield prefix + entry.name, entry
            if entry.mode == TREE_MODE:
                yield from self.walk(entry.sha, f"{prefix}{entry.name}/")

    def entry(self, tree: str, path: str) -> TreeEntry | None:
        """What is at a path below a tree."""
        match = TreeEntry(TREE_MODE, "", tree)
        for name in path.split("/") if path else ():
            inside = self.tree(match.sha) if match.mode == TREE_MODE else None
            child = next((entry for entry in inside or () if entry.name == name), None)
            if child is None:
                return None
            match = child
        return match

    def build(self, files: Mapping[str, TreeEntry]) -> str:
        """Keep the trees of these files by path; the id of the uppermost."""
        here: list[TreeEntry] = []
        below: dict[str, dict[str, TreeEntry]] = {}
        for path, entry in files.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = entry
            else:
                here.append(TreeEntry(entry.mode, name, entry.sha))
        here += [TreeEntry(TREE_MODE, name, self.build(inside)) for name, inside in below.items()]
        return self.put_tree(here)

    def _files(self, tree: str, prefix: str) -> Iterator[tuple[str, TreeEntry]]:
        return ((path, entry) for path, entry in self.walk(tree, prefix) if entry.mode != TREE_MODE)

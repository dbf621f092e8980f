"""How commits follow one another."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from fluxstudio.providers.github.simulator.git.store import GitStore, StoredCommit


class CommitHistory:
    """Walks from commits to their parents."""

    def __init__(self, store: GitStore) -> None:
        self._store = store

    def __call__(self, sha: str, *, without: frozenset[str] = frozenset()) -> Iterator[StoredCommit]:
        """A commit and its ancestors, newest first and each ahead of its parents, but for some."""
        seen = {sha}
        waiting: list[tuple[int, int, str]] = []
        count = 0

        def add(candidate: str) -> None:
            nonlocal count
            commit = self._store.commit(candidate)
            if commit is not None and candidate not in without:
                heapq.heappush(waiting, (-commit.fields.committer.at, count, candidate))
                count += 1

        add(sha)
        while waiting:
            commit = self._store.commit(heapq.heappop(waiting)[2])
            assert commit is not None
            yield commit
            for parent in commit.parents:
                if parent not in seen:
                    seen.add(parent)
                    add(parent)

    def ancestors(self, sha: str) -> frozenset[str]:
        """The ids of a commit and of everything it is built on."""
        return frozenset(commit.sha for commit in self(sha))

    def includes(self, sha: str, ancestor: str) -> bool:
        """Whether a commit is built on another, or is it."""
        return ancestor in self.ancestors(sha)

    def merge_base(self, one: str, other: str) -> str | None:
        """The latest commit that both are built on; None where they share nothing."""
        theirs = self.ancestors(other)
        common = [commit for commit in self(one) if commit.sha in theirs]
        covered = {parent for commit in common for parent in commit.parents}
        return next((commit.sha for commit in common if commit.sha not in covered), None)

    def between(self, base: str, head: str) -> list[StoredCommit]:
        """What head has that base has not, oldest first."""
        return list(self(head, without=self.ancestors(base)))[::-1]

"""The simulated repositories hold what git itself would hold."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fluxstudio.providers.github.simulator import GitHubSimulator
from fluxstudio.providers.github.simulator.git import (
    CommitFields,
    CommitSignature,
    GitStore,
    TreeEntry,
    changes_between,
    merged_tree,
)
from fluxstudio.providers.github.simulator.git.merging import merged_lines

ADA = CommitSignature("Ada Park", "ada@example.com", 1_700_000_000, 120)
LINES = st.lists(st.sampled_from("abcdef"), max_size=12).map(lambda lines: [f"{line}\n" for line in lines])


def git(folder: Path, *words: str, sent: bytes = b"") -> str:
    """What git itself answers."""
    identity = {
        f"GIT_{role}_{field}": value for role in ("AUTHOR", "COMMITTER") for field, value in WHO.items()
    }
    outcome = subprocess.run(
        ["git", *words],
        cwd=folder,
        input=sent,
        capture_output=True,
        check=True,
        env={**os.environ, **identity},
    )
    return outcome.stdout.decode().strip()


WHO = {"NAME": ADA.name, "EMAIL": ADA.email, "DATE": f"{ADA.at} +0200"}


def test_ids_are_those_that_git_computes(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    store = GitStore({})
    files = {"README.md": b"# Tide\n", "src/a.ts": b"", "src/a/b.ts": "ü\0".encode(), "src-b": b"x"}
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    git(tmp_path, "add", ".")
    tree = store.build(
        {path: TreeEntry("100644", path.split("/")[-1], store.put_blob(data)) for path, data in files.items()}
    )
    assert tree == git(tmp_path, "write-tree")
    first = store.put_commit(CommitFields(tree, (), ADA, ADA, "First\n"))
    assert first == git(tmp_path, "commit-tree", tree, sent=b"First\n")
    second = store.put_commit(CommitFields(tree, (first,), ADA, ADA, "Second\n\nWhy.\n"))
    assert second == git(tmp_path, "commit-tree", tree, "-p", first, sent=b"Second\n\nWhy.\n")


def test_a_patch_says_what_git_says_of_the_same_change(tmp_path: Path) -> None:
    before = "".join(f"line {number}\n" for number in range(40))
    after = before.replace("line 3\n", "").replace("line 20\n", "line 20a\nline 20b\n") + "no end"
    (tmp_path / "before").write_text(before)
    (tmp_path / "after").write_text(after)
    message = subprocess.run(
        ["git", "diff", "--no-index", "before", "after"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    hunks = message.splitlines()[4:]
    store = GitStore({})
    trees = [
        store.build({"file": TreeEntry("100644", "file", store.put_blob(text.encode()))})
        for text in (before, after)
    ]
    [change] = changes_between(store, *trees)
    patch = (change.patch or "").splitlines()
    assert [line.partition(" @@")[0] for line in patch if line.startswith("@@")] == [
        line.partition(" @@")[0] for line in hunks if line.startswith("@@")
    ]
    assert [line for line in patch if line[0] in "+-\\"] == [line for line in hunks if line[0] in "+-\\"]
    assert (change.additions, change.deletions) == (3, 2)


@settings(max_examples=60)
@given(base=LINES, ours=LINES, theirs=LINES)
def test_a_merge_never_loses_a_side_and_treats_both_alike(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    assert merged_lines(base, base, theirs) == theirs
    assert merged_lines(base, ours, base) == ours
    assert merged_lines(base, ours, ours) == ours
    assert (merged_lines(base, ours, theirs) is None) == (merged_lines(base, theirs, ours) is None)


def test_edits_apart_are_merged_and_edits_of_one_line_are_not() -> None:
    store = GitStore({})

    def tree(text: str, name: str = "tokens.json") -> str:
        return store.build({name: TreeEntry("100644", name, store.put_blob(text.encode()))})

    base = tree("a\nb\nc\nd\ne\n")
    merged = merged_tree(store, base, tree("A\nb\nc\nd\ne\n"), tree("a\nb\nc\nd\nE\n"))
    assert merged == tree("A\nb\nc\nd\nE\n")
    assert merged_tree(store, base, tree("A\nb\nc\nd\ne\n"), tree("X\nb\nc\nd\ne\n")) is None


def test_a_world_of_the_version_before_gets_its_code(tmp_path: Path) -> None:
    simulator = GitHubSimulator(tmp_path / "github.json")
    repository = simulator.world.data["repositories"]["405572"]
    for name in ("git", "branches"):
        del repository[name]
    repository["branches"] = [{"name": "main", "tip": "b" * 40, "protected": True}]
    listed = {"author": "jonah-reed", "date": "2026-01-01T00:00:00Z", "message": "One"}
    repository["commits"] = [
        {**listed, "sha": "b" * 40, "parent": "a" * 40},
        {**listed, "sha": "a" * 40, "parent": None},
    ]
    simulator.world.save()
    again = GitHubSimulator(tmp_path / "github.json").world.data["repositories"]["405572"]
    store = GitStore(again)
    tip = store.commit(again["branches"][0]["tip"])
    assert tip is not None
    assert [tip.fields.message, len(tip.parents)] == ["One", 1]

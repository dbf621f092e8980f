"""What the pages of the simulated github.com show of code, and what people change there."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.github.simulator.code import writing
from fluxstudio.providers.github.simulator.code.refs import HEADS, Refs
from fluxstudio.providers.github.simulator.events import end_pull
from fluxstudio.providers.github.simulator.git import CommitHistory, GitStore
from fluxstudio.providers.github.simulator.views import ViewedRepository
from fluxstudio.sdk.simulation import Simulator

Json = dict[str, Any]
MAX_COMMITS_SHOWN = 30


def files_of(repository: Json) -> list[str]:
    """The paths of the default branch's files."""
    tip = _tip(repository)
    commit = GitStore(repository).commit(tip) if tip else None
    return sorted(GitStore(repository).files(commit.tree)) if commit else []


def commits_of(repository: Json, view: ViewedRepository) -> list[Json]:
    """The commits of the default branch, newest first."""
    tip = _tip(repository)
    commits = list(CommitHistory(view.store)(tip)) if tip else []
    return [
        {
            "sha": commit.sha,
            "message": commit.fields.message,
            "name": commit.fields.author.name,
            "login": view.people.login_of(commit.fields.author.email),
            "date": commit.fields.author.date,
        }
        for commit in commits[:MAX_COMMITS_SHOWN]
    ]


def content_of(view: ViewedRepository, revision: str, path: str) -> bytes | None:
    """A file's content at a branch or commit."""
    commit = view.store.commit(view.resolve(revision) or "")
    entry = view.store.entry(commit.tree, path) if commit else None
    return view.store.blob(entry.sha) if entry else None


def text_of(content: bytes) -> str | None:
    """The content as text, if it is any."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def change_file(
    simulator: Simulator, view: ViewedRepository, name: str, file: tuple[str, bytes], message: str
) -> None:
    """Commit a file's new content to a branch; unchanged content makes no commit."""
    branch = view.branch(name)
    tip = view.store.commit(branch["tip"]) if branch else None
    if branch is None or tip is None:
        return
    tree = writing.with_files(view, tip.tree, dict([file]))
    if tree != tip.tree:
        author = writing.own_signature(view, view.viewer, simulator.clock.now())
        fields = writing.commit_fields(tree, [tip.sha], message, author, author)
        Refs(simulator, view).move(HEADS + name, view.store.put_commit(fields), by_merge=True)


def decide(simulator: Simulator, view: ViewedRepository, entry: Json, doing: str) -> None:
    """Merge or close an open pull request, as a teammate does; what cannot be merged stays open."""
    if entry["state"] != "open" or doing not in ("merge", "close"):
        return
    try:
        end_pull(simulator, view, entry, merged=doing == "merge")
    except LookupError:
        return


def _tip(repository: Json) -> str | None:
    default = repository["default_branch"]
    return next((entry["tip"] for entry in repository["branches"] if entry["name"] == default), None)

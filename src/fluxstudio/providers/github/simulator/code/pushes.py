"""What a push event says."""

from __future__ import annotations

from fluxstudio.providers.github.simulator.git import CommitHistory, StoredCommit, changes_between
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

NO_COMMIT = "0" * 40
MAX_COMMITS = 2048


def described(view: ViewedRepository, name: str, before: str, after: str, *, forced: bool) -> Json:
    """A reference that moved, without what every event names."""
    created, deleted = before == NO_COMMIT, after == NO_COMMIT
    commits = [] if deleted else _new_commits(view, name, before, after)
    head = None if deleted else view.store.commit(after)
    person = view.people.account(view.viewer)
    return {
        "ref": name,
        "before": before,
        "after": after,
        "created": created,
        "deleted": deleted,
        "forced": forced,
        "base_ref": None,
        "compare": f"{view.web}/compare/{before[:12]}...{after[:12]}",
        "commits": [_commit(view, commit) for commit in commits[-MAX_COMMITS:]],
        "head_commit": _commit(view, head) if head else None,
        "pusher": {"name": view.viewer, "email": person["email"]},
    }


def _new_commits(view: ViewedRepository, name: str, before: str, after: str) -> list[StoredCommit]:
    """What arrived with a push: nothing that was on this branch, or for a new one on any other."""
    history = CommitHistory(view.store)
    if before != NO_COMMIT:
        return history.between(before, after)
    others = [
        branch["tip"] for branch in view.repository["branches"] if f"refs/heads/{branch['name']}" != name
    ]
    on_others = frozenset().union(*(history.ancestors(tip) for tip in others))
    return list(history(after, without=on_others))[::-1]


def _commit(view: ViewedRepository, commit: StoredCommit) -> Json:
    parent = view.store.commit(commit.parents[0]) if commit.parents else None
    changes = changes_between(view.store, parent.tree if parent else None, commit.tree)
    renamed = [change for change in changes if change.status == "renamed"]
    fields = commit.fields
    people = {
        role: {"name": signature.name, "email": signature.email, **_username(view, signature.email)}
        for role, signature in (("author", fields.author), ("committer", fields.committer))
    }
    return {
        "id": commit.sha,
        "tree_id": fields.tree,
        "distinct": True,
        "message": fields.message,
        "timestamp": fields.committer.local_date,
        "url": f"{view.web}/commit/{commit.sha}",
        **people,
        "added": [change.path for change in changes if change.status == "added"]
        + [change.path for change in renamed],
        "removed": [change.path for change in changes if change.status == "removed"]
        + [change.previous_path for change in renamed],
        "modified": [change.path for change in changes if change.status == "modified"],
    }


def _username(view: ViewedRepository, email: str) -> Json:
    login = view.people.login_of(email)
    return {"username": login} if login else {}

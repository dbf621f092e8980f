"""Pull requests with all that is worked out about them: whether they can be merged, and what they change."""

from __future__ import annotations

from fluxstudio.providers.github.simulator import listings
from fluxstudio.providers.github.simulator.git import (
    CommitHistory,
    FileChange,
    StoredCommit,
    changes_between,
    merged_tree,
)
from fluxstudio.providers.github.simulator.views import NO_REACTIONS, Json, ViewedRepository, node_id

APPROVED, CHANGES_REQUESTED = "APPROVED", "CHANGES_REQUESTED"


def changes_of(view: ViewedRepository, pull: Json) -> list[FileChange]:
    """What a pull request changes, against where its branch left the base."""
    head, base = view.store.commit(pull["head_sha"]), view.store.commit(_base(view, pull))
    if head is None or base is None:
        return []
    common = view.store.commit(CommitHistory(view.store).merge_base(base.sha, head.sha) or "")
    return changes_between(view.store, common.tree if common else None, head.tree)


def commits_of(view: ViewedRepository, pull: Json) -> list[StoredCommit]:
    """The commits of a pull request, oldest first."""
    return CommitHistory(view.store).between(_base(view, pull), pull["head_sha"])


def merged_content(view: ViewedRepository, base: str, head: str) -> str | None:
    """The tree of both; None where they conflict."""
    store = view.store
    common = store.commit(CommitHistory(store).merge_base(base, head) or "")
    ours, theirs = store.commit(base), store.commit(head)
    assert ours is not None
    assert theirs is not None
    return merged_tree(store, common.tree if common else None, ours.tree, theirs.tree)


def missing_approvals(view: ViewedRepository, entry: Json) -> str | None:
    """What reviews still have to say before a pull request may be merged."""
    branch = view.branch(entry["pull"]["base"]) or {}
    needed = branch.get("approvals", 0) if branch.get("protected") else 0
    latest: dict[str, str] = {}
    for review in entry["pull"].get("reviews", []):
        if review["state"] in (APPROVED, CHANGES_REQUESTED):
            latest[review["author"]] = review["state"]
    if needed and CHANGES_REQUESTED in latest.values():
        return "Changes have been requested."
    if list(latest.values()).count(APPROVED) < needed:
        noun = "review is" if needed == 1 else "reviews are"
        return f"At least {needed} approving {noun} required by reviewers with write access."
    return None


def whole_pull(view: ViewedRepository, entry: Json) -> Json:
    """A pull request as its own page and its events show it."""
    pull = entry["pull"]
    merged = pull["merged_at"] is not None
    changes = changes_of(view, pull)
    mergeable = _mergeable(view, entry)
    comments = sum(comment["issue"] == entry["number"] for comment in view.repository["comments"])
    merged_by = pull.get("merged_by")
    return {
        **listings.pull(view, entry),
        "merged": merged,
        "merged_by": view.people.simple(merged_by) if merged and merged_by else None,
        "mergeable": mergeable,
        "mergeable_state": _state(view, entry, mergeable),
        "rebaseable": mergeable,
        "maintainer_can_modify": False,
        "comments": comments,
        "review_comments": 0,
        "commits": len(commits_of(view, pull)),
        "additions": sum(change.additions for change in changes),
        "deletions": sum(change.deletions for change in changes),
        "changed_files": len(changes),
    }


def review(view: ViewedRepository, entry: Json, written: Json) -> Json:
    """A review."""
    url = f"{view.api}/pulls/{entry['number']}"
    page = f"{view.web}/pull/{entry['number']}#pullrequestreview-{written['id']}"
    return {
        "id": written["id"],
        "node_id": node_id("PRR", written["id"]),
        "user": view.people.simple(written["author"]),
        "body": written["body"],
        "state": written["state"],
        "html_url": page,
        "pull_request_url": url,
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        "submitted_at": written["at"],
        "commit_id": written["commit"],
        "author_association": listings.association(view, written["author"]),
        "reactions": {"url": f"{url}/reviews/{written['id']}/reactions", "total_count": 0, **NO_REACTIONS},
    }


def _base(view: ViewedRepository, pull: Json) -> str:
    """Where the base is now; of what is merged, where it was."""
    branch = view.branch(pull["base"])
    return str(pull["base_sha"] if pull["merged_at"] or branch is None else branch["tip"])


def _mergeable(view: ViewedRepository, entry: Json) -> bool | None:
    branch = view.branch(entry["pull"]["base"])
    if entry["state"] != "open" or branch is None:
        return None
    return merged_content(view, branch["tip"], entry["pull"]["head_sha"]) is not None


def _state(view: ViewedRepository, entry: Json, mergeable: bool | None) -> str:
    if mergeable is None:
        return "unknown"
    if not mergeable:
        return "dirty"
    if entry["pull"]["draft"]:
        return "draft"
    return "blocked" if missing_approvals(view, entry) else "clean"

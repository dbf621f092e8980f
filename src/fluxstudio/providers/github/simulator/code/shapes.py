"""Commits, files and references, as the simulated GitHub's REST API shows them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import quote

from fluxstudio.providers.github.simulator.git import (
    CommitSignature,
    FileChange,
    StoredCommit,
    TreeEntry,
    changes_between,
)
from fluxstudio.providers.github.simulator.git.objects import (
    MODES,
    SUBMODULE_MODE,
    SYMLINK_MODE,
    TREE_MODE,
    commit_bytes,
)
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

MAX_CONTENT_BYTES = 1_048_576
BASE64_LINE_CHARACTERS = 60


def encoded(content: bytes) -> str:
    """Base64 as GitHub writes it, in lines of sixty characters."""
    text = base64.b64encode(content).decode()
    lines = [text[at : at + BASE64_LINE_CHARACTERS] for at in range(0, len(text), BASE64_LINE_CHARACTERS)]
    return "".join(line + "\n" for line in lines)


def person(signature: CommitSignature) -> Json:
    """Who a signature names."""
    return {"name": signature.name, "email": signature.email, "date": signature.date}


def verification(commit: StoredCommit) -> Json:
    """Whether a commit is signed; GitHub signs those it makes for people."""
    if not commit.fields.signature:
        return {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        }
    return {
        "verified": True,
        "reason": "valid",
        "signature": commit.fields.signature,
        "payload": commit_bytes(commit.fields, signed=False).decode(),
        "verified_at": commit.fields.committer.date,
    }


def commit(view: ViewedRepository, stored: StoredCommit) -> Json:
    """A commit, with whose accounts its author and committer are."""
    sha, fields = stored.sha, stored.fields
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": f"{view.api}/commits/{sha}",
        "html_url": f"{view.web}/commit/{sha}",
        "comments_url": f"{view.api}/commits/{sha}/comments",
        "commit": {
            "message": fields.message,
            "author": person(fields.author),
            "committer": person(fields.committer),
            "tree": _tree_link(view, fields.tree),
            "url": f"{view.api}/git/commits/{sha}",
            "comment_count": 0,
            "verification": verification(stored),
        },
        "author": view.people.signing(fields.author),
        "committer": view.people.signing(fields.committer),
        "parents": [_parent(view, parent, "commits") for parent in fields.parents],
    }


def commit_with_files(view: ViewedRepository, stored: StoredCommit) -> Json:
    """A commit and what it changes."""
    parent = view.store.commit(stored.parents[0]) if stored.parents else None
    changes = changes_between(view.store, parent.tree if parent else None, stored.tree)
    additions, deletions = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    return {
        **commit(view, stored),
        "stats": {"total": additions + deletions, "additions": additions, "deletions": deletions},
        "files": [change(view, entry, stored.sha) for entry in changes],
    }


def git_commit(view: ViewedRepository, stored: StoredCommit) -> Json:
    """A commit as git has it."""
    sha, fields = stored.sha, stored.fields
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": f"{view.api}/git/commits/{sha}",
        "html_url": f"{view.web}/commit/{sha}",
        "author": person(fields.author),
        "committer": person(fields.committer),
        "tree": _tree_link(view, fields.tree),
        "message": fields.message,
        "parents": [_parent(view, parent, "git/commits") for parent in fields.parents],
        "verification": verification(stored),
    }


def change(view: ViewedRepository, entry: FileChange, sha: str) -> Json:
    """One file of a difference; `sha` is the commit at which it can be looked at."""
    path = quote(entry.path)
    return {
        "sha": entry.sha,
        "filename": entry.path,
        "status": entry.status,
        "additions": entry.additions,
        "deletions": entry.deletions,
        "changes": entry.additions + entry.deletions,
        "blob_url": f"{view.web}/blob/{sha}/{path}",
        "raw_url": f"{view.web}/raw/{sha}/{path}",
        "contents_url": f"{view.api}/contents/{path}?ref={sha}",
        **({"patch": entry.patch} if entry.patch is not None else {}),
        **({"previous_filename": entry.previous_path} if entry.previous_path else {}),
    }


def content(view: ViewedRepository, path: str, entry: TreeEntry, ref: str) -> Json:
    """What is at a path, without what is in it."""
    kind = {TREE_MODE: "dir", SUBMODULE_MODE: "submodule", SYMLINK_MODE: "symlink"}.get(entry.mode, "file")
    url = f"{view.api}/contents/{quote(path)}?ref={quote(ref, safe='')}"
    below = {"dir": "trees", "submodule": "trees"}.get(kind, "blobs")
    page = {"dir": "tree"}.get(kind, "blob")
    html = f"{view.web}/{page}/{ref}/{quote(path)}"
    git_url = f"{view.api}/git/{below}/{entry.sha}"
    raw = f"{view.web}/raw/{ref}/{quote(path)}" if kind in ("file", "symlink") else None
    return {
        "name": entry.name,
        "path": path,
        "sha": entry.sha,
        "size": len(view.store.blob(entry.sha) or b"") if kind in ("file", "symlink") else 0,
        "url": url,
        "html_url": html,
        "git_url": git_url,
        "download_url": raw,
        "type": kind,
        "_links": {"self": url, "git": git_url, "html": html},
    }


def file(view: ViewedRepository, path: str, entry: TreeEntry, ref: str) -> Json:
    """A file with its content, as far as GitHub puts it into JSON: up to a megabyte."""
    described = content(view, path, entry, ref)
    data = view.store.blob(entry.sha) or b""
    if described["type"] == "symlink":
        return {**described, "target": data.decode("utf-8", "replace")}
    if len(data) > MAX_CONTENT_BYTES:
        return {**described, "content": "", "encoding": "none"}
    return {**described, "content": encoded(data), "encoding": "base64"}


def reference(view: ViewedRepository, name: str, sha: str) -> Json:
    """A reference by its full name."""
    return {
        "ref": name,
        "node_id": f"REF_{name}",
        "url": f"{view.api}/git/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{view.api}/git/commits/{sha}"},
    }


def tree_entry(view: ViewedRepository, path: str, entry: TreeEntry) -> Json:
    """One line of a tree."""
    kind = MODES[entry.mode]
    described: Json = {"path": path, "mode": entry.mode, "type": kind, "sha": entry.sha}
    if kind == "commit":
        return described
    if kind == "blob":
        described["size"] = len(view.store.blob(entry.sha) or b"")
    return {**described, "url": f"{view.api}/git/{kind}s/{entry.sha}"}


def tree(view: ViewedRepository, sha: str, entries: Sequence[tuple[str, TreeEntry]]) -> Json:
    """A tree."""
    return {
        "sha": sha,
        "url": f"{view.api}/git/trees/{sha}",
        "tree": [tree_entry(view, path, entry) for path, entry in entries],
        "truncated": False,
    }


def branch(view: ViewedRepository, entry: Json) -> Json:
    """A branch in a list."""
    return {
        "name": entry["name"],
        "commit": {"sha": entry["tip"], "url": f"{view.api}/commits/{entry['tip']}"},
        "protected": entry["protected"],
    }


def whole_branch(view: ViewedRepository, entry: Json) -> Json:
    """A branch as its own page shows it."""
    stored = view.store.commit(entry["tip"])
    assert stored is not None
    url = f"{view.api}/branches/{quote(entry['name'], safe='')}"
    checks = {"enforcement_level": "off", "contexts": [], "checks": []}
    protection: Json = {"enabled": entry["protected"], "required_status_checks": checks}
    return {
        "name": entry["name"],
        "commit": commit(view, stored),
        "_links": {"self": url, "html": f"{view.web}/tree/{entry['name']}"},
        "protected": entry["protected"],
        "protection": protection,
        "protection_url": f"{url}/protection",
    }


def _tree_link(view: ViewedRepository, sha: str) -> Json:
    return {"sha": sha, "url": f"{view.api}/git/trees/{sha}"}


def _parent(view: ViewedRepository, sha: str, below: str) -> Json:
    return {"sha": sha, "url": f"{view.api}/{below}/{sha}", "html_url": f"{view.web}/commit/{sha}"}

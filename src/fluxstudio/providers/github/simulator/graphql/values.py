"""Repositories, commits and files as values that GraphQL resolves."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from fluxstudio.providers.github.simulator.code import shapes
from fluxstudio.providers.github.simulator.git import (
    CommitSignature,
    StoredCommit,
    TreeEntry,
    changes_between,
)
from fluxstudio.providers.github.simulator.git.objects import MODES
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository, node_id

MAX_TEXT_BYTES = 512_000
PERMISSIONS = {role: role.upper() for role in ("read", "triage", "write", "maintain", "admin")}


def ref_id(view: ViewedRepository, name: str) -> str:
    """The global id of a reference."""
    return "REF_" + base64.urlsafe_b64encode(f"{view.repository['id']}:{name}".encode()).decode().rstrip("=")


def ref_of_id(value: str) -> tuple[int, str] | None:
    """The repository's number and the full name that such an id stands for."""
    text = value.removeprefix("REF_")
    try:
        number, _, name = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
        return int(number), name
    except (binascii.Error, ValueError):
        return None


def owner(view: ViewedRepository) -> Json:
    """Whom a repository belongs to."""
    person = view.people.account(view.repository["owner"])
    kind = "User" if person["type"] == "User" else "Organization"
    return {"__typename": kind, **account(view, view.repository["owner"])}


def account(view: ViewedRepository, login: str) -> Json:
    """An account."""
    person = view.people.account(login)
    return {
        "id": node_id("U" if person["type"] == "User" else "O", person["id"]),
        "databaseId": person["id"],
        "login": login,
        "name": person["name"],
        "email": person["email"] or "",
        "url": f"{view.people.web}/{login}",
    }


def repository(view: ViewedRepository) -> Json:
    """A repository."""
    stored = view.repository
    default = view.branch(stored["default_branch"])

    def ref_named(info: Any, qualifiedName: str) -> Json | None:  # noqa: N803 - GitHub's name
        name = qualifiedName if qualifiedName.startswith("refs/") else f"refs/heads/{qualifiedName}"
        sha = view.resolve(name) if name.startswith(("refs/heads/", "refs/tags/")) else None
        return ref(view, name, sha) if sha else None

    def object_at(info: Any, expression: str | None = None, oid: str | None = None) -> Json | None:
        revision, colon, path = (expression or oid or "").partition(":")
        revised = view.store.commit(view.resolve(revision) or "")
        if revised is None:
            return git_object(view, revision)
        entry = view.store.entry(revised.tree, path.strip("/")) if colon else None
        return (git_object(view, entry.sha) if entry else None) if colon else commit(view, revised)

    return {
        "id": node_id("R", stored["id"]),
        "databaseId": stored["id"],
        "name": stored["name"],
        "nameWithOwner": view.name,
        "description": stored["description"],
        "isPrivate": stored["private"],
        "url": view.web,
        "owner": owner(view),
        "viewerPermission": PERMISSIONS.get(view.role or "read"),
        "defaultBranchRef": ref(view, f"refs/heads/{default['name']}", default["tip"]) if default else None,
        "ref": ref_named,
        "object": object_at,
    }


def ref(view: ViewedRepository, name: str, sha: str) -> Json:
    """A reference by its full name."""
    prefix = "refs/heads/" if name.startswith("refs/heads/") else "refs/tags/"
    return {
        "id": ref_id(view, name),
        "name": name.removeprefix(prefix),
        "prefix": prefix,
        "repository": lambda info: repository(view),
        "target": lambda info: git_object(view, sha),
    }


def git_object(view: ViewedRepository, sha: str) -> Json | None:
    """A commit, a tree or a blob."""
    stored = view.store.commit(sha)
    if stored is not None:
        return commit(view, stored)
    common = {
        "oid": sha,
        "abbreviatedOid": sha[:7],
        "commitUrl": f"{view.web}/commit/{sha}",
        "repository": lambda info: repository(view),
    }
    if view.store.tree(sha) is not None:
        return {"__typename": "Tree", **common, "id": f"T_{sha}", "entries": lambda info: entries(view, sha)}
    content = view.store.blob(sha)
    if content is None:
        return None
    text = _text(content)
    return {
        "__typename": "Blob",
        **common,
        "id": f"B_{sha}",
        "byteSize": len(content),
        "isBinary": text is None,
        "isTruncated": len(content) > MAX_TEXT_BYTES,
        "text": text[:MAX_TEXT_BYTES] if text is not None else None,
    }


def entries(view: ViewedRepository, sha: str) -> list[Json]:
    """The lines of a tree."""
    return [tree_entry(view, line.name, line) for line in view.store.tree(sha) or ()]


def tree_entry(view: ViewedRepository, path: str, entry: TreeEntry) -> Json:
    """One line of a tree."""
    return {
        "name": entry.name,
        "path": path,
        "mode": int(entry.mode, 8),
        "type": MODES[entry.mode],
        "oid": entry.sha,
        "object": lambda info: git_object(view, entry.sha),
    }


def commit(view: ViewedRepository, stored: StoredCommit) -> Json:
    """A commit."""
    fields, sha = stored.fields, stored.sha
    headline, _, body = fields.message.partition("\n")

    def file(info: Any, path: str) -> Json | None:
        entry = view.store.entry(stored.tree, path.strip("/"))
        return tree_entry(view, path, entry) if entry else None

    def parents(info: Any, first: int | None = None, **others: Any) -> Json:
        nodes = [git_object(view, parent) for parent in stored.parents[:first]]
        return {"totalCount": len(stored.parents), "nodes": nodes}

    def total(name: str) -> Any:
        return lambda info: sum(getattr(change, name) for change in _changes(view, stored))

    return {
        "__typename": "Commit",
        "id": f"C_{sha}",
        "oid": sha,
        "abbreviatedOid": sha[:7],
        "commitUrl": f"{view.web}/commit/{sha}",
        "url": f"{view.web}/commit/{sha}",
        "message": fields.message,
        "messageHeadline": headline,
        "messageBody": body.strip("\n"),
        "authoredDate": fields.author.date,
        "committedDate": fields.committer.date,
        "author": actor(view, fields.author),
        "committer": actor(view, fields.committer),
        "signature": _signature(stored),
        "tree": lambda info: git_object(view, stored.tree),
        "repository": lambda info: repository(view),
        "parents": parents,
        "file": file,
        "additions": total("additions"),
        "deletions": total("deletions"),
        "changedFilesIfAvailable": lambda info: len(_changes(view, stored)),
    }


def actor(view: ViewedRepository, signature: CommitSignature) -> Json:
    """Who wrote or committed something."""
    login = view.people.login_of(signature.email)
    return {
        "name": signature.name,
        "email": signature.email,
        "date": signature.local_date,
        "user": account(view, login) if login else None,
    }


def _signature(stored: StoredCommit) -> Json | None:
    signed = shapes.verification(stored)
    if not signed["verified"]:
        return None
    return {
        "__typename": "GpgSignature",
        "email": stored.fields.committer.email,
        "isValid": True,
        "payload": signed["payload"],
        "signature": signed["signature"],
        "state": "VALID",
        "wasSignedByGitHub": True,
    }


def _changes(view: ViewedRepository, stored: StoredCommit) -> Any:
    parent = view.store.commit(stored.parents[0]) if stored.parents else None
    return changes_between(view.store, parent.tree if parent else None, stored.tree)


def _text(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text

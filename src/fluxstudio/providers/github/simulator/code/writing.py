"""New commits on branches: files put and taken away, by whom, as whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.api import GitHubCall
from fluxstudio.providers.github.simulator.git import CommitFields, CommitSignature, TreeEntry
from fluxstudio.providers.github.simulator.git.objects import FILE_MODE, signature_of
from fluxstudio.providers.github.simulator.sample_code import signature_for
from fluxstudio.providers.github.simulator.views import WEB_FLOW, Json, ViewedRepository

SIGNATURE = "-----BEGIN PGP SIGNATURE-----\n\nc2ltdWxhdGVk\n-----END PGP SIGNATURE-----\n"
PERSON = {"name": "string", "email": "string", "date": "string"}


def written_by(call: GitHubCall) -> None:
    """Let pass whose token may write code. Raises `Problem` (404): GitHub does not say what it hides."""
    if not call.has("repo", "public_repo"):
        raise Problem(404, "Not Found")


def may_push(view: ViewedRepository, call: GitHubCall) -> None:
    """Let pass who may write here. Raises `Problem` (404)."""
    if view.repository["private"] and not call.has("repo"):
        raise Problem(404, "Not Found")
    written_by(call)
    if not view.may["push"]:
        raise Problem(404, "Not Found")


def own_signature(view: ViewedRepository, login: str, at: float) -> CommitSignature:
    """Somebody's signature, now."""
    return signature_for({**view.people.account(login), "login": login}, at)


def web_signature(at: float) -> CommitSignature:
    """That of GitHub itself, which commits what people do on its pages."""
    return CommitSignature(WEB_FLOW["name"], WEB_FLOW["email"], int(at))


def signature_in(fields: Json, role: str, default: CommitSignature) -> CommitSignature:
    """Whom a body names as author or committer. Raises `Problem` (422)."""
    person: Any = fields.get(role)
    if person is None:
        return default
    missing = [name for name in ("name", "email") if not person.get(name)]
    if missing:
        raise Problem(422, f'Invalid request.\n\n"{missing[0]}" wasn\'t supplied.')
    if "date" not in person:
        return CommitSignature(person["name"], person["email"], default.at)
    try:
        return signature_of(person["name"], person["email"], person["date"])
    except (ValueError, OverflowError):
        raise Problem(422, f"{role}.date is not a valid date") from None


def with_files(
    view: ViewedRepository, tree: str | None, put: Mapping[str, bytes], removed: Collection[str] = ()
) -> str:
    """The tree with these files put into it and taken out of it; a file keeps its mode."""
    files = {path: entry for path, entry in view.store.files(tree).items() if path not in removed}
    for path, content in put.items():
        mode = files[path].mode if path in files else FILE_MODE
        put_entry(files, path, TreeEntry(mode, path.rpartition("/")[2], view.store.put_blob(content)))
    return view.store.build(files)


def put_entry(files: dict[str, TreeEntry], path: str, entry: TreeEntry) -> None:
    """Put something at a path, in place of what is there, below it, or where its folders have to be."""
    parts = path.split("/")
    above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
    for other in [name for name in files if name in above or name.startswith(f"{path}/")]:
        del files[other]
    files[path] = entry


def checked_path(path: str) -> str:
    """A path that git can keep. Raises `Problem` (422)."""
    if path.startswith("/"):
        raise Problem(422, "path cannot start with a slash")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/")):
        raise Problem(422, "path contains a malformed path component")
    if "\0" in path:
        raise Problem(422, "path cannot contain null bytes")
    return path


def commit_fields(
    tree: str,
    parents: Collection[str],
    message: str,
    author: CommitSignature,
    committer: CommitSignature,
    **more: str,
) -> CommitFields:
    """A commit to be kept."""
    return CommitFields(tree, tuple(parents), author, committer, message, **more)

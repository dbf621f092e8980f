"""What is in the sample repositories: real files, and the commits that made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

from fluxstudio.providers.github.simulator.git import (
    CommitFields,
    CommitHistory,
    CommitSignature,
    GitStore,
    TreeEntry,
)
from fluxstudio.providers.github.simulator.git.objects import FILE_MODE
from fluxstudio.providers.github.simulator.views import NO_REPLY_DOMAIN

Json = dict[str, Any]

README = "README.md"
COMMENT_MARKS = {"ts": "//", "swift": "//", "go": "//", "py": "#"}


def signature_for(person: Mapping[str, Any], at: float) -> CommitSignature:
    """Somebody's signature, under the address that hides their own."""
    email = f"{person['id']}+{person['login']}@{NO_REPLY_DOMAIN}"
    return CommitSignature(person["name"] or person["login"], email, int(at))


def put_code(repository: Json, people: Mapping[str, Json]) -> None:
    """Turn a repository's listed `commits`, newest first, and its `branches` into git's own objects.

    A commit is `{author, date, message, files, parent}`; a branch's `tip` is an id of the list, and the
    commits of its own are in `own`. Each commit adds a line to the files it names.
    """
    listed: Sequence[Json] = repository.pop("commits", [])
    store = GitStore(repository)
    if not listed:
        return
    contents = dict(_first_files(repository))
    ids: dict[str, str] = {}
    states: dict[str, dict[str, str]] = {}
    tip: str | None = None
    for entry in reversed(listed):
        contents = _touched(contents, entry)
        tip = _commit(store, contents, entry, people, [tip] if tip else [])
        ids[entry["sha"]], states[tip] = tip, contents
    for branch in repository["branches"]:
        branch["tip"] = tip = ids[branch["tip"]]
        contents = states[tip]
        for entry in branch.pop("own", []):
            contents = _touched(contents, entry)
            branch["tip"] = _commit(store, contents, entry, people, [branch["tip"]])
    for issue in repository["issues"]:
        if issue["pull"]:
            issue["pull"] |= _ends(store, repository, issue)


def _ends(store: GitStore, repository: Json, issue: Json) -> Json:
    """Where a pull request begins and ends; of one whose branch is gone, the commit that was merged."""
    pull, tips = issue["pull"], {branch["name"]: branch["tip"] for branch in repository["branches"]}
    base = tips[pull["base"]]
    if pull["head"] in tips:
        return {"head_sha": tips[pull["head"]], "base_sha": base}
    merged = [
        commit
        for commit in CommitHistory(store)(base)
        if commit.fields.author.date <= (pull["merged_at"] or issue["created_at"])
    ]
    head = merged[0] if merged else next(CommitHistory(store)(base))
    return {"head_sha": head.sha, "base_sha": head.parents[0] if head.parents else head.sha}


def _commit(
    store: GitStore,
    contents: Mapping[str, str],
    entry: Json,
    people: Mapping[str, Json],
    parents: Sequence[str],
) -> str:
    written = {
        path: (path.rpartition("/")[2], store.put_blob(text.encode())) for path, text in contents.items()
    }
    tree = store.build({path: TreeEntry(FILE_MODE, name, sha) for path, (name, sha) in written.items()})
    author = signature_for(people[entry["author"]], datetime.fromisoformat(entry["date"]).timestamp())
    return store.put_commit(CommitFields(tree, tuple(parents), author, author, entry["message"]))


def _first_files(repository: Json) -> Iterator[tuple[str, str]]:
    yield README, f"# {repository['name']}\n\n{repository['description']}\n"
    folder = files(__package__).joinpath("sample_files", repository["name"])
    if folder.is_dir():
        yield from _below(folder, "")


def _below(folder: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: str(entry.name)):
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_text("utf-8")


def _touched(contents: Mapping[str, str], entry: Json) -> dict[str, str]:
    subject = entry["message"].partition("\n")[0]
    touched = dict(contents)
    for path in entry.get("files") or [README]:
        mark = COMMENT_MARKS.get(path.rpartition(".")[2])
        if path == README:
            touched[path] = touched.get(path, "") + f"\n* {subject}\n"
        elif mark:
            touched[path] = touched.get(path, "") + f"{mark} {subject}\n"
        else:
            touched[path] = touched.get(path, "") + f"/* {subject} */\n"
    return touched

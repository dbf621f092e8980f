"""What a test or a demonstration can make happen at the simulated GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.providers.github.simulator import webhook_sender
from fluxstudio.providers.github.simulator.code import pull_shapes, writing
from fluxstudio.providers.github.simulator.code.refs import HEADS, Refs
from fluxstudio.providers.github.simulator.issues import Issues
from fluxstudio.providers.github.simulator.sample_code import README
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository
from fluxstudio.sdk.simulation import OutgoingWebhook, Simulator

ADA = "ada-park"


def happen(simulator: Simulator, event_request: Mapping[str, Any]) -> Sequence[OutgoingWebhook]:
    """What `/_control/events` asks for: `{event, repository, by, action, …}`.

    `push` adds a commit with `message` to `branch`, with the texts of `files` by path, null for one that is
    removed; `issues` opens one of that `title`; `pull_request` opens one from branch `head` with `files`, or
    merges or closes number `number` where `action` says so; any other event is sent with `payload` as it is.
    Raises `LookupError`.
    """
    issues, by = Issues(simulator), str(event_request.get("by", ADA))
    view = _view(issues, str(event_request["repository"]), by)
    match event_request["event"], event_request.get("action"):
        case "push", _:
            _push(simulator, view, event_request)
        case "issues", None | "opened":
            issues.opened(view, by, {"title": event_request.get("title", "Something to look at")})
        case "pull_request", None | "opened":
            _open(issues, view, event_request)
        case "pull_request", "merged" | "closed" as action:
            _close(issues, view, int(event_request["number"]), merged=action == "merged")
        case event, action:
            payload = {**({"action": action} if action else {}), **dict(event_request.get("payload", {}))}
            return webhook_sender.webhooks_for(simulator, view, str(event), by, **payload)
    return ()


def _push(simulator: Simulator, view: ViewedRepository, wanted: Mapping[str, Any]) -> None:
    """A commit of somebody's, on top of a branch; without `files` it adds a line to the README."""
    name = str(wanted.get("branch", view.repository["default_branch"]))
    message = str(wanted.get("message", "Tidy up"))
    branch = view.branch(name)
    tip = view.store.commit(branch["tip"]) if branch else None
    readme = view.store.entry(tip.tree, README) if tip else None
    text = (view.store.blob(readme.sha) or b"") if readme else b""
    files = wanted.get("files", {README: text.decode() + f"\n* {message}\n"})
    put = {str(path): str(content).encode() for path, content in files.items() if content is not None}
    removed = [path for path, content in files.items() if content is None]
    tree = writing.with_files(view, tip.tree if tip else None, put, removed)
    author = writing.own_signature(view, view.viewer, simulator.clock.now())
    sha = view.store.put_commit(
        writing.commit_fields(tree, [tip.sha] if tip else [], message, author, author)
    )
    refs = Refs(simulator, view)
    if branch is None:
        refs.create(HEADS + name, sha)
    else:
        refs.move(HEADS + name, sha, by_merge=True)


def _open(issues: Issues, view: ViewedRepository, wanted: Mapping[str, Any]) -> None:
    """A pull request from a branch that is made for it where it is not there yet."""
    head, base = str(wanted.get("head", "tidy-up")), view.branch(view.repository["default_branch"])
    if base is None:
        raise LookupError("the repository is empty")
    if view.branch(head) is None:
        Refs(issues.simulator, view).create(HEADS + head, base["tip"])
        _push(
            issues.simulator,
            view,
            {"branch": head, **({"files": wanted["files"]} if "files" in wanted else {})},
        )
    branch = view.branch(head)
    assert branch is not None
    ends = {"head": head, "base": base["name"], "head_sha": branch["tip"], "base_sha": base["tip"]}
    state: dict[str, Any] = {"draft": False, "merged_at": None, "reviewers": []}
    issues.opened(view, view.viewer, {"title": wanted.get("title", "Tidy up")}, {**ends, **state})


def _close(issues: Issues, view: ViewedRepository, number: int, *, merged: bool) -> None:
    entry = next((one for one in view.repository["issues"] if one["number"] == number and one["pull"]), None)
    if entry is None:
        raise LookupError(f"there is no pull request {number}")
    end_pull(issues.simulator, view, entry, merged=merged)


def end_pull(simulator: Simulator, view: ViewedRepository, entry: Json, *, merged: bool) -> None:
    """Close a pull request, merged or not. Raises `LookupError` for one that cannot be merged."""
    refs, number = Refs(simulator, view), entry["number"]
    if not merged:
        refs.close(entry)
        return
    base, head = view.branch(entry["pull"]["base"]), entry["pull"]["head_sha"]
    tree = pull_shapes.merged_content(view, base["tip"], head) if base else None
    if base is None or tree is None:
        raise LookupError(f"pull request {number} cannot be merged")
    author = writing.own_signature(view, view.viewer, simulator.clock.now())
    message = f"Merge pull request #{number}"
    sha = view.store.put_commit(writing.commit_fields(tree, [base["tip"], head], message, author, author))
    refs.move(HEADS + base["name"], sha, by_merge=True)
    refs.mark_merged(entry, sha)


def _view(issues: Issues, name: str, login: str) -> ViewedRepository:
    issues.people.data["people"][login]
    for repository in issues.people.data["repositories"].values():
        if f"{repository['owner']}/{repository['name']}" == name:
            return ViewedRepository(repository, issues.people, login)
    raise LookupError(f"there is no repository {name}")

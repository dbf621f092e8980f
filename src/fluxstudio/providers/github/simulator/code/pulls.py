"""Pull requests: opened, edited, looked at.

Refusals, by what GitHub answered to others (read 2026-11-30): “A pull request already exists for …”
(vsoch/pull-request-action#86), “No commits between …” (tgymnich/fork-sync#112).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator import listings
from fluxstudio.providers.github.simulator.answers import Problem, invalid, one_of
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.code import pull_shapes, shapes
from fluxstudio.providers.github.simulator.fields import checked
from fluxstudio.providers.github.simulator.git import CommitHistory
from fluxstudio.providers.github.simulator.issues import Issues
from fluxstudio.providers.github.simulator.rest import Rest, stamp
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

NEW_FIELDS = {
    **dict.fromkeys(("title", "head", "head_repo", "base"), "string"),
    **{"body": "string|null", "draft": "boolean", "maintainer_can_modify": "boolean", "issue": "integer"},
}
CHANGED_FIELDS = {
    "title": "string",
    "body": "string|null",
    "state": "string",
    "base": "string",
    "maintainer_can_modify": "boolean",
}


class Pulls(Rest):
    """The endpoints below `pulls`, but for merging and reviewing."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api, below, one = GitHubApi(self.simulator), self.below_repository, "/pulls/{number:int}"
        return [
            *below(api, "/pulls", self._pulls, accepts="repo"),
            *below(api, "/pulls", self._create, method="POST", accepts="repo"),
            *below(api, one, self._pull, accepts="repo"),
            *below(api, one, self._update, method="PATCH", accepts="repo"),
            *below(api, f"{one}/files", self._files, accepts="repo"),
            *below(api, f"{one}/commits", self._commits, accepts="repo"),
        ]

    async def _pulls(self, call: GitHubCall) -> GitHubAnswer:
        view, request = self.view(call), call.request
        state = one_of(request, "state", ("open", "closed", "all"), "open")
        sort = one_of(request, "sort", ("created", "updated", "popularity", "long-running"), "created")
        direction = one_of(request, "direction", ("asc", "desc"), "desc" if sort == "created" else "asc")
        base, head = request.query_params.get("base"), request.query_params.get("head")
        entries = [
            entry
            for entry in view.repository["issues"]
            if entry["pull"]
            and state in ("all", entry["state"])
            and base in (None, entry["pull"]["base"])
            and _is_from(view, entry, head)
        ]
        by = "updated_at" if sort == "updated" else "created_at"
        entries.sort(key=lambda entry: (str(entry[by]), entry["number"]), reverse=direction == "desc")
        return self.paged(call, entries, lambda entry: listings.pull(view, entry))

    async def _create(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        if not call.has("repo", "public_repo") or not view.may["push"]:
            raise Problem(404, "Not Found")
        fields = checked(await call.json(), NEW_FIELDS, ("head", "base"))
        if not str(fields.get("title") or "").strip():
            raise invalid("PullRequest", "title", "missing_field")
        pull = self._ends(view, fields)
        issues = Issues(self.simulator)
        texts: Json = {name: fields[name] for name in ("title", "body") if name in fields}
        opened = {"draft": fields.get("draft", False), "merged_at": None, "reviewers": []}
        entry = issues.opened(view, call.login, texts, {**pull, **opened})
        answer = pull_shapes.whole_pull(view, entry)
        return GitHubAnswer(answer, 201, {"location": answer["url"]})

    def _ends(self, view: ViewedRepository, fields: Json) -> Json:
        """Head and base of a new pull request. Raises `Problem` (422) where there can be none."""
        owner = view.repository["owner"]
        head_name = fields["head"].removeprefix(f"{owner}:")
        head, base = view.branch(head_name), view.branch(fields["base"])
        wrong = [field for field, branch in (("head", head), ("base", base)) if branch is None]
        if wrong:
            raise invalid("PullRequest", wrong[0], "invalid")
        assert head is not None
        assert base is not None
        if not CommitHistory(view.store).between(base["tip"], head["tip"]):
            text = f"No commits between {fields['base']} and {head_name}"
            raise _refused(text)
        if any(
            entry["pull"]
            and entry["state"] == "open"
            and (entry["pull"]["head"], entry["pull"]["base"]) == (head_name, fields["base"])
            for entry in view.repository["issues"]
        ):
            raise _refused(f"A pull request already exists for {owner}:{head_name}.")
        ends = {"head_sha": head["tip"], "base_sha": base["tip"]}
        return {"head": head_name, "base": fields["base"], **ends}

    async def _pull(self, call: GitHubCall) -> GitHubAnswer:
        view, entry = self.pull_of(call)
        return GitHubAnswer(pull_shapes.whole_pull(view, entry))

    async def _update(self, call: GitHubCall) -> GitHubAnswer:
        view, entry = self.pull_of(call)
        if not call.has("repo", "public_repo"):
            raise Problem(404, "Not Found")
        if not view.may["push"] and entry["author"] != call.login:
            raise Problem(403, "Must have admin rights to Repository.")
        fields = checked(await call.json(), CHANGED_FIELDS)
        before = dict(entry)
        edited = self._retargeted(view, entry, fields)
        self._restated(view, entry, fields)
        issues = Issues(self.simulator)
        texts: Json = {name: fields[name] for name in ("title", "body") if name in fields}
        issues.edit(view, entry, texts, call.login)
        entry["updated_at"] = stamp(self.simulator.clock.now())
        edited |= {
            name: {"from": before[name] or ""} for name in ("title", "body") if entry[name] != before[name]
        }
        if edited:
            issues.tell(view, "edited", call.login, entry, changes=edited)
        if entry["state"] != before["state"]:
            action = "closed" if entry["state"] == "closed" else "reopened"
            issues.tell(view, action, call.login, entry)
        return GitHubAnswer(pull_shapes.whole_pull(view, entry))

    def _retargeted(self, view: ViewedRepository, entry: Json, fields: Json) -> Json:
        name = fields.get("base", entry["pull"]["base"])
        if name == entry["pull"]["base"]:
            return {}
        branch = view.branch(name)
        if branch is None or entry["state"] == "closed":
            raise invalid("PullRequest", "base", "invalid")
        old = {"ref": {"from": entry["pull"]["base"]}, "sha": {"from": entry["pull"]["base_sha"]}}
        entry["pull"] |= {"base": name, "base_sha": branch["tip"]}
        return {"base": old}

    def _restated(self, view: ViewedRepository, entry: Json, fields: Json) -> None:
        state = fields.get("state", entry["state"])
        if state not in ("open", "closed"):
            raise invalid("PullRequest", "state", "invalid")
        if state == "open" and entry["state"] == "closed":
            pull = entry["pull"]
            if pull["merged_at"]:
                raise _refused("Pull request cannot be reopened because it was merged", "state")
            head = view.branch(pull["head"])
            if head is None or view.branch(pull["base"]) is None:
                gone = pull["head"] if head is None else pull["base"]
                raise _refused(f"state cannot be changed. The {gone} branch has been deleted.", "state")
            pull["head_sha"] = head["tip"]
        if state != entry["state"]:
            closing = state == "closed"
            entry["closed_at"] = stamp(self.simulator.clock.now()) if closing else None
            entry["closed_by"] = view.viewer if closing else None
            entry["state"] = state

    async def _files(self, call: GitHubCall) -> GitHubAnswer:
        view, entry = self.pull_of(call)
        head = entry["pull"]["head_sha"]
        changes = pull_shapes.changes_of(view, entry["pull"])
        return self.paged(call, changes, lambda change: shapes.change(view, change, head))

    async def _commits(self, call: GitHubCall) -> GitHubAnswer:
        view, entry = self.pull_of(call)
        commits = pull_shapes.commits_of(view, entry["pull"])
        return self.paged(call, commits, lambda stored: shapes.commit(view, stored))

    def pull_of(self, call: GitHubCall) -> tuple[ViewedRepository, Json]:
        """The pull request a call is about. Raises `Problem` (404)."""
        view, number = self.view(call), call.path["number"]
        for entry in view.repository["issues"]:
            if entry["number"] == number and entry["pull"]:
                return view, entry
        raise Problem(404, "Not Found")


def _is_from(view: ViewedRepository, entry: Json, head: str | None) -> bool:
    """Whether a pull request comes from `owner:branch`; GitHub overlooks what is not written so."""
    if not head or ":" not in head:
        return True
    return head.lower() == f"{view.repository['owner']}:{entry['pull']['head']}".lower()


def _refused(message: str, field: str | None = None) -> Problem:
    error: dict[str, Any] = {"resource": "PullRequest", "code": "custom", "message": message}
    return Problem(422, "Validation Failed", errors=[{**error, "field": field} if field else error])

"""Issues and comments of the simulated GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator import listings, webhook_sender
from fluxstudio.providers.github.simulator.answers import Problem, invalid, one_of
from fluxstudio.providers.github.simulator.api import GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.code import pull_shapes
from fluxstudio.providers.github.simulator.fields import Shape, checked
from fluxstudio.providers.github.simulator.rest import Rest, stamp
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

# party_foul#122, create-an-issue#123, docs.github.com “Create an issue” (read 2026-11-29).
MAX_TITLE_CHARACTERS = 256
MAX_BODY_CHARACTERS = 65_536
MAX_LABEL_CHARACTERS = 50
MAX_LABELS = 100
MAX_ASSIGNEES = 10
SHAPE: Mapping[str, Shape] = {
    "title": "string|integer|null",
    "body": "string|null",
    "state": "string",
    "state_reason": "string|null",
    "milestone": "integer|string|null",
    "assignee": "string|null",
    "assignees": "array",
    "labels": "array",
}
REASONS = ("completed", "not_planned", "duplicate", "reopened")
# What a new issue had before.
NO_PARTS: Json = {"labels": [], "assignees": [], "milestone": None}


class Issues(Rest):
    """Reading and writing issues and the comments on them."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        api = GitHubApi(self.simulator)
        one = "/issues/{number:int}"
        return [
            *self.below_repository(api, "/issues", self._issues, accepts="repo"),
            *self.below_repository(api, "/issues", self._create, method="POST", accepts="public_repo, repo"),
            *self.below_repository(api, one, self._issue, accepts="repo"),
            *self.below_repository(api, one, self._update, method="PATCH", accepts="public_repo, repo"),
            *self.below_repository(api, f"{one}/comments", self._comments, accepts="repo"),
            *self.below_repository(
                api, f"{one}/comments", self._comment, method="POST", accepts="public_repo, repo"
            ),
        ]

    async def _issues(self, call: GitHubCall) -> GitHubAnswer:
        view, query = self.view(call), call.request.query_params
        state = one_of(call.request, "state", ("open", "closed", "all"), "open")
        sort = one_of(call.request, "sort", ("created", "updated", "comments"), "created")
        direction = one_of(call.request, "direction", ("asc", "desc"), "desc")
        labels = [name for name in query.get("labels", "").split(",") if name]
        entries = [
            entry
            for entry in view.repository["issues"]
            if state in ("all", entry["state"])
            and set(labels) <= set(entry["labels"])
            and query.get("creator") in (None, entry["author"])
            and _assigned(entry, query.get("assignee"))
            and _due(entry, query.get("milestone"))
            and entry["updated_at"] >= query.get("since", "")
        ]
        commented = [comment["issue"] for comment in view.repository["comments"]]

        def key(entry: Json) -> Any:
            return commented.count(entry["number"]) if sort == "comments" else entry[f"{sort}_at"]

        entries.sort(key=key, reverse=direction == "desc")
        return self.paged(call, entries, lambda entry: listings.issue(view, entry))

    async def _issue(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        return GitHubAnswer(listings.issue(view, stored_issue(view, call)))

    async def _create(self, call: GitHubCall) -> GitHubAnswer:
        view = self._writable(call)
        issue = listings.issue(view, self.opened(view, call.login, await call.json()))
        return GitHubAnswer(issue, 201, {"location": issue["url"]})

    def opened(self, view: ViewedRepository, login: str, fields: Json, pull: Json | None = None) -> Json:
        """A new issue or pull request of somebody's; webhooks are told. Raises `Problem` (422)."""
        fields = _of_issues_types(fields)
        title = fields.get("title")
        if title is None or not str(title).strip():
            raise invalid("Issue", "title", "missing_field")
        now = stamp(self.simulator.clock.now())
        entry: Json = {
            "id": self.next_id(),
            "number": len(view.repository["issues"]) + 1,
            "title": str(title),
            "body": None,
            "author": login,
            "state": "open",
            "state_reason": None,
            "labels": [],
            "assignees": [],
            "milestone": None,
            "created_at": now,
            "updated_at": now,
            "closed_at": None,
            "closed_by": None,
            "pull": None if pull is None else {"id": self.next_id(), "reviews": [], **pull},
        }
        self._apply(view, entry, {name: value for name, value in fields.items() if name != "title"}, login)
        view.repository["issues"].append(entry)
        self.tell(view, "opened", login, entry)
        self.tell_parts(view, login, entry, NO_PARTS)
        return entry

    def edit(self, view: ViewedRepository, entry: Json, fields: Json, login: str) -> None:
        """Change fields of an issue or a pull request. Raises `Problem` (422)."""
        self._apply(view, entry, fields, login)

    def tell(self, view: ViewedRepository, action: str, login: str, entry: Json, **more: Any) -> None:
        """Tell webhooks what somebody did to an issue or a pull request."""
        if entry["pull"]:
            pull_fields = pull_shapes.whole_pull(view, entry)
            about: Json = {"number": entry["number"], "pull_request": pull_fields}
            webhook_sender.tell(self.simulator, view, "pull_request", login, action=action, **about, **more)
            return
        pull_fields = listings.issue(view, entry)
        webhook_sender.tell(self.simulator, view, "issues", login, action=action, issue=pull_fields, **more)

    async def _update(self, call: GitHubCall) -> GitHubAnswer:
        view = self._writable(call)
        entry = stored_issue(view, call)
        if not view.may["triage"] and entry["author"] != call.login:
            raise Problem(403, "Must have admin rights to Repository.")
        before = dict(entry)
        self._apply(view, entry, await call.json(), call.login)
        entry["updated_at"] = stamp(self.simulator.clock.now())
        edited = {
            name: {"from": before[name] or ""} for name in ("title", "body") if entry[name] != before[name]
        }
        if edited:
            self.tell(view, "edited", call.login, entry, changes=edited)
        if entry["state"] != before["state"]:
            action = "closed" if entry["state"] == "closed" else "reopened"
            self.tell(view, action, call.login, entry)
        self.tell_parts(view, call.login, entry, before)
        return GitHubAnswer(listings.issue(view, entry))

    def tell_parts(self, view: ViewedRepository, login: str, entry: Json, before: Json) -> None:
        """Tell of each label and each person that came or went, and of the milestone."""
        for prefix, new, old in (("", entry, before), ("un", before, entry)):
            for name in new["labels"]:
                if name not in old["labels"]:
                    label: Any = listings.label(view, name)
                    self.tell(view, f"{prefix}labeled", login, entry, label=label)
            for person in new["assignees"]:
                if person not in old["assignees"]:
                    label = view.people.simple(person)
                    self.tell(view, f"{prefix}assigned", login, entry, assignee=label)
        if entry["milestone"] != before["milestone"]:
            action = "demilestoned" if entry["milestone"] is None else "milestoned"
            number = before["milestone"] if entry["milestone"] is None else entry["milestone"]
            self.tell(view, action, login, entry, milestone=listings.milestone(view, number))

    async def _comments(self, call: GitHubCall) -> GitHubAnswer:
        view = self.view(call)
        number, since = stored_issue(view, call)["number"], call.request.query_params.get("since", "")
        entries = [
            comment
            for comment in view.repository["comments"]
            if comment["issue"] == number and comment["updated_at"] >= since
        ]
        return self.paged(call, entries, lambda comment: listings.comment(view, comment))

    async def _comment(self, call: GitHubCall) -> GitHubAnswer:
        view = self._writable(call)
        issue = stored_issue(view, call)
        body = (await call.json()).get("body")
        if body is not None and not isinstance(body, str):
            checked({"body": body}, {"body": "string"})
        if not isinstance(body, str) or not body.strip():
            raise invalid("IssueComment", "body", "missing_field")
        if len(body) > MAX_BODY_CHARACTERS:
            raise invalid("IssueComment", "data", "unprocessable", too_long("Body", MAX_BODY_CHARACTERS))
        now = stamp(self.simulator.clock.now())
        comment: Json = {
            "id": self.next_id(),
            "issue": issue["number"],
            "author": call.login,
            "body": body,
            "created_at": now,
            "updated_at": now,
        }
        view.repository["comments"].append(comment)
        issue["updated_at"] = now
        comment_fields = listings.comment(view, comment)
        about: Json = {"issue": listings.issue(view, issue), "comment": comment_fields}
        webhook_sender.tell(self.simulator, view, "issue_comment", call.login, action="created", **about)
        return GitHubAnswer(comment_fields, 201, {"location": comment_fields["url"]})

    def _writable(self, call: GitHubCall) -> ViewedRepository:
        view = self.view(call)
        if not call.has("repo", "public_repo"):
            raise Problem(404, "Not Found")
        return view

    def next_id(self) -> int:
        """A number that nothing has had yet."""
        data = self.simulator.world.data
        data["next_id"] += 1
        return int(data["next_id"])

    def _apply(self, view: ViewedRepository, entry: Json, fields: Json, login: str) -> None:
        """Make the asked changes; without push access GitHub drops some of them without a word."""
        change = _checked(view, fields)
        if not view.may["push"]:
            change = {name: value for name, value in change.items() if name in {"title", "body", "state"}}
        for name in change.get("labels", []):
            if name not in view.repository["labels"]:
                grey = {"id": self.next_id(), "name": name, "color": "ededed", "description": None}
                view.repository["labels"][name] = grey
                label = listings.label(view, name)
                webhook_sender.tell(self.simulator, view, "label", login, action="created", label=label)
        if "assignees" in change:
            # Who may not be assigned is an error (kubernetes/test-infra#1624, read 2026-11-29).
            if not set(map(str, change["assignees"])) <= {
                *view.repository["roles"],
                view.repository["owner"],
            }:
                raise invalid("Issue", "assignees", "invalid")
            if len(change["assignees"]) > MAX_ASSIGNEES:
                raise invalid("Issue", "assignees", "custom", f"cannot have more than {MAX_ASSIGNEES}")
        if change.get("state", entry["state"]) != entry["state"]:
            closing = change["state"] == "closed"
            entry["state_reason"] = change.get("state_reason") or ("completed" if closing else "reopened")
            entry["closed_at"] = stamp(self.simulator.clock.now()) if closing else None
            entry["closed_by"] = login if closing else None
        entry.update({name: value for name, value in change.items() if name != "state_reason"})


def _checked(view: ViewedRepository, fields: Json) -> Json:
    """Those of the given fields that an issue has. Raises `Problem` (422) for wrong values."""
    fields = _of_issues_types(fields)
    change: Json = {
        name: fields[name]
        for name in ("title", "body", "state", "state_reason", "labels", "assignees", "milestone")
        if name in fields
    }
    if "title" in change and not str(change["title"] or "").strip():
        raise invalid("Issue", "title", "missing_field")
    if change.get("state", "open") not in ("open", "closed"):
        raise invalid("Issue", "state", "invalid")
    if change.get("state_reason") not in (None, *REASONS):
        raise invalid("Issue", "state_reason", "invalid")
    if "labels" in change:
        change["labels"] = [
            str(label.get("name") if isinstance(label, dict) else label) for label in change["labels"]
        ]
    milestones = {milestone["number"] for milestone in view.repository["milestones"]}
    if change.get("milestone") is not None and change["milestone"] not in milestones:
        raise invalid("Issue", "milestone", "invalid")
    return change


def _of_issues_types(fields: Json) -> Json:
    """The fields, if their types and lengths are those of an issue. Raises `Problem` (422)."""
    fields = checked(fields, SHAPE)
    if "assignee" in fields and "assignees" not in fields:
        fields = {**fields, "assignees": [fields["assignee"]] if fields["assignee"] else []}
    for name, longest in (("title", MAX_TITLE_CHARACTERS), ("body", MAX_BODY_CHARACTERS)):
        if len(str(fields.get(name) or "")) > longest:
            raise invalid("Issue", name, "custom", too_long(name, longest))
    names = [label.get("name") if isinstance(label, dict) else label for label in fields.get("labels", [])]
    if len(names) > MAX_LABELS:
        raise invalid("Issue", "labels", "custom", f"cannot have more than {MAX_LABELS}")
    if not all(isinstance(name, str) and 0 < len(name) <= MAX_LABEL_CHARACTERS for name in names):
        raise invalid("Label", "name", "invalid")
    return {**fields, "title": str(fields["title"])} if fields.get("title") is not None else fields


def too_long(name: str, longest: int) -> str:
    """What GitHub says of a text that is longer than it may be."""
    return f"{name} is too long (maximum is {longest} characters)"


def stored_issue(view: ViewedRepository, call: GitHubCall) -> Json:
    """The issue that a call is about. Raises `Problem` (404)."""
    number = call.path["number"]
    issue: Json | None = next(
        (entry for entry in view.repository["issues"] if entry["number"] == number), None
    )
    if issue is None:
        raise Problem(404, "Not Found")
    return issue


def _assigned(entry: Json, login: str | None) -> bool:
    if login in (None, "*"):
        return login is None or bool(entry["assignees"])
    return not entry["assignees"] if login == "none" else login in entry["assignees"]


def _due(entry: Json, milestone_number: str | None) -> bool:
    if milestone_number in (None, "*"):
        return milestone_number is None or entry["milestone"] is not None
    return str(entry["milestone"] or "none") == milestone_number

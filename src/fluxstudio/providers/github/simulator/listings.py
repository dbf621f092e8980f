"""What is in a repository of the simulated GitHub, as its REST API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fluxstudio.providers.github.simulator.views import (
    NO_REACTIONS,
    Json,
    ViewedRepository,
    node_id,
    permissions,
)


def label(view: ViewedRepository, name: str) -> Json:
    """A label; one the repository does not have yet is grey."""
    stored_label = view.repository["labels"].get(
        name, {"id": 0, "name": name, "color": "ededed", "description": None}
    )
    url = f"{view.api}/labels/{name.replace(' ', '%20')}"
    return {
        **stored_label,
        "node_id": node_id("LA", stored_label["id"]),
        "url": url,
        "default": name == "bug",
    }


def milestone(view: ViewedRepository, number: int | None) -> Json | None:
    """A milestone by its number."""
    match = next((entry for entry in view.repository["milestones"] if entry["number"] == number), None)
    if match is None:
        return None
    states = [issue["state"] for issue in view.repository["issues"] if issue["milestone"] == number]
    url = f"{view.api}/milestones/{number}"
    return {
        "id": match["id"],
        "node_id": node_id("MI", match["id"]),
        "number": number,
        "title": match["title"],
        "description": match["description"],
        "creator": view.people.simple(next(iter(view.repository["roles"]))),
        "state": "open",
        "open_issues": states.count("open"),
        "closed_issues": states.count("closed"),
        "created_at": match["created_at"],
        "updated_at": match["created_at"],
        "closed_at": None,
        "due_on": match["due_on"],
        "url": url,
        "html_url": f"{view.web}/milestone/{number}",
        "labels_url": f"{url}/labels",
    }


def issue(view: ViewedRepository, entry: Json) -> Json:
    """An issue, or a pull request as the list of issues shows it."""
    number = entry["number"]
    url = f"{view.api}/issues/{number}"
    comments = sum(comment["issue"] == number for comment in view.repository["comments"])
    return {
        **_common(view, entry),
        "id": entry["id"],
        "node_id": node_id("I", entry["id"]),
        "url": url,
        "html_url": f"{view.web}/{'pull' if entry['pull'] else 'issues'}/{number}",
        "repository_url": view.api,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "state_reason": entry["state_reason"],
        "comments": comments,
        "closed_by": view.people.simple(entry["closed_by"]) if entry["closed_by"] else None,
        "reactions": {"url": f"{url}/reactions", "total_count": 0, **NO_REACTIONS},
        "performed_via_github_app": None,
        **({"draft": entry["pull"]["draft"], "pull_request": _links(view, entry)} if entry["pull"] else {}),
    }


def pull(view: ViewedRepository, entry: Json) -> Json:
    """A pull request."""
    opened = entry["pull"]
    url = f"{view.api}/pulls/{entry['number']}"
    issue_url = f"{view.api}/issues/{entry['number']}"
    head, base = _end(view, opened, "head"), _end(view, opened, "base")
    links = {
        "self": url,
        "html": f"{view.web}/pull/{entry['number']}",
        "issue": issue_url,
        "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{view.api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{view.api}/statuses/{head['sha']}",
    }
    named = {f"{name}_url": link for name, link in links.items() if name not in {"self", "html"}}
    return {
        **_common(view, entry),
        "id": opened["id"],
        "node_id": node_id("PR", opened["id"]),
        **_links(view, entry),
        **named,
        "draft": opened["draft"],
        "auto_merge": None,
        "merge_commit_sha": opened.get("merge_sha") or (head["sha"] if opened["merged_at"] else None),
        "requested_reviewers": [view.people.simple(login) for login in opened["reviewers"]],
        "requested_teams": [],
        "head": head,
        "base": base,
        "_links": {name: {"href": link} for name, link in links.items()},
    }


def comment(view: ViewedRepository, entry: Json) -> Json:
    """A comment on an issue."""
    url = f"{view.api}/issues/comments/{entry['id']}"
    return {
        "id": entry["id"],
        "node_id": node_id("IC", entry["id"]),
        "url": url,
        "html_url": f"{view.web}/issues/{entry['issue']}#issuecomment-{entry['id']}",
        "issue_url": f"{view.api}/issues/{entry['issue']}",
        "body": entry["body"],
        "user": view.people.simple(entry["author"]),
        "author_association": association(view, entry["author"]),
        "created_at": entry["created_at"],
        "updated_at": entry["updated_at"],
        "reactions": {"url": f"{url}/reactions", "total_count": 0, **NO_REACTIONS},
        "performed_via_github_app": None,
    }


def collaborator(view: ViewedRepository, login: str) -> Json:
    """Somebody who works here."""
    role = view.repository["roles"][login]
    return {**view.people.simple(login), "role_name": role, "permissions": permissions(role)}


def association(view: ViewedRepository, login: str) -> str:
    """How somebody belongs to the repository."""
    if login == view.repository["owner"]:
        return "OWNER"
    if login not in view.repository["roles"]:
        return "NONE"
    owner = view.people.account(view.repository["owner"])
    return "MEMBER" if owner["type"] == "Organization" else "COLLABORATOR"


def _common(view: ViewedRepository, entry: Json) -> Json:
    """What issues and pull requests share."""
    assignees: Sequence[Any] = [view.people.simple(login) for login in entry["assignees"]]
    plain = ("number", "title", "body", "state", "created_at", "updated_at", "closed_at")
    return {
        **{name: entry[name] for name in plain},
        "user": view.people.simple(entry["author"]),
        "labels": [label(view, name) for name in entry["labels"]],
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": milestone(view, entry["milestone"]),
        "locked": False,
        "active_lock_reason": None,
        "author_association": association(view, entry["author"]),
    }


def _links(view: ViewedRepository, entry: Json) -> Json:
    page = f"{view.web}/pull/{entry['number']}"
    return {
        "url": f"{view.api}/pulls/{entry['number']}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": entry["pull"]["merged_at"],
    }


def _end(view: ViewedRepository, opened: Json, end: str) -> Json:
    owner = view.repository["owner"]
    return {
        "label": f"{owner}:{opened[end]}",
        "ref": opened[end],
        "sha": opened[f"{end}_sha"],
        "user": view.people.simple(owner),
        "repo": view.summary(),
    }

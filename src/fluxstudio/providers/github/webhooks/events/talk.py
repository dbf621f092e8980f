"""Issues, pull requests, discussions, and what is said about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.providers.github.webhooks.events.reading import Payload, Teller, did, in_repo, numbered
from fluxstudio.providers.github.webhooks.events.texts import words
from fluxstudio.sdk.payload import at, name_at, text_at

# What one does to an issue, a pull request or a discussion that needs no further words.
PLAIN = frozenset(
    {"closed", "deleted", "edited", "locked", "opened", "pinned", "reopened", "transferred", "unlocked"}
    | {"unpinned"}
)
REVIEWS = {"approved": "approved", "changes_requested": "asked for changes to"}


def issues(action: str, event: Payload) -> str:
    issue, title = numbered("issue", event, "issue"), text_at(event, "issue", "title")
    if action == "closed" and text_at(event, "issue", "state_reason") == "not_planned":
        return did(event, f"closed {issue} as not planned", title)
    return _changed(action, event, issue, title)


def pull_request(action: str, event: Payload) -> str:
    pull, title = numbered("pull request", event, "pull_request"), text_at(event, "pull_request", "title")
    reviewer = name_at(event, "requested_reviewer", "login") or name_at(event, "requested_team", "name")
    match action:
        case "closed" if at(event, "pull_request", "merged") is True:
            return did(event, f"merged {pull}", title)
        case "opened" if at(event, "pull_request", "draft") is True:
            return did(event, f"opened {pull} as a draft", title)
        case "ready_for_review":
            return did(event, f"marked {pull} as ready for review", title)
        case "converted_to_draft":
            return did(event, f"turned {pull} back into a draft", title)
        case "review_requested":
            return did(event, f"asked {reviewer or 'someone'} to review {pull}", title)
        case "review_request_removed":
            return did(event, f"no longer asks {reviewer or 'anyone'} to review {pull}", title)
        case "synchronize":
            return did(event, f"pushed to {pull}", title)
        case "auto_merge_enabled":
            return did(event, f"turned on auto-merge for {pull}", title)
        case "auto_merge_disabled":
            return did(event, f"turned off auto-merge for {pull}", title)
        case "enqueued":
            return did(event, f"queued {pull} to be merged", title)
        case "dequeued":
            return did(event, f"took {pull} out of the merge queue", title)
    return _changed(action, event, pull, title)


def review(action: str, event: Payload) -> str:
    pull, title = numbered("pull request", event, "pull_request"), text_at(event, "pull_request", "title")
    if action == "submitted":
        verb = REVIEWS.get(text_at(event, "review", "state").lower(), "reviewed")
        return did(event, f"{verb} {pull}", words(text_at(event, "review", "body")) or title)
    author = name_at(event, "review", "user", "login")
    whose = f"{author}’s review" if author else "a review"
    return did(event, f"{action} {whose} of {pull}", title) if action in {"dismissed", "edited"} else ""


def review_thread(action: str, event: Payload) -> str:
    verb = {"resolved": "resolved", "unresolved": "reopened"}.get(action)
    pull = numbered("pull request", event, "pull_request")
    return did(event, f"{verb} a thread on {pull}", text_at(event, "pull_request", "title")) if verb else ""


def review_comment(action: str, event: Payload) -> str:
    return _comment(action, event, numbered("pull request", event, "pull_request"))


def issue_comment(action: str, event: Payload) -> str:
    is_pull = isinstance(at(event, "issue", "pull_request"), Mapping)
    return _comment(action, event, numbered("pull request" if is_pull else "issue", event, "issue"))


def discussion_comment(action: str, event: Payload) -> str:
    return _comment(action, event, numbered("discussion", event, "discussion"))


def commit_comment(action: str, event: Payload) -> str:
    commit = text_at(event, "comment", "commit_id")[:7]
    return _comment(
        action, event, f"commit {commit}{in_repo(event)}" if commit else f"a commit{in_repo(event)}"
    )


def discussion(action: str, event: Payload) -> str:
    subject, title = numbered("discussion", event, "discussion"), text_at(event, "discussion", "title")
    match action:
        case "created":
            return did(event, f"started {subject}", title)
        case "answered":
            return did(event, f"marked an answer to {subject}", title)
        case "unanswered":
            return did(event, f"took back the answer to {subject}", title)
        case "category_changed":
            category = name_at(event, "discussion", "category", "name")
            return did(event, f"moved {subject} to {category or 'another category'}", title)
    return _changed(action, event, subject, title)


def milestone(action: str, event: Payload) -> str:
    return _about_named(action, event, "milestone", name_at(event, "milestone", "title"))


def label(action: str, event: Payload) -> str:
    return _about_named(action, event, "label", name_at(event, "label", "name"))


def sub_issues(action: str, event: Payload) -> str:
    parent, child = text_at(event, "parent_issue", "number"), text_at(event, "sub_issue", "number")
    if not parent or not child:
        return ""
    verb = "took issue #{} from" if action.endswith("removed") else "put issue #{} below"
    title = text_at(event, "sub_issue", "title")
    return did(event, f"{verb.format(child)} {numbered('issue', event, 'parent_issue')}", title)


def issue_dependencies(action: str, event: Payload) -> str:
    blocked, blocking = text_at(event, "blocked_issue", "number"), text_at(event, "blocking_issue", "number")
    if not blocked or not blocking:
        return ""
    verb = "no longer lets" if action.endswith("removed") else "lets"
    return did(event, f"{verb} issue #{blocked} wait for issue #{blocking}{in_repo(event)}")


def _about_named(action: str, event: Payload, thing: str, name: str) -> str:
    if action not in PLAIN | {"created"}:
        return ""
    return did(event, f"{action} the {thing} {name}{in_repo(event)}" if name else f"{action} a {thing}")


def _comment(action: str, event: Payload, thing: str) -> str:
    body = words(text_at(event, "comment", "body"))
    if action == "created":
        return did(event, f"commented on {thing}", body)
    return did(event, f"{action} a comment on {thing}", body) if action in PLAIN else ""


def _changed(action: str, event: Payload, thing: str, title: str) -> str:
    verb = _verb(action, event)
    if verb is None:
        return did(event, f"{action} {thing}", title) if action in PLAIN else ""
    return did(event, verb.replace("…", thing), title)


def _verb(action: str, event: Payload) -> str | None:
    """What was done to something, which `…` stands for; None where the action itself is the word."""
    assignee = name_at(event, "assignee", "login") or "someone"
    name = name_at(event, "label", "name")
    aim = name_at(event, "milestone", "title")
    verbs: dict[str, Any] = {
        "assigned": f"assigned {assignee} to …",
        "unassigned": f"unassigned {assignee} from …",
        "labeled": f"put the label {name} on …" if name else "labeled …",
        "unlabeled": f"took the label {name} off …" if name else "took a label off …",
        "milestoned": f"put … on the milestone {aim}" if aim else "put … on a milestone",
        "demilestoned": f"took … off the milestone {aim}" if aim else "took … off a milestone",
    }
    verb = verbs.get(action)
    return verb if isinstance(verb, str) else None


TOLD: Mapping[str, Teller] = {
    "commit_comment": commit_comment,
    "discussion": discussion,
    "discussion_comment": discussion_comment,
    "issue_comment": issue_comment,
    "issue_dependencies": issue_dependencies,
    "issues": issues,
    "label": label,
    "milestone": milestone,
    "pull_request": pull_request,
    "pull_request_review": review,
    "pull_request_review_comment": review_comment,
    "pull_request_review_thread": review_thread,
    "sub_issues": sub_issues,
}

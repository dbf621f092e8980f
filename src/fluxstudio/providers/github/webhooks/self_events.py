"""Which of GitHub's events we have caused.

Operations act in the name of the connected person, so that an event does not say it was us. Issues, pull
requests and comments are known by their address, and by the time of a change of ours: one change is told by
several events (`edited`, `labeled`, `assigned`, `closed`), each with the `updated_at` it left behind, within
seconds. What such an event says was changed has to be what we changed it to, and its `sender` the one we
acted for, so that what people change right after us is not taken for ours. A branch is known by its name
where it was made, and by the commits it was moved from and to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fluxstudio.kit.signatures import sha256
from fluxstudio.sdk import SelfEvents
from fluxstudio.sdk.payload import moment_at, text_at

BEGINNINGS = frozenset({"opened", "created", "submitted"})
# What an event tells of, the most particular first.
SUBJECTS = ("comment", "review", "issue", "pull_request")
HEADS = "refs/heads/"
# Seconds in which one change goes on to change what it is about: its labels, its people, its state.
CHANGES_FOR = 3
# Labels and people of an issue whose names are remembered; GitHub allows 100 and 10.
MOST_PARTS = 100
# Characters of a text that are compared: of large events that is about all there is.
LONGEST_COMPARED = 500


def creation_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """What was written: as such, as of its last change, and the labels that GitHub made for it."""
    address = text_at(answer, "html_url")
    return [address, *change_changes(arguments, answer)] if address else []


def change_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """What was changed, as of its last change, with what it has become; and the labels made for it."""
    address, changed = text_at(answer, "html_url"), text_at(answer, "updated_at")
    if not address or not changed:
        return []
    parts = [
        "",
        _content(answer),
        f"is {text_at(answer, 'state')}",
        f"for {text_at(answer, 'milestone', 'id')}",
    ]
    parts += [f"has {name}" for name in _names(answer, "labels", "name")]
    parts += [f"by {name}" for name in _names(answer, "assignees", "login")]
    made = [f"label {name}" for name in _names(answer, "labels", "id")]
    return [*(f"{address} {changed} {part}".rstrip() for part in parts), *made]


def proposal_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """The pull request that was opened or changed, and the branch that was made or moved for it."""
    written, head = creation_changes(arguments, answer), text_at(answer, "head")
    branch = _branch(
        f"{text_at(arguments, 'owner')}/{text_at(arguments, 'repo')}", text_at(arguments, "branch")
    )
    if not written or not head:
        return written
    before = text_at(arguments, "head")
    moved = [f"{branch} from {before}"] if before not in {"", head} else []
    return [*written, branch, f"{branch} to {head}", *moved]


def sync_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """What `proposal_changes` says, of what a run of a sync proposed."""
    proposal = answer.get("proposal") if isinstance(answer, Mapping) else None
    if not isinstance(proposal, Mapping):
        return []
    owner, _, repo = text_at(proposal, "repository").partition("/")
    place = {
        "owner": owner,
        "repo": repo,
        "branch": text_at(proposal, "branch"),
        "head": text_at(proposal, "before"),
    }
    return proposal_changes(place, proposal)


def hook_changes(arguments: Mapping[str, Any], answer: Any) -> Sequence[str]:
    """The webhook that was made or removed."""
    number = text_at(answer, "id")
    return [f"hook {number}"] if number else []


def answer_link(operation: str, answer: Mapping[str, Any], account_url: str | None) -> str | None:
    """The page of the issue, pull request or comment that was written."""
    return text_at(answer, "html_url") or None


def event_subjects(event_type: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """What an event tells of, as we may have called it."""
    action = text_at(payload, "action")
    if event_type in {"ping", "meta"}:
        number = text_at(payload, "hook_id")
        return [f"hook {number}"] if number else []
    if event_type == "label":
        number = text_at(payload, "label", "id")
        return [f"label {number}"] if number and action == "created" else []
    if event_type in {"create", "push"}:
        return _branch_subjects(event_type, payload)
    subject = next((payload[name] for name in SUBJECTS if isinstance(payload.get(name), dict)), None)
    address = text_at(subject, "html_url")
    if not address:
        return []
    if action in BEGINNINGS:
        return [address]
    part = _part(action, subject, payload)
    changed = moment_at(subject, "updated_at")
    times = [text_at(subject, "updated_at")]
    for seconds in range(1, CHANGES_FOR + 1) if changed is not None else ():
        earlier = datetime.fromtimestamp(changed or 0.0, UTC) - timedelta(seconds=seconds)
        times.append(f"{earlier:%Y-%m-%dT%H:%M:%SZ}")
    named = [f"{address} {time} {part}".rstrip() for time in times]
    if action == "synchronize":
        repository, ref = text_at(subject, "head", "repo", "full_name"), text_at(subject, "head", "ref")
        return [*named, *_moves(_branch(repository, ref), payload)]
    return named


def _branch_subjects(event_type: str, payload: Mapping[str, Any]) -> list[str]:
    """The branch that was made, and where it was moved from and to; nothing for a tag."""
    repository, ref = text_at(payload, "repository", "full_name"), text_at(payload, "ref")
    if event_type == "create":
        return [_branch(repository, ref)] if text_at(payload, "ref_type") == "branch" else []
    if not ref.startswith(HEADS):
        return []
    branch = _branch(repository, ref.removeprefix(HEADS))
    return [*_moves(branch, payload), *([branch] if payload.get("created") is True else [])]


def _moves(branch: str, payload: Mapping[str, Any]) -> list[str]:
    return [f"{branch} to {text_at(payload, 'after')}", f"{branch} from {text_at(payload, 'before')}"]


def _branch(repository: str, name: str) -> str:
    return f"branch {repository.lower()} {name}"


def _part(action: str, subject: Any, payload: Mapping[str, Any]) -> str:
    """What an event says was changed; empty where it says no more than that something was."""
    match action:
        case "edited":
            return _content(subject) if isinstance(subject, dict) and "title" in subject else ""
        case "closed" | "reopened":
            return "is closed" if action == "closed" else "is open"
        case "labeled":
            return f"has {text_at(payload, 'label', 'name')}" if "label" in payload else ""
        case "assigned":
            return f"by {text_at(payload, 'assignee', 'login')}" if "assignee" in payload else ""
        case "milestoned":
            return f"for {text_at(payload, 'milestone', 'id')}" if "milestone" in payload else ""
    return ""


def _content(subject: Any) -> str:
    content = f"{text_at(subject, 'title')}\x1f{text_at(subject, 'body')[:LONGEST_COMPARED]}"
    return sha256(content.encode("utf-8", "replace")).hex()[:20]


def _names(answer: Any, field: str, part: str) -> list[str]:
    entries = answer.get(field) if isinstance(answer, Mapping) else None
    entries = entries[:MOST_PARTS] if isinstance(entries, list) else []
    return [name for entry in entries if (name := text_at(entry, part))]


def actor(event_type: str, payload: Mapping[str, Any]) -> str | None:
    """The id of the account whose doing an event tells of."""
    return text_at(payload, "sender", "id") or None


SELF_EVENTS = SelfEvents(event_subjects=event_subjects, actor=actor)

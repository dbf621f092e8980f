"""The sample data of the simulated GitHub: a small design company and its repositories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import count
from typing import Any

import msgspec

from fluxstudio.kit.signatures import sha256
from fluxstudio.providers.github.simulator.sample_code import put_code

Json = dict[str, Any]
HOURS_A_DAY = 24.0
SKETCHBOOK, OLD_HOOK = 404418, 4801


def sample_source() -> Json:
    """What `seed.json` says: `{people, labels, renamed, repositories}`, the form of data of one's own."""
    source: Json = msgspec.json.decode(files(__package__).joinpath("seed.json").read_bytes())
    return source


def seeded(source: Json) -> Json:
    """A new world: people, repositories by id, old names of renamed repositories, the next free id."""
    now = datetime.now(UTC)
    ids = count(9_000_001)
    people = {entry["login"]: _person(entry, now) for entry in source["people"]}
    repositories = [_repository(entry, source["labels"], ids, now) for entry in source["repositories"]]
    for repository in repositories:
        put_code(repository, people)
    by_name = {f"{entry['owner']}/{entry['name']}": entry["id"] for entry in repositories}
    return {
        "app": {"kind": "oauth_app"},
        "people": people,
        "repositories": {str(entry["id"]): entry for entry in repositories},
        "renamed": {old: by_name[new] for old, new in source["renamed"].items() if new in by_name},
        "hooks": {str(OLD_HOOK): _hook(now)} if SKETCHBOOK in by_name.values() else {},
        "deliveries": [_undelivered(now)] if SKETCHBOOK in by_name.values() else [],
        "next_id": next(ids),
    }


def _ago(now: datetime, hours: float) -> str:
    return (now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _hook(now: datetime) -> Json:
    """A webhook left over from an earlier day; its address is gone."""
    return {
        **{"id": OLD_HOOK, "repository": SKETCHBOOK, "events": ["issues"], "active": False},
        **{"url": "http://127.0.0.1:9/github", "content_type": "json", "insecure_ssl": "0", "secret": ""},
        **{"created_at": _ago(now, 90 * HOURS_A_DAY), "updated_at": _ago(now, 30)},
    }


def _undelivered(now: datetime) -> Json:
    """The last thing that was tried to tell it."""
    payload = {"action": "closed", "issue": {"number": 1, "title": "Sails"}, "repository": {"id": SKETCHBOOK}}
    return {
        **{"to": "http://127.0.0.1:9/github", "event": "issues", "action": "closed", "payload": payload},
        **{"key": "0e1c1be6-1111-4222-8333-444455556666", "webhook": str(OLD_HOOK)},
        **{"about": {"repository": SKETCHBOOK}, "id": 5000, "at": now.timestamp() - 31 * 3600, "took": 0.1},
        **{"number": 0, "redelivery": False, "status": None, "problem": "failed to connect"},
        **{"delivered": False, "headers": {}, "answer": {"headers": {}, "body": ""}},
    }


def _person(entry: Json, now: datetime) -> Json:
    created = _ago(now, entry.pop("days_old") * HOURS_A_DAY)
    return {**entry, "created_at": created, "updated_at": _ago(now, 30)}


def _repository(entry: Json, labels: Sequence[Sequence[str]], ids: Iterator[int], now: datetime) -> Json:
    commits = _commits(entry, now)
    created = _ago(now, entry.pop("days_old") * HOURS_A_DAY)
    pushed = commits[0]["date"] if commits else created
    issues, comments = _issues(entry, ids, now)
    return {
        **entry,
        "default_branch": "main",
        "created_at": created,
        "updated_at": pushed,
        "pushed_at": pushed,
        "labels": {
            name: {"id": next(ids), "name": name, "color": color, "description": text}
            for name, color, text in labels
        },
        "milestones": [
            {
                **milestone,
                "id": next(ids),
                "created_at": created,
                "due_on": _ago(now, -HOURS_A_DAY * milestone["due_days"]),
            }
            for milestone in entry["milestones"]
        ],
        "branches": [
            {
                "name": name,
                "tip": commits[tip]["sha"],
                "protected": protected,
                "own": [_listed(commit, now) for commit in own],
            }
            for name, tip, protected, *own in entry["branches"]
        ],
        "commits": commits,
        "issues": issues,
        "comments": comments,
    }


def _commits(entry: Json, now: datetime) -> list[Json]:
    """The commits, newest first, each the child of the next."""
    name = f"{entry['owner']}/{entry['name']}"
    shas = [sha256(f"{name} {number}").hex()[:40] for number in range(len(entry["commits"]), 0, -1)]
    return [
        {
            **_listed(commit, now),
            "sha": sha,
            "parent": shas[place + 1] if place + 1 < len(shas) else None,
        }
        for place, (sha, commit) in enumerate(zip(shas, entry["commits"], strict=True))
    ]


def _listed(commit: Sequence[Any], now: datetime) -> Json:
    author, hours, message, *files = commit
    return {"author": author, "date": _ago(now, hours), "message": message, "files": files}


def _issues(entry: Json, ids: Iterator[int], now: datetime) -> tuple[list[Json], list[Json]]:
    issues, comments = [], []
    for number, issue in enumerate(entry.pop("issues"), 1):
        remarks = [
            {
                "id": next(ids),
                "issue": number,
                "author": author,
                "body": body,
                "created_at": _ago(now, hours),
                "updated_at": _ago(now, hours),
            }
            for author, hours, body in issue.get("comments", [])
        ]
        comments += remarks
        issues.append(_issue(number, issue, remarks, ids, now))
    return issues, comments


def _issue(
    number: int, issue: Json, remarks: Sequence[Mapping[str, Any]], ids: Iterator[int], now: datetime
) -> Json:
    closed = issue.get("closed")
    pull = issue.get("pull")
    created = _ago(now, issue["hours"])
    times = [created, *(comment["created_at"] for comment in remarks)] + (
        [_ago(now, closed)] if closed else []
    )
    return {
        "id": next(ids),
        "number": number,
        "title": issue["title"],
        "body": issue["body"],
        "author": issue["author"],
        "state": "closed" if closed else "open",
        "state_reason": "completed" if closed and not pull else None,
        "labels": issue.get("labels", []),
        "assignees": issue.get("assignees", []),
        "milestone": issue.get("milestone"),
        "created_at": created,
        "updated_at": max(times),
        "closed_at": _ago(now, closed) if closed else None,
        "closed_by": issue.get("by"),
        "pull": None if pull is None else _pull(pull, ids, now),
    }


def _pull(pull: Json, ids: Iterator[int], now: datetime) -> Json:
    return {
        "id": next(ids),
        "head": pull["head"],
        "base": "main",
        "draft": pull.get("draft", False),
        "merged_at": _ago(now, pull["merged"]) if "merged" in pull else None,
        "reviewers": pull.get("reviewers", []),
    }

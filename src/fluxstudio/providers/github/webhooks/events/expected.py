"""Fields that GitHub's events of a type always have, which sentences, links and rules rely on.

The JSON schemas of @octokit/webhooks, where each is required; its value may still be null. Read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

EXPECTED: Mapping[str, Sequence[str]] = {
    "check_run": ("check_run.name", "check_run.status"),
    "check_suite": ("check_suite.status",),
    "commit_comment": ("comment.body", "comment.html_url"),
    "create": ("ref", "ref_type"),
    "delete": ("ref", "ref_type"),
    "deployment": ("deployment.environment",),
    "deployment_status": ("deployment_status.state",),
    "discussion": ("discussion.title", "discussion.html_url"),
    "discussion_comment": ("comment.body", "discussion.title"),
    "fork": ("forkee.full_name",),
    "gollum": ("pages",),
    "issue_comment": ("comment.body", "issue.number", "issue.title"),
    "issues": ("action", "issue.number", "issue.title"),
    "pull_request": ("action", "pull_request.number", "pull_request.title"),
    "pull_request_review": ("review.state", "pull_request.number"),
    "pull_request_review_comment": ("comment.body", "pull_request.number"),
    "push": ("ref", "commits"),
    "release": ("action", "release.tag_name"),
    "star": ("action",),
    "status": ("state", "context"),
    "workflow_job": ("workflow_job.name", "workflow_job.status"),
    "workflow_run": ("workflow_run.name", "workflow_run.status"),
}

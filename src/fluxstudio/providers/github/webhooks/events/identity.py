"""What a delivery of GitHub's is known by, and whether it can be what its header calls it.

GitHub signs the body alone: `X-GitHub-Delivery`, `X-GitHub-Event` and `X-GitHub-Hook-ID` are not covered
(docs.github.com “Validating webhook deliveries”, read 2026-11-29). So a body counts once for each webhook,
under whatever id it comes. Nearly all bodies hold ids and times of their own; the few that may be the same
twice, such as a `ping` or a `workflow_dispatch` with the same inputs in a repository nothing else happened
to, count once in the 90 days that keys are kept. One event has one delivery id for all webhooks that
subscribe to it.
"""

from __future__ import annotations

from collections.abc import Mapping

from fluxstudio.kit.signatures import sha256
from fluxstudio.providers.github.webhooks.bodies import json_of
from fluxstudio.providers.github.webhooks.events.reading import Payload
from fluxstudio.sdk.payload import moment_at

# Where bodies say when it happened.
TIMES: tuple[tuple[str, ...], ...] = (
    ("comment", "updated_at"),
    ("review", "submitted_at"),
    ("issue", "updated_at"),
    ("pull_request", "updated_at"),
    ("discussion", "updated_at"),
    ("release", "published_at"),
    ("check_run", "completed_at"),
    ("workflow_run", "updated_at"),
    ("workflow_job", "completed_at"),
    ("head_commit", "timestamp"),
    ("repository", "updated_at"),
)

# What bodies of a type are about, by names that no body of another type has unless it is listed there as
# well.
ABOUT: Mapping[str, frozenset[str]] = {
    "check_run": frozenset({"check_run"}),
    "check_suite": frozenset({"check_suite"}),
    "commit_comment": frozenset({"comment"}),
    "deployment": frozenset({"deployment"}),
    "deployment_status": frozenset({"deployment", "deployment_status"}),
    "discussion": frozenset({"discussion"}),
    "discussion_comment": frozenset({"discussion", "comment"}),
    "fork": frozenset({"forkee"}),
    "gollum": frozenset({"pages"}),
    "issue_comment": frozenset({"issue", "comment"}),
    "issues": frozenset({"issue"}),
    "merge_group": frozenset({"merge_group"}),
    "ping": frozenset({"zen"}),
    "pull_request": frozenset({"pull_request"}),
    "pull_request_review": frozenset({"pull_request", "review"}),
    "pull_request_review_comment": frozenset({"pull_request", "comment"}),
    "pull_request_review_thread": frozenset({"pull_request", "thread"}),
    "push": frozenset({"pusher", "commits"}),
    "release": frozenset({"release"}),
    "security_advisory": frozenset({"security_advisory"}),
    "sponsorship": frozenset({"sponsorship"}),
    "star": frozenset({"starred_at"}),
    "workflow_dispatch": frozenset({"inputs", "workflow"}),
    "workflow_job": frozenset({"workflow_job"}),
    "workflow_run": frozenset({"workflow_run"}),
}
# Types whose bodies are about nothing of their own: what they hold are general names only.
GENERAL = frozenset(
    {
        "github_app_authorization",
        "installation",
        "installation_repositories",
        "member",
        "organization",
        "public",
        "repository",
        "watch",
    }
)
SUBJECTS = frozenset().union(*ABOUT.values())


def proof(payload: Payload, body: bytes) -> str:
    """A name for what GitHub signs: the same in either content type."""
    return sha256(json_of(body)).hex()


def moment(payload: Payload) -> float | None:
    """When it happened, as far as a body says; the same for every attempt to deliver it."""
    times = [time for path in TIMES if (time := moment_at(payload, *path)) is not None]
    return max(times, default=None)


def contradicts(event_type: str, payload: Payload) -> str | None:
    """Why a body cannot be of a type: it is about what bodies of other types are about, and not of this one.

    A body that says too little to be judged contradicts nothing, nor does a type that GitHub has added since.
    """
    if event_type not in ABOUT and event_type not in GENERAL:
        return None
    own = ABOUT.get(event_type, frozenset())
    subjects = {name for name in SUBJECTS if payload.get(name) is not None}
    fitting = [about for about in ABOUT.values() if about <= subjects]
    # `issue` and `comment` together are about a comment, so that one alone no longer fits.
    if not fitting or (own in fitting and not any(about > own for about in fitting)):
        return None
    return f"it is not about what {event_type} is about"

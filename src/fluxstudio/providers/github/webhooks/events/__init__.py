"""What GitHub's events say, whom they concern, and what they end.

docs.github.com “Webhook events and payloads”, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping

from fluxstudio.providers.github.webhooks.events import checks, code, people, talk
from fluxstudio.providers.github.webhooks.events.reading import Payload, Teller, in_repo
from fluxstudio.providers.github.webhooks.events.texts import texts
from fluxstudio.sdk import AccessEnded
from fluxstudio.sdk.payload import at, https, in_words, name_at, sentence, text_at

__all__ = ["account", "describe", "ends", "link", "order", "subscription", "texts"]

TOLD: Mapping[str, Teller] = {**talk.TOLD, **code.TOLD, **checks.TOLD, **people.TOLD}

# Where an event has the page of what it is about: the nearest first.
PAGES: tuple[tuple[str | int, ...], ...] = (
    ("comment", "html_url"),
    ("review", "html_url"),
    ("discussion", "html_url"),
    ("pull_request", "html_url"),
    ("issue", "html_url"),
    ("sub_issue", "html_url"),
    ("blocked_issue", "html_url"),
    ("release", "html_url"),
    ("check_run", "html_url"),
    ("workflow_job", "html_url"),
    ("workflow_run", "html_url"),
    ("alert", "html_url"),
    ("milestone", "html_url"),
    ("forkee", "html_url"),
    ("package", "html_url"),
    ("registry_package", "html_url"),
    ("project", "html_url"),
    ("pages", 0, "html_url"),
    ("compare",),
    ("commit", "html_url"),
    ("security_advisory", "html_url"),
    ("team", "html_url"),
    ("repository", "html_url"),
    ("installation", "html_url"),
)
# What is gone is not linked to; what it belonged to is.
SUBJECTS = {
    "discussion": "discussion",
    "discussion_comment": "comment",
    "issue_comment": "comment",
    "issues": "issue",
    "milestone": "milestone",
    "project": "project",
    "pull_request_review_comment": "comment",
    "release": "release",
    "repository": "repository",
    "team": "team",
}


def subscription(headers: Mapping[str, str]) -> str | None:
    """GitHub's id of the webhook that a delivery comes from."""
    return headers.get("x-github-hook-id") or None


def account(payload: Payload) -> str | None:
    """The user who owns what an event is about, or who acts where it is about nothing that is owned.

    Grants are given by users only. What an organization owns concerns whoever registered the webhook there,
    so that an event does not become the business of the person who caused it.
    """
    owner = at(payload, "repository", "owner") or at(payload, "installation", "account")
    if owner is None and at(payload, "organization") is None:
        owner = at(payload, "sender")
    if text_at(owner, "type") in {"Organization", "Enterprise"}:
        return None
    return text_at(owner, "id") or None


def order(event_type: str, payload: Payload) -> str | None:
    """Events about one issue, branch, run or release belong in order; the rest by repository."""
    place = text_at(payload, "repository", "id") or text_at(payload, "organization", "id")
    if not place:
        return None
    for thing in ("issue", "pull_request", "discussion"):
        number = text_at(payload, thing, "number")
        if number:
            return f"{place}#{number}"
    run = text_at(payload, "workflow_run", "id") or text_at(payload, "workflow_job", "run_id")
    within = (
        run
        or text_at(payload, "check_run", "head_sha")
        or text_at(payload, "check_suite", "head_sha")
        or text_at(payload, "sha")
        or text_at(payload, "deployment", "id")
        or text_at(payload, "release", "id")
        or text_at(payload, "ref").removeprefix("refs/heads/").removeprefix("refs/tags/")
    )
    return f"{place}:{within[:200]}" if within else place


def describe(event_type: str, payload: Payload) -> str:
    """“ada-park opened issue #3 in harbour-pine/tidewater-web: “Show the tide””, and such."""
    action = text_at(payload, "action")
    tell = TOLD.get(event_type)
    return (tell(action, payload) if tell is not None else "") or _plainly(event_type, action, payload)


def link(event_type: str, payload: Payload) -> str | None:
    """The page of what an event is about, or of the nearest thing to it that is still there."""
    parent_path = SUBJECTS.get(event_type) if text_at(payload, "action") == "deleted" else None
    if event_type == "push" and at(payload, "deleted") is True:
        parent_path = "compare"
    for path in PAGES:
        address = https(at(payload, *path)) if path[0] != parent_path else None
        if address is not None:
            return address
    return None


def ends(event_type: str, payload: Payload) -> AccessEnded | None:
    """Somebody took back what they had allowed our app.

    Uninstalling the app takes repositories away from it, but ends nobody's authorization (docs.github.com
    “Reviewing and revoking authorization of GitHub Apps”, read 2026-11-25).
    """
    person = text_at(payload, "sender", "id")
    if event_type != "github_app_authorization" or text_at(payload, "action") != "revoked" or not person:
        return None
    return AccessEnded(person, "FluxStudio’s access was revoked in GitHub.")


def _plainly(event_type: str, action: str, payload: Payload) -> str:
    """“Branch protection rule edited in harbour-pine/tidewater-web by ada-park”."""
    done = in_words(action).lower() if action else ""
    sender = name_at(payload, "sender", "login")
    name = in_words(event_type.replace("projects_v2", "project"))
    return sentence(name, f"{done}{in_repo(payload)}".strip(), f"by {sender}" if sender else "")

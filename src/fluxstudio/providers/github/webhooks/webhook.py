"""GitHub's webhooks: who may speak, which event it is, what it outdates.

Sources, all read 2026-11-22: docs.github.com “Validating webhook deliveries” (`X-Hub-Signature-256` over the
raw body), “Webhook events and payloads” (`X-GitHub-Event`; `X-GitHub-Delivery`, the same again when a
delivery is sent again) and the webhooks in GitHub's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fluxstudio.kit.signatures import hmac_sha256_hex, same, sha256
from fluxstudio.providers.github.webhooks import events
from fluxstudio.providers.github.webhooks.bodies import read_delivery
from fluxstudio.providers.github.webhooks.event_types import EVENT_LABELS
from fluxstudio.providers.github.webhooks.events import identity
from fluxstudio.providers.github.webhooks.events.expected import EXPECTED
from fluxstudio.providers.github.webhooks.self_events import SELF_EVENTS, answer_link
from fluxstudio.sdk import BadSignature, EventIdentity, Reconciliation, Webhook

EVENTS = (
    "branch_protection_configuration",
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "code_scanning_alert",
    "commit_comment",
    "create",
    "custom_property",
    "custom_property_values",
    "delete",
    "dependabot_alert",
    "deploy_key",
    "deployment",
    "deployment_protection_rule",
    "deployment_review",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "github_app_authorization",
    "gollum",
    "installation",
    "installation_repositories",
    "installation_target",
    "issue_comment",
    "issue_dependencies",
    "issues",
    "label",
    "marketplace_purchase",
    "member",
    "membership",
    "merge_group",
    "meta",
    "milestone",
    "org_block",
    "organization",
    "package",
    "page_build",
    "personal_access_token_request",
    "ping",
    "project",
    "project_card",
    "project_column",
    "projects_v2",
    "projects_v2_item",
    "projects_v2_status_update",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "registry_package",
    "release",
    "repository",
    "repository_advisory",
    "repository_dispatch",
    "repository_import",
    "repository_ruleset",
    "repository_vulnerability_alert",
    "secret_scanning_alert",
    "secret_scanning_alert_location",
    "secret_scanning_scan",
    "security_advisory",
    "security_and_analysis",
    "sponsorship",
    "star",
    "status",
    "sub_issues",
    "team",
    "team_add",
    "watch",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
)

# A webhook's own secret, and what a secret scanning alert has come upon.
OPENS_SOMETHING = frozenset({"secret", "client_secret", "webhook_secret", "pem"})

# Seconds from the day that version 1 UUIDs count from to 1970.
GREGORIAN = 12_219_292_800

MAKES_STALE = {
    "branch_protection_rule": ("branches",),
    "create": ("branches", "repository"),
    "delete": ("branches", "repository"),
    "fork": ("repositories", "repository"),
    "issue_comment": ("comments", "issue", "issues"),
    "issues": ("issue", "issues", "repository"),
    "label": ("issue", "issues", "pulls"),
    "member": ("collaborators", "repositories"),
    "membership": ("collaborators", "repositories"),
    "milestone": ("issue", "issues", "pulls"),
    "public": ("repositories", "repository"),
    "pull_request": ("branches", "pulls", "repository"),
    "pull_request_review": ("pulls",),
    "push": ("branches", "commits", "pulls", "repositories", "repository"),
    "repository": ("repositories", "repository"),
    "star": ("repositories", "repository"),
    "sub_issues": ("issue", "issues"),
    "team": ("collaborators",),
    "team_add": ("collaborators", "repositories"),
}


def verify(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> None:
    """Check the HMAC of the raw body. Raises `BadSignature`. GitHub signs no time, so `now` plays no part."""
    signature = headers.get("x-hub-signature-256", "")
    if not secret or not same(signature, f"sha256={hmac_sha256_hex(secret, body)}"):
        raise BadSignature("X-Hub-Signature-256 is missing or does not fit the body")


def event_id(headers: Mapping[str, str], body: Mapping[str, Any], raw: bytes) -> str:
    """GitHub's id of the delivery; for what comes without one, a digest of the body."""
    return headers.get("x-github-delivery") or sha256(raw).hex()


def moment_of(delivery: str) -> float | None:
    """The time in a delivery's id, where that is a version 1 UUID as those in GitHub's documentation are."""
    try:
        delivery_id = UUID(delivery)
    except ValueError:
        return None
    return delivery_id.time / 1e7 - GREGORIAN if delivery_id.version == 1 else None


def moment(headers: Mapping[str, str], body: Mapping[str, Any]) -> float | None:
    """When a delivery was first sent."""
    return moment_of(headers.get("x-github-delivery", ""))


def occurrence(headers: Mapping[str, str], body: Mapping[str, Any]) -> str | None:
    """GitHub's id of the delivery, which all webhooks that subscribe to an event share."""
    return headers.get("x-github-delivery") or None


def event_type(headers: Mapping[str, str], body: Mapping[str, Any]) -> str:
    """The event's name, such as `issues`; what happened to it is `action` in the payload."""
    return headers.get("x-github-event") or "unknown"


WEBHOOK = Webhook(
    secret="webhook_secret",  # noqa: S106 - the name of a setting
    verify=verify,
    event_id=event_id,
    event_type=event_type,
    moment=moment,
    read=read_delivery,
    events=EVENTS,
    event_labels=EVENT_LABELS,
    makes_stale=MAKES_STALE,
    subscription=events.subscription,
    account=events.account,
    order=events.order,
    describe=events.describe,
    link=events.link,
    ends=events.ends,
    self_events=SELF_EVENTS,
    answer_link=answer_link,
    texts=events.texts,
    identity=EventIdentity(proof=identity.proof, moment=identity.moment),
    occurrence=occurrence,
    contradicts=identity.contradicts,
    opens_something=OPENS_SOMETHING,
    expects=EXPECTED,
    reconciliation=Reconciliation(missed="missed_deliveries", redeliver="redeliver"),
    largest=25 * 1024 * 1024,
)

"""Checks, workflows, deployments and alerts: what machines found out."""

from __future__ import annotations

from collections.abc import Mapping

from fluxstudio.providers.github.webhooks.events.reading import Payload, Teller, branch, did, in_repo, repo
from fluxstudio.sdk.payload import name_at, quoted, sentence, text_at

OUTCOMES = {
    "action_required": "waits for someone",
    "cancelled": "was cancelled",
    "error": "failed",
    "failure": "failed",
    "in_progress": "started",
    "inactive": "is no longer in use",
    "neutral": "ended without a verdict",
    "pending": "is waiting",
    "queued": "is queued",
    "requested": "was requested",
    "skipped": "was skipped",
    "stale": "went stale",
    "startup_failure": "could not start",
    "success": "succeeded",
    "timed_out": "timed out",
    "waiting": "is waiting",
}

ALERTS = {
    "appeared_in_branch": "appeared in a branch",
    "auto_dismissed": "was dismissed",
    "auto_reopened": "was reopened",
    "closed_by_user": "was closed",
    "create": "was raised",
    "created": "was raised",
    "dismiss": "was dismissed",
    "dismissed": "was dismissed",
    "fixed": "was fixed",
    "publicly_leaked": "is about a secret that leaked",
    "reintroduced": "is back",
    "reopen": "was reopened",
    "reopened": "was reopened",
    "reopened_by_user": "was reopened",
    "resolve": "was resolved",
    "resolved": "was resolved",
}


def check_run(action: str, event: Payload) -> str:
    name = name_at(event, "check_run", "name") or "A check"
    if action in {"rerequested", "requested_action"}:
        verb = "asked to run" if action == "rerequested" else "asked for what follows from"
        return did(event, f"{verb} {name}{' again' if action == 'rerequested' else ''}{in_repo(event)}")
    ref = text_at(event, "check_run", "check_suite", "head_branch")
    return sentence(name, _outcome(event, "check_run", action), _on(ref) + in_repo(event))


def check_suite(action: str, event: Payload) -> str:
    app = name_at(event, "check_suite", "app", "name")
    name = f"The check suite of {app}" if app else "A check suite"
    ref = text_at(event, "check_suite", "head_branch")
    return sentence(name, _outcome(event, "check_suite", action), _on(ref) + in_repo(event))


def workflow_run(action: str, event: Payload) -> str:
    name = name_at(event, "workflow_run", "name") or name_at(event, "workflow", "name") or "A workflow"
    ref = text_at(event, "workflow_run", "head_branch")
    return sentence(name, _outcome(event, "workflow_run", action), _on(ref) + in_repo(event))


def workflow_job(action: str, event: Payload) -> str:
    name = name_at(event, "workflow_job", "name") or "A job"
    ref = text_at(event, "workflow_job", "head_branch")
    return sentence(name, _outcome(event, "workflow_job", action), _on(ref) + in_repo(event))


def workflow_dispatch(action: str, event: Payload) -> str:
    workflow = name_at(event, "workflow").rpartition("/")[2] or "a workflow"
    return did(event, f"started {workflow}{_on(text_at(event, 'ref'))}{in_repo(event)}")


def status(action: str, event: Payload) -> str:
    name = name_at(event, "context") or "A check"
    ref = text_at(event, "branches", 0, "name")
    outcome = OUTCOMES.get(text_at(event, "state"), "changed")
    return sentence(name, outcome, _on(ref) + in_repo(event)) + quoted(text_at(event, "description"))


def deployment(action: str, event: Payload) -> str:
    ref = branch(text_at(event, "deployment", "ref")) or "a version"
    return did(event, f"began to deploy {ref} to {_environment(event)}{in_repo(event)}")


def deployment_status(action: str, event: Payload) -> str:
    outcome = OUTCOMES.get(text_at(event, "deployment_status", "state"), "changed")
    return sentence(f"The deployment to {_environment(event)}{in_repo(event)}", outcome)


def page_build(action: str, event: Payload) -> str:
    if text_at(event, "build", "status") == "errored":
        why = quoted(text_at(event, "build", "error", "message"))
        return sentence(f"The pages of {repo(event)} could not be built{why}")
    return sentence(f"The pages of {repo(event)} were built")


def alert(kind: str) -> Teller:
    """Tells of an alert; what it found is in one of several places."""

    def describe(action: str, event: Payload) -> str:
        subject = (
            text_at(event, "alert", "security_advisory", "summary")
            or text_at(event, "alert", "rule", "description")
            or text_at(event, "alert", "secret_type_display_name")
            or text_at(event, "alert", "affected_package_name")
        )
        became = ALERTS.get(action, "changed")
        return sentence(f"{kind}{in_repo(event)} {became}{quoted(subject)}")

    return describe


def _outcome(event: Payload, thing: str, action: str) -> str:
    conclusion, progress = text_at(event, thing, "conclusion"), text_at(event, thing, "status")
    return OUTCOMES.get(conclusion) or OUTCOMES.get(progress) or OUTCOMES.get(action) or "changed"


def _on(ref: str) -> str:
    return f" on {branch(ref)}" if ref else ""


def _environment(event: Payload) -> str:
    return (
        name_at(event, "deployment_status", "environment")
        or name_at(event, "deployment", "environment")
        or "an environment"
    )


TOLD: Mapping[str, Teller] = {
    "check_run": check_run,
    "check_suite": check_suite,
    "code_scanning_alert": alert("A code scanning alert"),
    "dependabot_alert": alert("A Dependabot alert"),
    "deployment": deployment,
    "deployment_status": deployment_status,
    "page_build": page_build,
    "repository_vulnerability_alert": alert("A vulnerability alert"),
    "secret_scanning_alert": alert("A secret scanning alert"),
    "status": status,
    "workflow_dispatch": workflow_dispatch,
    "workflow_job": workflow_job,
    "workflow_run": workflow_run,
}

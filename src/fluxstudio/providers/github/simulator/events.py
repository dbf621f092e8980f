"""What a test or a demonstration can make happen at the simulated GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.providers.github.simulator import webhook_sender
from fluxstudio.providers.github.simulator.issues import Issues
from fluxstudio.providers.github.simulator.rest import stamp
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository
from fluxstudio.sdk.simulation import OutgoingWebhook, Simulator

ADA = "ada-park"


def happen(simulator: Simulator, event_request: Mapping[str, Any]) -> Sequence[OutgoingWebhook]:
    """What `/_control/events` asks for: `{event, repository, by, action, title, number, message, payload}`.

    `push` adds a commit; `issues` opens one; `pull_request` opens one, or merges or closes number `number`
    where `action` says so; any other event is sent with `payload` as it is. Raises `LookupError`.
    """
    issues, by = Issues(simulator), str(event_request.get("by", ADA))
    view = _view(issues, str(event_request["repository"]), by)
    match event_request["event"], event_request.get("action"):
        case "push", _:
            now = stamp(simulator.clock.now())
            details = webhook_sender.push(
                simulator, view, by, str(event_request.get("message", "Tidy up")), now
            )
            return webhook_sender.webhooks_for(simulator, view, "push", by, **details)
        case "issues", None | "opened":
            issues.opened(view, by, {"title": event_request.get("title", "Something to look at")})
        case "pull_request", None | "opened":
            pull = {"head": "tidy-up", "base": "main", "draft": False, "merged_at": None, "reviewers": []}
            issues.opened(view, by, {"title": event_request.get("title", "Tidy up")}, pull)
        case "pull_request", "merged" | "closed" as action:
            _close(issues, view, by, int(event_request["number"]), merged=action == "merged")
        case event, action:
            payload = {**({"action": action} if action else {}), **dict(event_request.get("payload", {}))}
            return webhook_sender.webhooks_for(simulator, view, str(event), by, **payload)
    return ()


def _close(issues: Issues, view: ViewedRepository, by: str, number: int, *, merged: bool) -> None:
    entry = next((one for one in view.repository["issues"] if one["number"] == number and one["pull"]), None)
    if entry is None:
        raise LookupError(f"there is no pull request {number}")
    now = stamp(issues.simulator.clock.now())
    closed: Json = {"state": "closed", "closed_at": now, "closed_by": by, "updated_at": now}
    entry.update(closed)
    if merged:
        entry["pull"]["merged_at"] = now
    issues.tell(view, "closed", by, entry)


def _view(issues: Issues, name: str, login: str) -> ViewedRepository:
    issues.people.data["people"][login]
    for repository in issues.people.data["repositories"].values():
        if f"{repository['owner']}/{repository['name']}" == name:
            return ViewedRepository(repository, issues.people, login)
    raise LookupError(f"there is no repository {name}")

"""Simulated webhook subscriptions."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.simulator import webhook_sender
from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.files import positive_number

MAX_WEBHOOKS = {"team": 20, "project": 5, "file": 3}
PLAN_PAGE_SIZE = 50
STATUSES = ("ACTIVE", "PAUSED")
MAX_CHARACTERS = {"endpoint": 2048, "passcode": 100, "description": 150}


def webhooks(call: FigmaCall) -> dict[str, Any]:
    """GET /v2/webhooks"""
    if call.query("plan_api_id"):
        return _of_plan(call, call.query("plan_api_id"))
    context, context_id = call.query("context").lower(), call.query("context_id")
    if not context or not context_id:
        raise FigmaRefusal(400, "Either context and context_id or plan_api_id is required")
    _check_place(call, context, context_id)
    return {"webhooks": [{**entry, "passcode": ""} for entry in _at(call, context, context_id)]}


def team_webhooks(call: FigmaCall) -> dict[str, Any]:
    """GET /v2/teams/{team_id}/webhooks"""
    team_id = call.body_text("team_id")
    call.team(team_id)
    return {"webhooks": [{**entry, "passcode": ""} for entry in _at(call, "team", team_id)]}


def create_webhook(call: FigmaCall) -> dict[str, Any]:
    """POST /v2/webhooks"""
    body = call.body
    for name in ("event_type", "context", "context_id", "endpoint", "passcode"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise FigmaRefusal(400, f"Parameter {name} is required")
    _check_fields(body)
    context, context_id = body["context"].lower(), body["context_id"]
    team_id = _check_place(call, context, context_id)
    if context == "team" and call.user_id not in call.world["teams"][team_id]["admins"]:
        raise FigmaRefusal(403, "Only an admin of the team can create webhooks for it")
    if len(_at(call, context, context_id)) >= MAX_WEBHOOKS[context]:
        raise FigmaRefusal(400, f"This {context} already has {MAX_WEBHOOKS[context]} webhooks")
    entry = {
        "id": call.new_id(),
        "event_type": body["event_type"],
        "team_id": team_id if context == "team" else "",
        "context": context.upper(),
        "context_id": context_id,
        "plan_api_id": f"team:{team_id}",
        "status": body.get("status") or "ACTIVE",
        "client_id": call.client_id,
        "passcode": body["passcode"],
        "endpoint": body["endpoint"],
        "description": body.get("description"),
    }
    call.world["webhooks"][entry["id"]] = entry
    webhook_sender.ping(call.simulator, entry)
    return entry


def update_webhook(call: FigmaCall) -> dict[str, Any]:
    """PUT /v2/webhooks/{webhook_id}"""
    entry = _one(call)
    for name in ("event_type", "endpoint", "passcode"):
        if not isinstance(call.body.get(name), str) or not call.body[name]:
            raise FigmaRefusal(400, f"Parameter {name} is required")
    _check_fields(call.body)
    names = ("event_type", "endpoint", "passcode", "status", "description")
    is_elsewhere = call.body["endpoint"] != entry["endpoint"]
    entry |= {name: call.body[name] for name in names if name in call.body}
    if is_elsewhere:
        webhook_sender.ping(call.simulator, entry)
    return {**entry, "passcode": ""}


def _of_plan(call: FigmaCall, plan: str) -> dict[str, Any]:
    """A page of all webhooks of a plan that this person may look into."""
    team_id = plan.removeprefix("team:")
    call.team(team_id)
    start = positive_number(call, "cursor", 0, least=0)
    entries = [entry for entry in call.world["webhooks"].values() if entry.get("plan_api_id") == plan]
    page = [{**entry, "passcode": ""} for entry in entries[start : start + PLAN_PAGE_SIZE]]
    following = start + PLAN_PAGE_SIZE
    address = f"{call.simulator.url('api')}/v2/webhooks?plan_api_id={quote(plan)}"
    pagination = {"next_page": f"{address}&cursor={following}"} if following < len(entries) else {}
    return {"webhooks": page, "pagination": pagination}


def _check_fields(body: dict[str, Any]) -> None:
    for name, longest in MAX_CHARACTERS.items():
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            raise FigmaRefusal(400, f"Parameter {name} must be a string")
        if len(value or "") > longest:
            raise FigmaRefusal(400, f"Parameter {name} is longer than {longest} characters")
    if body.get("status", "ACTIVE") not in STATUSES:
        raise FigmaRefusal(400, f"Parameter status must be {' or '.join(STATUSES)}")
    assert figma.webhooks is not None
    if "event_type" in body and body["event_type"] not in set(figma.webhooks.events) - {"PING"}:
        raise FigmaRefusal(400, "Parameter event_type is not an event one can subscribe to")
    try:
        scheme = urlsplit(body.get("endpoint", "https://")).scheme
    except ValueError:
        scheme = ""
    if scheme not in {"http", "https"}:
        raise FigmaRefusal(400, "Parameter endpoint must be a URL")


def webhook(call: FigmaCall) -> dict[str, Any]:
    """GET /v2/webhooks/{webhook_id}"""
    return {**_one(call), "passcode": ""}


def webhook_requests(call: FigmaCall) -> dict[str, Any]:
    """GET /v2/webhooks/{webhook_id}/requests"""
    return {"requests": webhook_sender.requests(call.simulator, _one(call)["id"])}


def delete_webhook(call: FigmaCall) -> dict[str, Any]:
    """DELETE /v2/webhooks/{webhook_id}"""
    entry = _one(call)
    del call.world["webhooks"][entry["id"]]
    return {**entry, "passcode": ""}


def _one(call: FigmaCall) -> dict[str, Any]:
    """A webhook of this app, at a place this person may look into."""
    entry: dict[str, Any] | None = call.world["webhooks"].get(call.body_text("webhook_id"))
    if entry is None or entry["client_id"] != call.client_id:
        raise FigmaRefusal(404, "Webhook does not exist")
    _check_place(call, entry["context"].lower(), entry["context_id"])
    return entry


def _check_place(call: FigmaCall, context: str, context_id: str) -> str:
    """The team of a place this person may look into."""
    if context == "team":
        call.team(context_id)
        return context_id
    if context == "project":
        return str(call.project(context_id)["team"])
    if context == "file":
        try:
            file = call.file(context_id)
        except FigmaRefusal:
            raise FigmaRefusal(403, "You do not have access to this file") from None
        return str(call.world["projects"][file["project"]]["team"])
    raise FigmaRefusal(400, "Parameter context must be team, project or file")


def _at(call: FigmaCall, context: str, context_id: str) -> list[dict[str, Any]]:
    return [
        entry
        for entry in call.world["webhooks"].values()
        if entry["context"] == context.upper() and entry["context_id"] == context_id
    ]

"""The events a simulated Figma sends, in the shapes of its OpenAPI document.

Which webhooks hear of what, PING on creation, 400 ending the attempts and anything but 200 being tried again
after 5 minutes, 30 minutes and 3 hours: developers.figma.com, webhooks and webhooks-events, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fluxstudio.providers.figma.simulator.seed import at
from fluxstudio.sdk.simulation import OutgoingWebhook, Simulator, WebhookSender

Json = dict[str, Any]

RETRIES = (300, 1800, 10_800)
WEEK = 7 * 86_400
NOTHING_PUBLISHED: Json = {
    f"{done}_{what}": []
    for done in ("created", "modified", "deleted")
    for what in ("components", "styles", "variables")
}


def sending(simulator: Simulator) -> WebhookSender:
    """Figma's way of sending."""
    return WebhookSender(
        simulator.world,
        simulator.clock,
        simulator.write,
        retries=RETRIES,
        accepts=lambda status: status == 200,
        final=lambda status, headers: status == 400,
    )


def signed(outgoing: OutgoingWebhook, number: int) -> tuple[Mapping[str, str], bytes]:
    """Figma signs nothing: the passcode is in the body, as is the number of the attempt."""
    body = msgspec.json.encode({**outgoing.payload, "retries": number})
    return {"content-type": "application/json", "user-agent": "Figma-Webhooks"}, body


def ping(simulator: Simulator, webhook: Json) -> None:
    """What a new webhook is greeted with."""
    simulator.deliveries.send(_webhook(simulator, webhook, "PING", {}))


def tell(simulator: Simulator, event: str, file_key: str, **fields: Any) -> None:
    """Tell every webhook of a file, its project and its team that something has happened to it."""
    for outgoing in webhooks_for(simulator, event, file_key, **fields):
        simulator.deliveries.send(outgoing)


def webhooks_for(simulator: Simulator, event: str, file_key: str, **fields: Any) -> list[OutgoingWebhook]:
    """What webhooks of a file, its project and its team are told of an event."""
    world = simulator.world.data
    file = world["files"][file_key]
    team = world["projects"][file["project"]]["team"]
    places = {("FILE", file_key), ("PROJECT", file["project"]), ("TEAM", team)}
    details = {"file_key": file_key, "file_name": file["name"], **fields}
    return [
        _webhook(simulator, webhook, event, details)
        for webhook in world["webhooks"].values()
        if webhook["status"] == "ACTIVE"
        and webhook["event_type"] == event
        and (webhook["context"], webhook["context_id"]) in places
    ]


def change(simulator: Simulator, event: str, file_key: str, user_id: str) -> list[OutgoingWebhook]:
    """Do to a file what an event is about, as this person; what webhooks are told of it.

    Raises `LookupError` for an event that cannot be made to happen, or a file or person that is not there.
    """
    world = simulator.world.data
    file, by, now = world["files"][file_key], person(simulator, user_id), at(simulator.clock.now())
    match event:
        case "FILE_UPDATE":
            _save(simulator, file_key, user_id, None)
            return webhooks_for(simulator, event, file_key)
        case "FILE_VERSION_UPDATE":
            label = f"Version {1 + sum(bool(entry['label']) for entry in world['versions'][file_key])}"
            version = _save(simulator, file_key, user_id, label)
            about = {"created_at": now, "description": version["description"], "version_id": version["id"]}
            return webhooks_for(simulator, event, file_key, triggered_by=by, label=label, **about)
        case "LIBRARY_PUBLISH":
            item = {"key": file_key, "name": file["name"]}
            about = {**NOTHING_PUBLISHED, "description": "", "library_item": item}
            return webhooks_for(simulator, event, file_key, triggered_by=by, **about)
        case "DEV_MODE_STATUS_UPDATE":
            frame = file["document"]["children"][0]["children"][0]["id"]
            about = {"node_id": frame, "related_links": [], "status": "READY_FOR_DEV"}
            return webhooks_for(simulator, event, file_key, triggered_by=by, **about)
        case "FILE_DELETE":
            webhooks = webhooks_for(simulator, event, file_key, triggered_by=by)
            for collection in ("files", "comments", "versions"):
                del world[collection][file_key]
            return webhooks
    raise LookupError(f"{event} cannot be made to happen")


def person(simulator: Simulator, user_id: str) -> Json:
    """Somebody as events name them. Raises `LookupError`."""
    image = f"{simulator.url('images')}/profile/{user_id}.svg"
    return {"id": user_id, "handle": simulator.world.data["users"][user_id]["handle"], "img_url": image}


def requests(simulator: Simulator, webhook_id: str) -> list[Json]:
    """The attempts of the last week to reach a webhook, as Figma shows them."""
    since = simulator.clock.now() - WEEK
    return [
        {
            "webhook_id": webhook_id,
            "request_info": {
                "id": webhook_id,
                "endpoint": entry["to"],
                "payload": {**entry["payload"], "retries": entry["number"]},
                "sent_at": at(entry["at"]),
            },
            "response_info": None
            if entry["status"] is None
            else {"status": str(entry["status"]), "received_at": at(entry["at"] + entry["took"])},
            "error_msg": None if entry["delivered"] else entry["problem"] or "not answered 200",
        }
        for entry in simulator.deliveries.log
        if entry["webhook"] == webhook_id and entry["at"] >= since
    ]


def _webhook(simulator: Simulator, webhook: Json, event: str, fields: Json) -> OutgoingWebhook:
    base = {
        "event_type": event,
        "passcode": webhook["passcode"],
        "timestamp": at(simulator.clock.now()),
        "webhook_id": webhook["id"],
    }
    return OutgoingWebhook(webhook["endpoint"], event, {**fields, **base}, webhook=webhook["id"])


def _save(simulator: Simulator, file_key: str, user_id: str, label: str | None) -> Json:
    """A new version of a file, with a name where a person gave it one."""
    world, now = simulator.world.data, at(simulator.clock.now())
    version: Json = {
        "id": str(1 + max(int(entry["id"]) for entry in world["versions"][file_key])),
        "created_at": now,
        "label": label,
        "description": f"Saved by hand: {label}" if label else None,
        "user": user_id,
    }
    world["versions"][file_key].insert(0, version)
    world["files"][file_key] |= {"touched_at": now, "touched_by": user_id, "version": version["id"]}
    return version

"""Webhooks: having Figma tell us when something changes.

A team takes 20 webhooks, a project 5 and a file 3 (developers.figma.com, webhooks, read 2026-11-22).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from fluxstudio.errors import FluxStudioError, InvalidRequest, NotFound
from fluxstudio.providers.figma.addresses import FigmaAddress
from fluxstudio.providers.figma.declaration import figma
from fluxstudio.providers.figma.operations.following import following, name_of
from fluxstudio.providers.figma.operations.parameters import Id, dig, each, listed
from fluxstudio.providers.figma.shapes import RegisteredWebhook, Removed
from fluxstudio.providers.figma.webhooks.self_events import webhook_changes
from fluxstudio.providers.figma.webhooks.webhook import event_id, event_type, moment, new_passcode
from fluxstudio.sdk import Api, MissedDelivery
from fluxstudio.sdk.markup import IDENTITY, LINE

Context = Literal["team", "project", "file"]
Event = Literal[
    "FILE_UPDATE",
    "FILE_VERSION_UPDATE",
    "FILE_DELETE",
    "LIBRARY_PUBLISH",
    "FILE_COMMENT",
    "DEV_MODE_STATUS_UPDATE",
]


@figma.operation("GET", "webhooks", scope="webhooks:read", limit="tier2", personal=True)
async def webhooks(
    api: Api,
    context: Annotated[
        Context | None, Field(description="What to look at. Left out: all you follow.")
    ] = None,
    context_id: Annotated[
        Id | None, Field(description="The id of that team or project, or the key of that file.")
    ] = None,
) -> list[RegisteredWebhook]:
    """List the webhooks of a Figma team, project or file."""
    if (context is None) != (context_id is None):
        raise InvalidRequest(
            "Name both what to look at and its id, or neither.",
            {"context_id" if context_id is None else "context": "is missing"},
        )
    places = [(context, context_id)] if context else _followed(api)

    async def of(place: tuple[str | None, str | None]) -> list[Any]:
        answer = await api.get("/v2/webhooks", context=place[0], context_id=place[1])
        return listed(answer, "webhooks")

    listing = [_registered_webhook(entry) for entries in await each(places, of) for entry in entries]
    return list({entry["id"]: entry for entry in listing}.values())


@figma.operation(
    "POST",
    "webhooks",
    scope="webhooks:write",
    limit="tier2",
    changes=webhook_changes,
)
async def create_webhook(
    api: Api,
    event_type: Annotated[Event, Field(description="The events to receive.")],
    context: Annotated[Context, Field(description="Where it has to happen.")] = "team",
    context_id: Annotated[
        Id | None,
        Field(
            description="The id of that team or project, or the key of that file. Left out: the team shown."
        ),
        IDENTITY,
    ] = None,
    description: Annotated[str | None, Field(description="What it is for.", max_length=140), LINE] = None,
) -> RegisteredWebhook:
    """Have Figma tell us when something changes in a team, project or file.

    The passcode that Figma sends with each event is made here and kept only as a digest.
    """
    if context_id is None and context == "team":
        context_id = following(api)["teamId"]
    if context_id is None:
        raise InvalidRequest(
            f"Name the {context} the webhook is for.",
            {"context_id": "is missing, and no team is followed yet" if context == "team" else "is missing"},
        )
    passcode = new_passcode()
    body = {
        "event_type": event_type,
        "context": context,
        "context_id": context_id,
        "endpoint": f"{api.public_url}/api/integrations/figma/webhook",
        "passcode": passcode,
        "description": description,
    }
    answer = await api.post(
        "/v2/webhooks", json={name: value for name, value in body.items() if value is not None}
    )
    created = _registered_webhook(answer)
    details = {name: body[name] for name in ("event_type", "context", "context_id", "endpoint")}
    await api.memory.keep_webhook(created["id"], passcode, details)
    with suppress(FluxStudioError):
        # Only for people to read: where Figma does not tell the name, the id has to do.
        details["name"] = await name_of(api, FigmaAddress(context, context_id))
        await api.memory.keep_webhook(created["id"], passcode, details)
    return created


@figma.operation(
    "DELETE",
    "webhooks",
    scope="webhooks:write",
    limit="tier2",
    changes=webhook_changes,
)
async def delete_webhook(
    api: Api, webhook: Annotated[Id, Field(alias="id", description="The id of the webhook.")]
) -> Removed:
    """Remove a webhook at Figma."""
    try:
        await api.delete("/v2/webhooks/{webhook}", webhook=webhook)
    except NotFound:
        await api.memory.forget_webhook(webhook)
        raise
    await api.memory.forget_webhook(webhook)
    return {"id": webhook, "deleted": True}


@figma.operation("GET", "webhooks/{id}/missed", scope="webhooks:read", limit="tier2", key="missed")
async def missed_deliveries(
    api: Api, webhook: Annotated[Id, Field(alias="id", description="The id of the webhook.")]
) -> list[MissedDelivery]:
    """List the events of the last week that Figma could not deliver to a webhook.

    Figma sends an event again by itself, three times at most. One that has arrived in the end is not listed,
    nor is a ping, which carries no event.
    """
    answer = await api.get("/v2/webhooks/{webhook}/requests", webhook=webhook)
    missed: dict[str, MissedDelivery] = {}
    arrived: set[str] = set()
    for entry in listed(answer, "requests"):
        sent = dig(entry, "request_info")
        payload = sent["payload"]
        if event_type({}, payload) == "PING":
            continue
        key = event_id({}, payload, b"")
        response = entry.get("response_info") or {}
        if entry.get("error_msg") is None and str(response.get("status")) == "200":
            arrived.add(key)
        missed[key] = {
            "id": key,
            "key": key,
            "moment": moment({}, payload),
            "eventType": event_type({}, payload),
            "status": str(response.get("status") or entry.get("error_msg") or "no answer"),
            "deliveredAt": str(sent["sent_at"]),
        }
    return [entry for key, entry in missed.items() if key not in arrived]


def _followed(api: Api) -> list[tuple[str | None, str | None]]:
    followed = following(api)
    return [
        *(("team", team["id"]) for team in followed["teams"]),
        *(("project", project["id"]) for project in followed["projects"]),
        *(("file", file["key"]) for file in followed["files"]),
    ]


def _registered_webhook(webhook: Any) -> RegisteredWebhook:
    webhook_id = str(dig(webhook, "id"))
    public_fields = {name: value for name, value in webhook.items() if name != "passcode"}
    return cast("RegisteredWebhook", {**public_fields, "id": webhook_id})

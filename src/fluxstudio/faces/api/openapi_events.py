"""What the document says of everything that is sent: to endpoints, by providers, and as a stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic.json_schema import models_json_schema

from fluxstudio.core.endpoints.deliveries import MessageType
from fluxstudio.core.registry import Registry
from fluxstudio.faces.api.openapi import TEMPLATE
from fluxstudio.faces.api.schemas.endpoints import MESSAGES
from fluxstudio.flows.endpoints.messages import MESSAGE_TYPES

STREAM_TAG, INBOUND_TAG = "Stream", "Inbound webhooks"
STREAM_PATH = "/api/events/stream"
SIGNED_HEADERS = {
    "webhook-id": "Id of the message, the same in every attempt.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and the signature, one for each secret that signs, with spaces between.",
}


def messages() -> tuple[dict[str, Any], dict[str, Any]]:
    """The webhooks that endpoints are sent, by type; and the models they use."""
    _, schema = models_json_schema([(model, "serialization") for model in MESSAGES], ref_template=TEMPLATE)
    webhooks = {}
    for model in MESSAGES:
        for name in get_args(model.model_fields["type"].annotation):
            webhooks[name] = {"post": _message(name, model.__name__)}
    return webhooks, schema["$defs"]


def _message(name: MessageType, model: str) -> dict[str, Any]:
    words = MESSAGE_TYPES[name]
    return {
        "operationId": f"on_{name.replace('.', '_')}",
        "summary": words.rstrip("."),
        "description": f"{words} Verify the signature as Standard Webhooks has it, and answer 2xx.",
        "tags": ["Endpoints"],
        "security": [],
        "parameters": [
            {
                "name": header,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string"},
            }
            for header, text in SIGNED_HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": TEMPLATE.format(model=model)}}},
        },
        "responses": {
            "2XX": {"description": "Taken. It is not sent again."},
            "4XX": {"description": "Not taken. It is tried again; 410 disables the endpoint."},
        },
    }


def addresses(registry: Registry) -> dict[str, Any]:
    """The addresses that no route of the framework answers: where providers send, and the stream."""
    paths: dict[str, Any] = {STREAM_PATH: {"get": _stream()}}
    for entry in registry:
        webhook = entry.provider.webhooks
        if webhook is not None and not entry.retired:
            for path in ("webhook", *webhook.paths):
                address = f"/api/integrations/{entry.provider.id}/{path}"
                paths[address] = {"post": _inbound(entry.provider.id, entry.provider.name, path)}
    return paths


def _stream() -> dict[str, Any]:
    return {
        "operationId": "follow_events",
        "summary": "Follow what happens",
        "description": "Server-sent events: `arrived`, `handled` and `failed` events and the end of a `run`, "
        "as `{id, provider, eventType, status}`. `reset` means too much was missed: load again.",
        "tags": [STREAM_TAG],
        "parameters": [
            {
                "name": "Last-Event-ID",
                "in": "header",
                "required": False,
                "description": "The last event you saw; everything after it is sent first.",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            "200": {
                "description": "New events as they happen.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **_errors(("401", "503")),
        },
    }


def _inbound(provider: str, name: str, path: str) -> dict[str, Any]:
    part = path.replace("/", "_").replace("-", "_")
    kind = "application/json" if path == "webhook" else "application/x-www-form-urlencoded"
    return {
        "operationId": f"receive_{provider}_{part}",
        "summary": f"Receive from {name}" if path == "webhook" else f"Receive from {name}: {path}",
        "description": f"{name} sends here, signed. The answer is 200 once it is stored.",
        "tags": [INBOUND_TAG],
        "security": [],
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "object", "additionalProperties": True}}},
        },
        "responses": {
            "200": {"description": "Stored."},
            **_errors(("400", "401", "413", "429", "503")),
        },
    }


def _errors(statuses: Iterable[str]) -> dict[str, Any]:
    problem = {"application/json": {"schema": {"$ref": TEMPLATE.format(model="ErrorAnswer")}}}
    return {status: {"description": "See `code` and `error`.", "content": problem} for status in statuses}

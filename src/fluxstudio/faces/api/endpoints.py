"""Endpoints: where the host product is told what happened, and what was sent there. For administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from fluxstudio.core.endpoints.deliveries import Deliveries, DeliveryStatus
from fluxstudio.core.endpoints.endpoints import known_fields
from fluxstudio.faces.api import paging
from fluxstudio.faces.api.audit import Admin
from fluxstudio.faces.api.connections import errors
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.api.schemas.endpoints import (
    DeliveriesAnswer,
    EndpointAnswer,
    EndpointChange,
    EndpointsAnswer,
    EndpointSecretAnswer,
    NewEndpoint,
    NewEndpointAnswer,
    ResendRequest,
    ResentAnswer,
    delivery_answer,
    endpoint_answer,
    new_endpoint_answer,
)
from fluxstudio.faces.authentication import services_of
from fluxstudio.flows.endpoints import service

UUID_FORM = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
NUMBER_FORM = r"^[1-9][0-9]{0,17}$"
Id = Annotated[str, Path(alias="id", description="Id of the endpoint.", pattern=UUID_FORM)]
DeliveryId = Annotated[str, Path(alias="delivery", description="Id of the delivery.", pattern=NUMBER_FORM)]
Before = Annotated[
    str | None, Query(alias="cursor", description="`nextCursor` of the page before.", pattern=NUMBER_FORM)
]
Limit = Annotated[int, Query(description="How many deliveries a page has at most.", ge=1, le=200)]
OfStatus = Annotated[DeliveryStatus | None, Query(description="Only deliveries of this status.")]

router = APIRouter(prefix="/api/endpoints", tags=["Endpoints"], responses=errors)


@router.get("", response_model=EndpointsAnswer, operation_id="list_endpoints")
async def endpoints(
    request: Request, admin: Admin, cursor: paging.Cursor = None, limit: paging.Limit = 100
) -> Response:
    """Where your product is told what happens here, the oldest first."""
    entries = await service.store_of(services_of(request)).listing()
    page, following = paging.page_of(entries, cursor, limit)
    answers = [endpoint_answer(entry) for entry in page]
    return json_answer(EndpointsAnswer(endpoints=answers, next_cursor=following))


@router.post("", response_model=NewEndpointAnswer, status_code=201, operation_id="create_endpoint")
async def make(request: Request, admin: Admin, body: NewEndpoint) -> Response:
    """Make an endpoint. Its secret is shown this once.

    What happens from now on is sent there, signed as Standard Webhooks has it: verify `webhook-id`,
    `webhook-timestamp` and `webhook-signature` with the secret. Answer 2xx within 15 seconds; anything else
    is tried again for three days, later and later.
    """
    endpoint, secret = await service.add(services_of(request), admin, known_fields(body.model_dump()))
    return json_answer(new_endpoint_answer(endpoint, secret), 201)


@router.get("/{id}", response_model=EndpointAnswer, operation_id="get_endpoint")
async def endpoint(request: Request, admin: Admin, which: Id) -> Response:
    """One endpoint, with how it is doing."""
    return json_answer(endpoint_answer(await service.store_of(services_of(request)).one(UUID(which))))


@router.patch("/{id}", response_model=EndpointAnswer, operation_id="update_endpoint")
async def change(request: Request, admin: Admin, which: Id, body: EndpointChange) -> Response:
    """Change an endpoint, switch it off, or on again."""
    fields = known_fields(body.model_dump(exclude={"status"}))
    changed = await service.change(services_of(request), admin, UUID(which), fields, body.status)
    return json_answer(endpoint_answer(changed))


@router.delete("/{id}", status_code=204, operation_id="delete_endpoint")
async def remove(request: Request, admin: Admin, which: Id) -> Response:
    """Delete an endpoint, with what was still to be sent there."""
    await service.remove(services_of(request), admin, UUID(which))
    return Response(status_code=204)


@router.post(
    "/{id}/rotate-secret", response_model=EndpointSecretAnswer, operation_id="rotate_endpoint_secret"
)
async def rotate_secret(request: Request, admin: Admin, which: Id) -> Response:
    """Sign with a new secret. For a day the one before it signs as well, so that nothing is refused."""
    secret = await service.rotate_secret(services_of(request), admin, UUID(which))
    return json_answer(EndpointSecretAnswer(secret=secret.value, former_until=secret.former_until))


@router.get("/{id}/deliveries", response_model=DeliveriesAnswer, operation_id="list_deliveries")
async def deliveries(
    request: Request,
    admin: Admin,
    which: Id,
    status: OfStatus = None,
    cursor: Before = None,
    limit: Limit = 50,
) -> Response:
    """What was sent to an endpoint and what waits, newest first, with every attempt."""
    services, endpoint_id = services_of(request), UUID(which)
    await service.store_of(services).one(endpoint_id)
    entries = await Deliveries(services.db, services.vault).page(
        endpoint_id, before=int(cursor) if cursor else None, status=status, limit=limit + 1
    )
    following = str(entries[limit - 1].number) if len(entries) > limit else None
    page = [delivery_answer(delivery) for delivery in entries[:limit]]
    return json_answer(DeliveriesAnswer(deliveries=page, next_cursor=following))


@router.post(
    "/{id}/deliveries/{delivery}/resend", response_model=ResentAnswer, operation_id="resend_delivery"
)
async def resend_one(request: Request, admin: Admin, which: Id, delivery: DeliveryId) -> Response:
    """Send one delivery again, under the id it had."""
    await service.resend_one(services_of(request), admin, UUID(which), int(delivery))
    return json_answer(ResentAnswer(resent=1))


@router.post("/{id}/resend", response_model=ResentAnswer, operation_id="resend_deliveries")
async def resend(request: Request, admin: Admin, which: Id, body: ResendRequest) -> Response:
    """Send deliveries again: those made since a moment, those of a status, or both."""
    count = await service.resend(
        services_of(request), admin, UUID(which), since=body.since, status=body.status
    )
    return json_answer(ResentAnswer(resent=count))

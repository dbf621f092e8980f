"""Settings → Endpoints, for administrators: where the host product is told what happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.endpoints.deliveries import Deliveries, DeliveryStatus
from fluxstudio.core.endpoints.endpoints import Endpoint, EndpointFields, EndpointStatus
from fluxstudio.errors import Conflict, InvalidRequest, NotFound
from fluxstudio.faces.web.components.views import BannerView, EmptyView, HeadView, LinkView
from fluxstudio.faces.web.endpoints.presenter import (
    delivery_row,
    endpoint_note,
    endpoint_row,
    type_views,
    waiting,
)
from fluxstudio.faces.web.endpoints.views import (
    DeleteEndpointPage,
    EndpointFormPage,
    EndpointPage,
    EndpointsPage,
)
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.paths import ENDPOINTS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.endpoints import service

router = APIRouter(include_in_schema=False)

PARENT = LinkView(label="Endpoints", href=ENDPOINTS)
FIELDS = ("url", "description", "types", "accounts")
DELIVERIES_SHOWN = 50
DONE: Mapping[str, str] = {
    "saved": "Saved.",
    "enabled": "Enabled. What waits is sent now.",
    "disabled": "Switched off.",
    "deleted": "Deleted.",
    "resent": "Sending again.",
}
NEW = HeadView(
    title="New endpoint",
    sentence="Your product is sent what happens here, signed by Standard Webhooks.",
    parent=PARENT,
)


def _done(request: Request) -> list[BannerView]:
    words = DONE.get(request.query_params.get("done", ""))
    return [BannerView(tone="good", title=words)] if words else []


async def _endpoint(visit: Visit, text: str) -> Endpoint:
    try:
        endpoint_id = UUID(text)
    except ValueError:
        raise NotFound("There is no such endpoint. Look at Endpoints for all of them.") from None
    return await service.store_of(visit.services).one(endpoint_id)


async def _pressed(request: Request, endpoint: str) -> tuple[Visit, Endpoint]:
    """A button of an administrator, with proof that it was ours, and the endpoint it is for."""
    visit = await Visit.of_admin(request)
    await visit.form()
    return visit, await _endpoint(visit, endpoint)


@router.get(ENDPOINTS)
async def listing(request: Request) -> Response:
    """Every endpoint."""
    visit = await Visit.of_admin(request)
    entries = await service.store_of(visit.services).listing()
    action = LinkView(label="Add an endpoint", href=f"{ENDPOINTS}/new", icon="plus")
    page = EndpointsPage(
        head=HeadView(
            title="Endpoints",
            sentence="Where your product hears what happens here.",
            action=action if entries else None,
        ),
        endpoints=tuple(endpoint_row(entry) for entry in entries),
        empty=None
        if entries
        else EmptyView(
            title="No endpoints yet",
            words="Add an address of your product to send it what happens here: connections, events, runs.",
            icon="send",
            action=action,
        ),
    )
    return await visit.page(page, banners=_done(request))


@router.get(f"{ENDPOINTS}/new")
async def new(request: Request) -> Response:
    """The form for one more."""
    visit = await Visit.of_admin(request)
    return await visit.page(_form_page(NEW, ENDPOINTS, "Add endpoint", ENDPOINTS))


@router.post(ENDPOINTS)
async def add(request: Request) -> Response:
    """Make an endpoint, and show its secret."""
    visit = await Visit.of_admin(request)
    form = await visit.form()
    fields = _fields(form)
    try:
        endpoint, secret = await service.add(visit.services, visit.actor, fields)
    except (InvalidRequest, Conflict) as error:
        page = _form_page(NEW, ENDPOINTS, "Add endpoint", ENDPOINTS, fields, _errors(error))
        return await visit.page(page, status=400)
    return await _page(visit, endpoint, secret=secret.value)


@router.get(ENDPOINTS + "/{endpoint}")
async def one(request: Request, endpoint: str) -> Response:
    """One endpoint with its latest deliveries."""
    visit = await Visit.of_admin(request)
    return await _page(visit, await _endpoint(visit, endpoint))


async def _page(visit: Visit, endpoint: Endpoint, *, secret: str = "", problem: str = "") -> Response:
    query = visit.request.query_params
    status = next((name for name in get_args(DeliveryStatus) if name == query.get("status")), None)
    before = query.get("before", "")
    entries = await Deliveries(visit.services.db, visit.services.vault).page(
        endpoint.id,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        status=status,
        limit=DELIVERIES_SHOWN + 1,
    )
    shown = entries[:DELIVERIES_SHOWN]
    more = None
    if len(entries) > DELIVERIES_SHOWN:
        further = {"before": str(shown[-1].number), **({"status": status} if status else {})}
        more = f"{ENDPOINTS}/{endpoint.id}?{urlencode(further)}"
    page = EndpointPage(
        head=HeadView(title=endpoint.description or "Endpoint", sentence=endpoint.url, parent=PARENT),
        action=f"{ENDPOINTS}/{endpoint.id}",
        endpoint=endpoint_row(endpoint),
        is_active=endpoint.status == "active",
        note=endpoint_note(endpoint),
        accounts=", ".join(endpoint.accounts) or "All accounts",
        ordered=endpoint.ordered,
        rotating_until=endpoint.rotating_until,
        deliveries=tuple(delivery_row(endpoint, delivery) for delivery in shown),
        shown_status=status or "",
        more_href=more,
        secret=secret,
    )
    banners = [BannerView(tone="bad", title=problem)] if problem else _done(visit.request)
    return await visit.page(page, banners=banners, status=400 if problem else 200)


@router.get(ENDPOINTS + "/{endpoint}/edit")
async def edit(request: Request, endpoint: str) -> Response:
    """The form of one that is there."""
    visit = await Visit.of_admin(request)
    entry = await _endpoint(visit, endpoint)
    fields = EndpointFields(
        url=entry.url,
        description=entry.description,
        types=entry.types,
        accounts=entry.accounts,
        ordered=entry.ordered,
    )
    return await visit.page(_edit_page(entry, fields))


def _edit_page(entry: Endpoint, fields: EndpointFields, errors: FormErrors = NO_ERRORS) -> EndpointFormPage:
    address = f"{ENDPOINTS}/{entry.id}"
    parent = LinkView(label=entry.description or "Endpoint", href=address)
    head = HeadView(title="Edit endpoint", sentence=entry.url, parent=parent)
    return _form_page(head, f"{address}/edit", "Save", address, fields, errors)


@router.post(ENDPOINTS + "/{endpoint}/edit")
async def save(request: Request, endpoint: str) -> Response:
    """Keep what was entered."""
    visit = await Visit.of_admin(request)
    fields = _fields(await visit.form())
    entry = await _endpoint(visit, endpoint)
    try:
        await service.change(visit.services, visit.actor, entry.id, fields, None)
    except InvalidRequest as error:
        return await visit.page(_edit_page(entry, fields, _errors(error)), status=400)
    return await visit.go(f"{ENDPOINTS}/{entry.id}?done=saved")


@router.post(ENDPOINTS + "/{endpoint}/rotate-secret")
async def rotate_secret(request: Request, endpoint: str) -> Response:
    """Make a new secret, and show it."""
    visit, entry = await _pressed(request, endpoint)
    secret = await service.rotate_secret(visit.services, visit.actor, entry.id)
    return await _page(visit, await _endpoint(visit, endpoint), secret=secret.value)


@router.post(ENDPOINTS + "/{endpoint}/enable")
async def enable(request: Request, endpoint: str) -> Response:
    """Switch an endpoint on."""
    return await _switch(request, endpoint, "active", done="enabled")


@router.post(ENDPOINTS + "/{endpoint}/disable")
async def disable(request: Request, endpoint: str) -> Response:
    """Switch an endpoint off."""
    return await _switch(request, endpoint, "disabled", done="disabled")


async def _switch(request: Request, endpoint: str, status: EndpointStatus, *, done: str) -> Response:
    visit, entry = await _pressed(request, endpoint)
    await service.change(visit.services, visit.actor, entry.id, EndpointFields(), status)
    return await visit.go(f"{ENDPOINTS}/{entry.id}?done={done}")


@router.post(ENDPOINTS + "/{endpoint}/resend")
async def resend(request: Request, endpoint: str) -> Response:
    """Send all that failed again."""
    visit, entry = await _pressed(request, endpoint)
    try:
        await service.resend(visit.services, visit.actor, entry.id, since=None, status="failed")
    except Conflict as error:
        return await _page(visit, entry, problem=error.message)
    return await visit.go(f"{ENDPOINTS}/{entry.id}?done=resent")


@router.post(ENDPOINTS + "/{endpoint}/deliveries/{delivery}/resend")
async def resend_one(request: Request, endpoint: str, delivery: int) -> Response:
    """Send one delivery again."""
    visit, entry = await _pressed(request, endpoint)
    try:
        await service.resend_one(visit.services, visit.actor, entry.id, min(delivery, 2**62))
    except Conflict as error:
        return await _page(visit, entry, problem=error.message)
    return await visit.go(f"{ENDPOINTS}/{entry.id}?done=resent")


@router.get(ENDPOINTS + "/{endpoint}/delete")
async def ask_to_delete(request: Request, endpoint: str) -> Response:
    """The question before an endpoint is deleted."""
    visit = await Visit.of_admin(request)
    entry = await _endpoint(visit, endpoint)
    address = f"{ENDPOINTS}/{entry.id}"
    parent = LinkView(label=entry.description or "Endpoint", href=address)
    page = DeleteEndpointPage(
        head=HeadView(title="Delete this endpoint?", parent=parent),
        action=f"{address}/delete",
        cancel_href=address,
        url=entry.url,
        waiting=waiting(entry),
    )
    return await visit.page(page)


@router.post(ENDPOINTS + "/{endpoint}/delete")
async def delete(request: Request, endpoint: str) -> Response:
    """Delete an endpoint."""
    visit, entry = await _pressed(request, endpoint)
    await service.remove(visit.services, visit.actor, entry.id)
    return await visit.go(f"{ENDPOINTS}?done=deleted")


def _fields(form: Mapping[str, str]) -> EndpointFields:
    accounts = form.get("accounts", "").replace(",", " ").split()
    return EndpointFields(
        url=form.get("url", "").strip(),
        description=form.get("description", "").strip()[:500],
        types=[name.removeprefix("types.") for name in form if name.startswith("types.")],
        accounts=accounts[:1000],
        ordered="ordered" in form,
    )


def _errors(error: InvalidRequest | Conflict) -> FormErrors:
    errors = FormErrors.of(error, FIELDS)
    return errors if errors.fields else FormErrors({"url": error.message})


def _form_page(
    head: HeadView,
    action: str,
    submit: str,
    cancel_href: str,
    fields: EndpointFields | None = None,
    errors: FormErrors = NO_ERRORS,
) -> EndpointFormPage:
    entered = fields or EndpointFields(ordered=True)
    return EndpointFormPage(
        head=head,
        action=action,
        submit=submit,
        cancel_href=cancel_href,
        types=type_views(frozenset(entered.types or ())),
        url=entered.url or "",
        description=entered.description or "",
        accounts=" ".join(entered.accounts or ()),
        ordered=entered.ordered is not False,
        errors=errors,
    )

"""Endpoints as administrators manage them: checked before they are kept, and every change audited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import structlog

from fluxstudio.core.endpoints.deliveries import Deliveries, DeliveryStatus
from fluxstudio.core.endpoints.endpoints import (
    DisabledReason,
    Endpoint,
    EndpointFields,
    Endpoints,
    EndpointStatus,
    NewSecret,
)
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.metrics import counters
from fluxstudio.core.services import Services
from fluxstudio.errors import Conflict, InvalidRequest
from fluxstudio.flows.endpoints.messages import MESSAGE_TYPES
from fluxstudio.kit.http import is_public_address
from fluxstudio.settings import Settings

log = structlog.get_logger(__name__)

MAX_URL_LENGTH = 2000
ACCOUNT = re.compile(r"[^\x00-\x20\x7f]{1,255}")


def store_of(services: Services) -> Endpoints:
    """Where endpoints are kept."""
    return Endpoints(services.db, services.vault)


async def add(services: Services, admin: Actor, fields: EndpointFields) -> tuple[Endpoint, NewSecret]:
    """Make an endpoint; its secret is shown this once. Raises `InvalidRequest` or `Conflict`."""
    check(services, fields)
    endpoint_id, secret = await store_of(services).add(fields, admin.user_id)
    await services.audit.record(
        "endpoint-add", None, endpoint_id, user_id=admin.user_id, host=_host(fields.url)
    )
    return await store_of(services).one(endpoint_id), secret


async def change(
    services: Services, admin: Actor, endpoint_id: UUID, fields: EndpointFields, status: EndpointStatus | None
) -> Endpoint:
    """Change an endpoint, switch it on or off. Raises `InvalidRequest` or `NotFound`."""
    check(services, fields)
    store = store_of(services)
    await store.change(endpoint_id, fields)
    if status == "active":
        async with services.db.transaction() as connected:
            await store.enable(connected, endpoint_id)
            await Deliveries(services.db, services.vault).look_after(endpoint_id, connected)
    elif status == "disabled":
        async with services.db.transaction() as connected:
            await store.disable(connected, endpoint_id, "switched_off")
    changes = {name: True for name in EndpointFields.__slots__ if getattr(fields, name) is not None}
    await services.audit.record(
        "endpoint-change", None, endpoint_id, user_id=admin.user_id, changed=sorted(changes), status=status
    )
    return await store.one(endpoint_id)


async def remove(services: Services, admin: Actor, endpoint_id: UUID) -> None:
    """Delete an endpoint with what waits for it. Raises `NotFound`."""
    url = await store_of(services).remove(endpoint_id)
    await services.audit.record("endpoint-remove", None, endpoint_id, user_id=admin.user_id, host=_host(url))


async def rotate_secret(services: Services, admin: Actor, endpoint_id: UUID) -> NewSecret:
    """Sign with a new secret, for a while beside the one of now. Raises `NotFound`."""
    secret = await store_of(services).rotate_secret(endpoint_id)
    await services.audit.record("endpoint-rotate-secret", None, endpoint_id, user_id=admin.user_id)
    return secret


async def resend_one(services: Services, admin: Actor, endpoint_id: UUID, number: int) -> None:
    """Send a delivery again. Raises `NotFound`, or `Conflict` where the endpoint is disabled."""
    await _active(services, endpoint_id)
    await Deliveries(services.db, services.vault).resend_one(endpoint_id, number)
    await services.audit.record("endpoint-resend", None, endpoint_id, user_id=admin.user_id, delivery=number)


async def resend(
    services: Services,
    admin: Actor,
    endpoint_id: UUID,
    *,
    since: datetime | None,
    status: DeliveryStatus | None,
) -> int:
    """Send deliveries again, those made since a moment or of a status; how many.

    Raises `InvalidRequest` where neither is given, `NotFound`, or `Conflict` where the endpoint is disabled.
    """
    if since is None and status is None:
        raise InvalidRequest(
            "Say what to send again: `since` a moment, or those of a `status`, such as failed.",
            {"since": "Give this, or status."},
        )
    await _active(services, endpoint_id)
    now = datetime.fromtimestamp(services.clock.now(), UTC)
    count = await Deliveries(services.db, services.vault).resend(
        endpoint_id, since=since, status=status, until=now
    )
    await services.audit.record("endpoint-resend", None, endpoint_id, user_id=admin.user_id, count=count)
    return count


async def _active(services: Services, endpoint_id: UUID) -> None:
    endpoint = await store_of(services).one(endpoint_id)
    if endpoint.status == "disabled":
        raise Conflict("This endpoint is disabled. Enable it, then send again.", "disabled")


async def disable(services: Services, endpoint_id: UUID, reason: DisabledReason) -> None:
    """Send nothing more to an endpoint, and let people know why."""
    async with services.db.transaction() as connected:
        if not await store_of(services).disable(connected, endpoint_id, reason):
            return
    counters.sent_to_endpoint("endpoint.disabled", "disabled")
    log.warning("endpoint_disabled", endpoint_id=str(endpoint_id), reason=reason)
    await services.audit.record("endpoint-disable", None, endpoint_id, outcome="failed", reason=reason)


def check(services: Services, fields: EndpointFields) -> None:
    """Raises `InvalidRequest` naming every field that cannot be used."""
    problems: dict[str, str] = {}
    if fields.url is not None and (problem := url_problem(services.settings, fields.url)):
        problems["url"] = problem
    if fields.types is not None and (problem := _types_problem(fields.types)):
        problems["types"] = problem
    if fields.accounts is not None and not all(ACCOUNT.fullmatch(account) for account in fields.accounts):
        problems["accounts"] = "Give ids of accounts, such as T0EXAMPLE or slack:T0EXAMPLE."
    if fields.description is not None and "\x00" in fields.description:
        problems["description"] = "Leave out the character U+0000."
    if problems:
        raise InvalidRequest(next(iter(problems.values())), problems)


def _types_problem(types: Sequence[str]) -> str | None:
    unknown = [name for name in types if name not in MESSAGE_TYPES]
    if not unknown:
        return None
    return f"There is no type “{unknown[0][:60]}”. Known types: {', '.join(MESSAGE_TYPES)}."


def url_problem(settings: Settings, text: str) -> str | None:
    """Why nothing can be sent to an address; None where it can be tried."""
    try:
        url = httpx2.URL(text)
        host = url.host
    except (httpx2.InvalidURL, ValueError):
        return "Enter a URL, such as https://app.example/webhooks."
    if (
        len(text) > MAX_URL_LENGTH
        or url.scheme not in {"http", "https"}
        or not host
        or not text.isprintable()
    ):
        return "Enter a URL, such as https://app.example/webhooks."
    if url.userinfo:
        return "Leave out the user name and password: the signature proves the sender."
    if url.fragment:
        return "Leave out the part behind #: it is never sent."
    if settings.production and url.scheme != "https":
        return "Use https://. In production nothing is sent in the clear."
    if host.lower() not in settings.endpoint_hosts and not is_public_address(host):
        return (
            f"{host} is a private address, and those are not called. Use a public one, or add it to "
            "ENDPOINT_PRIVATE_HOSTS."
        )
    return None


def _host(url: str | None) -> str:
    try:
        return httpx2.URL(url or "").host
    except (httpx2.InvalidURL, ValueError):
        return ""

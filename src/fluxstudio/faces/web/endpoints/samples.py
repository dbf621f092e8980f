"""Endpoints and deliveries of an invented product in each of their states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fluxstudio.faces.web.endpoints.presenter import (
    ACTIVE,
    DELIVERY_STATES,
    DISABLED,
    FAILING,
    SWITCHED_OFF,
)
from fluxstudio.faces.web.endpoints.views import DeliveryRow, EndpointAttemptView, EndpointRow

ADDRESS = "/components"


def samples(now: datetime) -> Mapping[str, object]:
    """What `samples.html` shows."""
    return {"endpoints": endpoint_samples(now), "deliveries": delivery_samples(now)}


def endpoint_samples(now: datetime) -> tuple[EndpointRow, ...]:
    """An endpoint in each of its states."""
    return tuple(
        EndpointRow(
            href=ADDRESS,
            url=f"https://app.example/{path}",
            description=description,
            state=state,
            hears=hears,
            waiting=waits,
            delivered_at=now - timedelta(minutes=3) if state is ACTIVE else None,
        )
        for path, description, state, hears, waits in (
            ("webhooks", "Production", ACTIVE, "Everything", ""),
            ("staging", "Staging", FAILING, "event.received, run.failed", "12 waiting"),
            ("old", "", DISABLED, "Everything", "more than 10,000 waiting"),
            ("later", "Not yet", SWITCHED_OFF, "connection.ended", ""),
        )
    )


def delivery_samples(now: datetime) -> tuple[DeliveryRow, ...]:
    """A delivery in each of its states."""
    worked = EndpointAttemptView(at=now, words="Answered 204 · 18 ms", detail="", worked=True)
    failed = EndpointAttemptView(
        at=now - timedelta(minutes=1),
        words="Answered 500. Only an answer from 200 to 299 counts as delivered · 240 ms",
        detail="Internal Server Error",
        worked=False,
    )
    return tuple(
        DeliveryRow(
            id=status,
            type="event.received",
            account="slack:T0HARBOUR1",
            state=state,
            created_at=now - timedelta(minutes=1),
            next_at=now + timedelta(minutes=2) if status == "waiting" else None,
            attempts=(worked, failed) if status == "delivered" else (failed,),
            resend_action=ADDRESS,
        )
        for status, state in DELIVERY_STATES.items()
    )

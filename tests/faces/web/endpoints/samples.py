"""Settings → Endpoints: none, several in each state, one with its deliveries, its form, and its end."""

from __future__ import annotations

from datetime import datetime

from fluxstudio.faces.web.components.views import EmptyView, HeadView, LinkView
from fluxstudio.faces.web.endpoints.presenter import type_views
from fluxstudio.faces.web.endpoints.samples import delivery_samples, endpoint_samples
from fluxstudio.faces.web.endpoints.views import (
    DeleteEndpointPage,
    EndpointFormPage,
    EndpointPage,
    EndpointsPage,
)
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.templating import Page

ADDRESS = "/settings/endpoints"
HEAD = HeadView(title="Endpoints", sentence="Where your product hears what happens here.")
ONE = HeadView(title="Staging", parent=LinkView(label="Endpoints", href=ADDRESS))


def pages(now: datetime) -> list[Page]:
    """Every page of the family, in the states it can be in."""
    rows = endpoint_samples(now)
    deliveries = delivery_samples(now)
    return [
        EndpointsPage(head=HEAD, empty=EmptyView(title="No endpoints yet", words="Add one.", icon="send")),
        EndpointsPage(head=HEAD, endpoints=rows),
        EndpointFormPage(
            head=ONE,
            action=ADDRESS,
            submit="Add endpoint",
            cancel_href=ADDRESS,
            types=type_views(frozenset({"run.failed"})),
            errors=FormErrors({"url": "Enter a URL, such as https://app.example/webhooks."}),
        ),
        *(
            EndpointPage(
                head=ONE,
                action=f"{ADDRESS}/1",
                endpoint=row,
                is_active=row.state.key == "active",
                note="It was switched off.",
                accounts="All accounts",
                ordered=True,
                rotating_until=now,
                deliveries=deliveries,
                more_href=ADDRESS,
                shown_status="failed",
                secret="whsec_not-a-real-secret" if row.state.key == "active" else "",
            )
            for row in rows
        ),
        DeleteEndpointPage(
            head=ONE, action=ADDRESS, cancel_href=ADDRESS, url="https://app.example", waiting="12 waiting"
        ),
    ]

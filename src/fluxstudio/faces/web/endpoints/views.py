"""Settings → Endpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.views import EmptyView, HeadView, StateView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """An endpoint in the list: `hears` says in words of what."""

    href: str
    url: str
    description: str
    state: StateView
    hears: str
    waiting: str = ""
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointsPage:
    """Every endpoint; `empty` where there is none."""

    template: ClassVar[str] = "endpoints/list.html"
    head: HeadView
    endpoints: tuple[EndpointRow, ...] = ()
    empty: EmptyView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTypeView:
    """A message type to choose, in words."""

    name: str
    words: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFormPage:
    """The form of an endpoint, new or not; afterwards `secret` is what signs for a new one."""

    template: ClassVar[str] = "endpoints/form.html"
    head: HeadView
    action: str
    submit: str
    cancel_href: str
    types: tuple[MessageTypeView, ...] = ()
    url: str = ""
    description: str = ""
    accounts: str = ""
    ordered: bool = True
    errors: FormErrors = NO_ERRORS


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAttemptView:
    """One attempt in words; `detail` is how the endpoint's answer begins."""

    at: datetime
    words: str
    detail: str
    worked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One message to an endpoint, with its attempts, newest first; `resend_action` takes an empty form."""

    id: str
    type: str
    account: str
    state: StateView
    created_at: datetime
    next_at: datetime | None
    attempts: tuple[EndpointAttemptView, ...]
    resend_action: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPage:
    """One endpoint with its latest deliveries. `secret` was made just now and is shown this once."""

    template: ClassVar[str] = "endpoints/endpoint.html"
    head: HeadView
    action: str
    endpoint: EndpointRow
    is_active: bool
    note: str
    accounts: str
    ordered: bool
    rotating_until: datetime | None
    deliveries: tuple[DeliveryRow, ...] = ()
    shown_status: str = ""
    more_href: str | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteEndpointPage:
    """The question before an endpoint is deleted."""

    template: ClassVar[str] = "endpoints/delete.html"
    head: HeadView
    action: str
    cancel_href: str
    url: str
    waiting: str

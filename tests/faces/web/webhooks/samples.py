"""Pages of webhooks, filled as the product fills them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from fluxstudio.faces.web.components.samples import ICON
from fluxstudio.faces.web.components.views import BannerView, FieldView, HeadView, LinkView
from fluxstudio.faces.web.components.webhook_health import ACTIVE, DOWN, INCOMPLETE
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.webhooks.routes import NONE
from fluxstudio.faces.web.webhooks.views import (
    AccountView,
    GrantView,
    HookView,
    NewWebhookPage,
    RemoveView,
    RemoveWebhookPage,
    TypeView,
    WebhooksPage,
)

HEAD = HeadView(title="Webhooks", parent=LinkView(label="Webhooks", href="/settings/webhooks"))
REMOVE = RemoveView(
    place="Studio drawings",
    tells="when someone draws",
    provider_name="Plotter",
    action="/settings/webhooks/remove",
    connection="c1",
    id="7",
    cancel_href="/settings/webhooks",
)
GRANT = GrantView(
    words="Plotter has not been allowed to do this.",
    label="Grant access",
    action="/settings/integrations/plotter/connect",
    connection="c2",
)


def pages(now: datetime) -> list[Page]:
    """The list, the form in its states, and the question before an end."""
    hook = HookView(
        check_action="/settings/webhooks/check?connection=c&id=70",
        id="7",
        place=LinkView(label="Studio drawings", href="https://plotter.example/7", external=True),
        kind="Folder",
        tells="when someone draws, somebody erases or a sheet is torn off",
        state=ACTIVE,
        created_at=now,
        remove_href="/settings/webhooks/remove?connection=c1&id=7",
        remove=REMOVE,
    )
    missing = replace(
        hook,
        id="8",
        state=INCOMPLETE,
        note="2 events have not arrived yet.",
        last_event_at=now - timedelta(hours=2),
        checked_at=now,
    )
    account = AccountView(
        id="c1",
        name="Ada Lovelace",
        provider_name="Plotter",
        icon=ICON,
        hooks=(hook, missing, replace(hook, id="9", state=DOWN)),
        add_href="/settings/webhooks/new?connection=c1",
    )
    lacking = replace(account, id="c2", hooks=(), add_href=None, grant=GRANT)
    accounts = (
        account,
        lacking,
        replace(account, id="c3", hooks=()),
        replace(lacking, id="c4", grant=None, by_itself=True),
    )
    form = NewWebhookPage(
        head=HEAD,
        icon=ICON,
        action="/settings/webhooks/new",
        connection="c1",
        place=FieldView(name="where", label="Folder", help="Its address.", placeholder="plotter.example/…"),
        types=(
            TypeView(name="drawn", words="someone draws", chosen=True),
            TypeView(name="torn", words="a sheet is torn off"),
        ),
        several=True,
        suggestions=(("https://plotter.example/7", "Studio drawings"),),
    )
    wrong = replace(form.place, value="x", error="There is no such folder.")
    problem = BannerView(tone="bad", title="Plotter does not answer.")
    return [
        WebhooksPage(head=HEAD, accounts=accounts),
        WebhooksPage(head=HEAD, empty=NONE),
        form,
        replace(form, several=False, suggestions=(), pending_href="/settings/webhooks/new?part=places"),
        replace(form, place=wrong, types_error="Choose at least one.", problem=problem),
        replace(form, grant=GRANT),
        RemoveWebhookPage(head=HEAD, icon=ICON, remove=REMOVE),
    ]

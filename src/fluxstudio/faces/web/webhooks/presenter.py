"""Filling the views of webhooks from what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.webhooks.subscriptions import SubscriptionHealth
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import LinkView
from fluxstudio.faces.web.components.webhook_health import webhook_health
from fluxstudio.faces.web.shell.paths import INTEGRATIONS, WEBHOOKS
from fluxstudio.faces.web.webhooks.views import AccountView, GrantView, HookView, RemoveView
from fluxstudio.flows.directory import spoken
from fluxstudio.sdk import Subscribable


def account_view(
    registered: RegisteredProvider,
    listed: ListedConnection,
    capability: Subscribable | None,
    hooks: Sequence[SubscriptionHealth],
    names: Mapping[str, str],
) -> AccountView:
    """One account with its webhooks; `names` say what ids stand for."""
    grant = grant_view(registered, listed, capability) if capability is not None else None
    query = urlencode({"connection": str(listed.id)})
    return AccountView(
        id=str(listed.id),
        name=listed.account.name,
        provider_name=registered.provider.name,
        icon=mark(registered),
        hooks=tuple(hook_view(registered, listed, capability, hook, names) for hook in hooks)
        if capability
        else (),
        add_href=f"{WEBHOOKS}/new?{query}" if capability is not None and grant is None else None,
        grant=grant,
        by_itself=capability is None,
    )


def grant_view(
    registered: RegisteredProvider, listed: ListedConnection, capability: Subscribable
) -> GrantView | None:
    """What has to be allowed before the account can be asked for webhooks; None where nothing is missing."""
    provider = registered.provider
    words, label = "", ""
    if listed.problem is not None:
        words, label = f"{provider.name} no longer accepts our access to {listed.account.name}.", "Reconnect"
    elif missing := provider.oauth.missing(capability.create.scopes, listed.scopes):
        means = {scope.name: scope.means for scope in provider.oauth.described_scopes()}
        permissions = " and ".join(means.get(name, name) for name in missing)
        words, label = f"{provider.name} has not been allowed to do this: {permissions}.", "Grant access"
    if not words:
        return None
    action = f"{INTEGRATIONS}/{provider.id}/connect"
    return GrantView(words=words, label=label, action=action, connection=str(listed.id))


def hook_view(
    registered: RegisteredProvider,
    listed: ListedConnection,
    capability: Subscribable,
    hook: SubscriptionHealth,
    names: Mapping[str, str],
) -> HookView:
    """One webhook; `names` say what ids stand for."""
    spot = capability.spot(hook.details)
    place = spoken(spot.name, names)
    state, note = webhook_health(registered, hook.missed_deliveries, works=listed.problem is None)
    tells = tells_of(registered, capability.types(hook.details))
    connection = str(listed.id)
    return HookView(
        id=hook.webhook_id,
        place=LinkView(label=place, href=registered.hosts["web"] + spot.path, external=True),
        kind=spot.kind,
        tells=tells,
        state=state,
        created_at=hook.created_at,
        note=note,
        last_event_at=hook.last_event_at,
        checked_at=hook.checked_at,
        remove_href=f"{WEBHOOKS}/remove?{urlencode({'connection': connection, 'id': hook.webhook_id})}",
        check_action=f"{WEBHOOKS}/check?{urlencode({'connection': connection, 'id': hook.webhook_id})}",
        remove=RemoveView(
            place=place,
            tells=tells,
            provider_name=registered.provider.name,
            action=f"{WEBHOOKS}/remove",
            connection=connection,
            id=hook.webhook_id,
            cancel_href=WEBHOOKS,
        ),
    )


def tells_of(registered: RegisteredProvider, types: Sequence[str]) -> str:
    """ "when a file is deleted or a library is published"."""
    webhook = registered.provider.webhooks
    means = webhook.event_labels if webhook is not None else {}
    words = [means.get(name, name) for name in types]
    *before, last = words or ["something happens"]
    return f"when {', '.join(before)} or {last}" if before else f"when {last}"

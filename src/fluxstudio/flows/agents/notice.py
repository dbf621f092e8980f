"""Asking a user in a channel of theirs about a call that waits, with buttons that decide."""

from __future__ import annotations

import json
from uuid import UUID

import structlog

from fluxstudio.core.agents.agents import Caller
from fluxstudio.core.agents.approvals import Approvals, Notice, choice_of
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest
from fluxstudio.flows import call
from fluxstudio.flows.agents.arguments import Prepared
from fluxstudio.sdk import Notifier

log = structlog.get_logger(__name__)

LONGEST_CHANNEL, LONGEST_TEXT = 200, 2000


async def choose(services: Services, actor: Actor, connection: str, channel: str) -> None:
    """Keep where a user wants to be asked; an empty channel is nowhere.

    Raises `InvalidRequest` for a connection that cannot ask.
    """
    store = Approvals(services.db)
    if not channel.strip():
        await store.set_notice(actor.user_id, None)
        return
    if connection not in await senders(services, actor.user_id) or len(channel) > LONGEST_CHANNEL:
        raise InvalidRequest(
            "Choose one of your connections to be asked through.", {"connection": "cannot ask"}
        )
    await store.set_notice(actor.user_id, Notice(UUID(connection), channel.strip()))


async def senders(services: Services, user_id: UUID) -> dict[str, str]:
    """The user's connections that can ask with buttons, by id, with what to call them."""
    names = {}
    for entry in await services.connections.of_user(user_id):
        provider = services.registry.get(entry.provider).provider
        notifier = provider.capability(Notifier)
        if entry.is_active and notifier is not None and notifier.asking is not None:
            names[str(entry.id)] = f"{provider.name} · {entry.account.name}"
    return names


async def tell(
    services: Services, caller: Caller, prepared: Prepared, approval_id: UUID, digest: str
) -> None:
    """Ask where the user wants to be asked; the page asks in any case, whatever becomes of this."""
    notice = await Approvals(services.db).notice(caller.actor.user_id)
    if notice is None:
        return
    listed = await services.connections.of_user(caller.actor.user_id)
    entry = next((entry for entry in listed if entry.id == notice.connection_id and entry.is_active), None)
    notifier = entry and services.registry.get(entry.provider).provider.capability(Notifier)
    if entry is None or not notifier or notifier.asking is None:
        return
    text, whole = _text(caller, prepared)
    buttons = [("Deny", choice_of("deny", approval_id, digest))]
    if whole:
        # Nobody allows what they were not shown.
        buttons.insert(0, ("Allow and send", choice_of("allow", approval_id, digest)))
    link = f"{services.settings.base_url}/agents/approvals/{approval_id}"
    arguments = {
        notifier.argument: notice.channel,
        "text": "An agent asks to act for you.",
        **notifier.asking(text, buttons, link),
    }
    try:
        await call.run(
            services,
            caller.actor,
            notifier.send.full_name,
            arguments,
            connection=str(entry.id),
            story={"approval": str(approval_id)},
        )
    except FluxStudioError as error:
        log.warning("approval_notice_unsent", approval=str(approval_id), code=error.code)


def _text(caller: Caller, prepared: Prepared) -> tuple[str, bool]:
    """What would be sent, as plain text, and whether that is all of it."""
    operation, connection = prepared.operation, prepared.connection
    shown = json.dumps(dict(prepared.arguments), ensure_ascii=False, indent=2)
    whole = len(shown) <= LONGEST_TEXT
    cut = "" if whole else "\n… Open it to read all of it before you decide."
    asks = f"{caller.agent.name} asks: {operation.summary.rstrip('.')}"
    where = f"({operation.provider.name} · {connection.account.name})"
    return f"{asks} {where}\n\n{shown[:LONGEST_TEXT]}{cut}", whole

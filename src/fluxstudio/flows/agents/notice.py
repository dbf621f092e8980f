"""Asking a user in a channel of theirs about a call that waits, with buttons until it is decided."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from fluxstudio.core.agents.agents import Caller
from fluxstudio.core.agents.approvals import Approvals, Notice, choice_of
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest
from fluxstudio.flows import call
from fluxstudio.flows.agents.arguments import Prepared
from fluxstudio.sdk import Notifier, Operation, PostedMessage

log = structlog.get_logger(__name__)

LONGEST_CHANNEL, LONGEST_TEXT, LONGEST_PROBLEM = 200, 2000, 500
# Whoever decides on the page waits for this.
SECONDS_TO_SETTLE = 5


async def choose(services: Services, actor: Actor, connection: str, channel: str) -> None:
    """Keep where a user wants to be asked; an empty channel is nowhere.

    Raises `InvalidRequest` for a connection that cannot ask.
    """
    store = Approvals(services.db)
    if not channel.strip():
        await store.set_notice(actor.user_id, None)
        return
    if connection not in await senders(services, actor.user_id) or len(channel) > LONGEST_CHANNEL:
        problem = "Choose one of your connections to be asked through."
        raise InvalidRequest(problem, {"connection": problem})
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
    notifier = _notifier(services, listed, notice.connection_id)
    if notifier is None or notifier.asking is None:
        return
    text, whole = _text(
        caller.agent.name, prepared.operation, prepared.connection.account.name, prepared.arguments
    )
    buttons = [("Deny", choice_of("deny", approval_id, digest))]
    if whole:
        # Nobody allows what they were not shown.
        buttons.insert(0, ("Allow and send", choice_of("allow", approval_id, digest)))
    else:
        text += " Open it to read all of it before you decide."
    link = f"{services.settings.base_url}/agents/approvals/{approval_id}"
    arguments = {
        notifier.argument: notice.channel,
        "text": "An agent asks to act for you.",
        **notifier.asking(text, buttons, link),
    }
    try:
        outcome = await call.run(
            services,
            caller.actor,
            notifier.send.full_name,
            arguments,
            connection=str(notice.connection_id),
            story={"approval": str(approval_id)},
        )
    except FluxStudioError as error:
        log.warning("approval_notice_unsent", approval=str(approval_id), code=error.code)
        return
    if notifier.posted is not None:
        message = notifier.posted(outcome.value)
        await Approvals(services.db).keep_message(
            approval_id, notice.connection_id, message.channel, message.message
        )


async def settle(services: Services, approval_id: UUID | None = None) -> None:
    """Have messages say what was decided and what came of it in place of their buttons: of one, or all.

    Each is tried once. The decision stands, whatever becomes of this.
    """
    rows = await Approvals(services.db).settled_messages(approval_id)
    await asyncio.gather(*(_try_to_settle(services, row) for row in rows))


async def _try_to_settle(services: Services, row: asyncpg.Record) -> None:
    try:
        async with asyncio.timeout(SECONDS_TO_SETTLE):
            await _settle(services, row)
    except FluxStudioError as error:
        log.warning("approval_notice_unsettled", approval=str(row["id"]), code=error.code)
    except Exception as error:
        log.error("approval_notice_unsettled", approval=str(row["id"]), exc_info=error)


async def _settle(services: Services, row: asyncpg.Record) -> None:
    connection_id, listed = row["notice_connection_id"], await services.connections.of_user(row["user_id"])
    notifier = _notifier(services, listed, connection_id)
    if notifier is None or notifier.settle is None:
        return
    account = next((entry.account.name for entry in listed if entry.id == row["connection_id"]), "")
    text, _ = _text(row["agent"], services.registry.operation(row["operation"]), account, row["arguments"])
    provider = notifier.send.provider
    picked = await services.connections.pick(row["user_id"], provider, connection=str(connection_id))
    call.require_active(provider, picked)
    message = PostedMessage(row["notice_channel"], row["notice_message"])
    await notifier.settle(call.api_of(services, notifier.send, picked), message, text, _outcome(row))
    stale = [provider[name].full_name for name in notifier.send.makes_stale]
    await services.cache.outdate(picked.grant_id, stale)


def _outcome(row: asyncpg.Record) -> str:
    """What became of a request, in a line."""
    if row["status"] == "expired":
        return f"Withdrawn: {row['agent']} was ended." if row["early"] else "Expired. No one decided in time."
    if row["status"] == "denied":
        return f"Denied by {row['person']}"
    allowed = f"Allowed by {row['person']}"
    if row["status"] == "done":
        return f"{allowed} · Sent"
    problem = (row["problem"] or {}).get("message", "")[:LONGEST_PROBLEM]
    word = "Failed" if row["status"] == "failed" else "Check whether it arrived"
    return f"{allowed} · {word}{': ' if problem else ''}{problem}"


def _notifier(services: Services, listed: list[ListedConnection], connection_id: UUID) -> Notifier | None:
    """How a connection of the user's tells people something, None where it has ended or cannot."""
    entry = next((entry for entry in listed if entry.id == connection_id and entry.is_active), None)
    return None if entry is None else services.registry.get(entry.provider).provider.capability(Notifier)


def _text(agent: str, operation: Operation, account: str, arguments: Mapping[str, Any]) -> tuple[str, bool]:
    """What would be sent, as plain text, and whether that is all of it."""
    shown = json.dumps(dict(arguments), ensure_ascii=False, indent=2)
    whole = len(shown) <= LONGEST_TEXT
    asks = f"{agent} asks: {operation.summary.rstrip('.')} ({operation.provider.name} · {account})"
    return f"{asks}\n\n{shown[:LONGEST_TEXT]}" + ("" if whole else "\n…"), whole

"""Telling the owner of a failing automation, once until it works again: in a channel that they chose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog

from fluxstudio.core.automations.failure_notices import FailingRule, claim_due, postpone
from fluxstudio.core.automations.rules import Automations, FailureNotice
from fluxstudio.core.automations.runs import Runs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.jobs.scheduler import PeriodicTask
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest, ProviderUnavailable, RateLimited, Unavailable
from fluxstudio.flows import call
from fluxstudio.flows.automations.runs.executor import changed_names
from fluxstudio.sdk import Notifier, Operation
from fluxstudio.sdk.markup import PLAIN
from fluxstudio.sdk.markup.text import Text

log = structlog.get_logger(__name__)

NAME, CAUSE = "{name}", "{cause}"
MESSAGE = f"Your automation “{NAME}” failed: {CAUSE}\nFix it or run it again: {{link}}"
LONGEST_CAUSE = 500
LATER = (ProviderUnavailable, RateLimited, Unavailable)


async def choose(
    services: Services, actor: Actor, automation_id: UUID, new_notice: FailureNotice | None
) -> None:
    """Keep where an automation tells of its failures; None for nowhere.

    Raises `NotFound`, and `InvalidRequest` for a connection that cannot send messages.
    """
    notice = None if new_notice is None else await _checked(services, actor, new_notice)
    await Automations(services.db).set_failure_notice(actor.user_id, automation_id, notice)
    await services.audit.record(
        "automation_changed", None, automation_id, user_id=actor.user_id, notice=notice is not None
    )


async def senders(services: Services, user_id: UUID) -> Mapping[str, str]:
    """The user's connections that can send messages, by id, with what to call them."""
    return {
        str(entry.id): f"{services.registry[entry.provider].provider.name} · {entry.account.name}"
        for entry in await services.connections.of_user(user_id)
        if entry.is_active and _notifier(services, entry.provider) is not None
    }


async def _checked(services: Services, actor: Actor, notice: FailureNotice) -> FailureNotice:
    usable = await senders(services, actor.user_id)
    if not usable:
        raise InvalidRequest(
            "Connect Slack first, then choose a channel.", {"notify": "nothing is connected"}
        )
    connection = notice.connection or (next(iter(usable)) if len(usable) == 1 else None)
    if connection not in usable:
        raise InvalidRequest(
            "Choose one of your connections to send from.", {"notify.connection": "is not one of yours"}
        )
    return FailureNotice(notice.channel.strip(), connection)


def _notifier(services: Services, provider: str) -> Notifier | None:
    entry = next((entry for entry in services.registry if entry.provider.id == provider), None)
    return None if entry is None else entry.provider.capability(Notifier)


async def notify_owners(services: Services) -> int:
    """Tell the owners of automations that began to fail; how many were told.

    Each is marked before it is sent, so that nobody is told twice; what the provider cannot take now is tried
    again at the next turn.
    """
    count = 0
    for rule in await claim_due(services.db):
        try:
            await _send(services, rule)
            count += 1
        except LATER:
            await postpone(services.db, rule.id)
        except FluxStudioError as error:
            log.warning("failure_notice_unsent", automation_id=str(rule.id), code=error.code)
    return count


async def _send(services: Services, rule: FailingRule) -> None:
    connection, channel = rule.failure_notice["connection"], rule.failure_notice["channel"]
    actor = Actor(rule.user_id, rule.subject, rule.role, rule.email, rule.user_name)
    listed = await services.connections.of_user(actor.user_id)
    provider = next((entry.provider for entry in listed if str(entry.id) == connection), None)
    notifier = None if provider is None else _notifier(services, provider)
    if notifier is None:
        log.warning("failure_notice_unsent", automation_id=str(rule.id), code="NOT_CONNECTED")
        return
    words = {"channel": channel, "text": _text(services, notifier.send, rule)}
    outcome = await call.run(services, actor, notifier.send.full_name, words, connection=connection)
    # It counts as made by the run it tells of, so that no automation takes it for news.
    names = changed_names(notifier.send, words, outcome.value)
    if names and rule.run_id is not None:
        await Runs(services.db).add_made(rule.run_id, names)


def _text(services: Services, send: Operation, rule: FailingRule) -> str:
    """The message, with the names and words in it as nothing but text."""
    link = f"{services.settings.base_url}/automations/{rule.id}"
    template = MESSAGE.replace("{link}", f"{link}/runs/{rule.run_id}" if rule.run_id else link)
    cause = Text(rule.cause or "it did not say why").shortened(LONGEST_CAUSE, "…")
    return (send.markup("text") or PLAIN).fill(template, {NAME: Text(rule.name), CAUSE: cause})


def periodic_tasks(services: Services) -> list[PeriodicTask]:
    """What recurs: telling owners."""
    return [
        PeriodicTask(
            "notify owners of failing automations", timedelta(seconds=15), lambda: notify_owners(services)
        )
    ]

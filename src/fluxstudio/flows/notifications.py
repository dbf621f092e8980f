"""What users are told on their own channels: what they chose, and a summary of the last day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.preferences import (
    DueDigest,
    NotificationSettings,
    Preferences,
    claim_digests,
    postpone_digest,
)
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.jobs.scheduler import PeriodicTask
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest, ProviderUnavailable, RateLimited, Unavailable
from fluxstudio.flows import call
from fluxstudio.flows.automations.health.failure_notice import senders
from fluxstudio.flows.automations.rules.time_zones import is_time_zone
from fluxstudio.flows.overview import Overview, overview
from fluxstudio.sdk import Notifier
from fluxstudio.sdk.markup import PLAIN
from fluxstudio.sdk.markup.text import Text

log = structlog.get_logger(__name__)

MAX_LISTED = 5
TRY_AGAIN = (ProviderUnavailable, RateLimited, Unavailable)


async def choose(
    services: Services, actor: Actor, chosen: NotificationSettings, unreadable: Mapping[str, str]
) -> None:
    """Keep what a user is told where; `unreadable` says by field what could not even be read.

    Raises `InvalidRequest` with all that is wrong, by field.
    """
    fields = dict(unreadable)
    usable = await senders(services, actor.user_id)
    if chosen.channel and str(chosen.connection) not in usable:
        fields["connection"] = "Choose the account to send from."
    if chosen.digest_at is not None and not chosen.channel:
        fields["channel"] = "Choose where the summary goes."
    if (chosen.quiet_from is None) != (chosen.quiet_until is None):
        fields.setdefault("quiet", "Give both times, or neither.")
    elif chosen.quiet_from is not None and chosen.quiet_from == chosen.quiet_until:
        fields["quiet"] = "Give two different times."
    if not is_time_zone(chosen.time_zone):
        fields["timeZone"] = "Choose a time zone."
    if fields:
        raise InvalidRequest("Check the highlighted fields.", fields)
    if not chosen.channel:
        chosen = replace(chosen, channel=None, connection=None)
    await Preferences(services.db).set_notifications(actor.user_id, chosen)
    await services.audit.record("notifications_changed", user_id=actor.user_id)


async def send_digests(services: Services) -> int:
    """Send the summaries that are due; how many were sent.

    Each counts as sent before it is, so that nobody gets two; what the provider cannot take now is tried
    again at the next turn.
    """
    count = 0
    for digest in await claim_digests(services.db):
        try:
            count += await _send(services, digest)
        except TRY_AGAIN:
            await postpone_digest(services.db, digest.user_id)
        except FluxStudioError as error:
            log.warning("digest_unsent", code=error.code)
    return count


async def _send(services: Services, digest: DueDigest) -> bool:
    actor = Actor(digest.user_id, digest.subject, digest.role, digest.email, digest.user_name)
    seen = await overview(services, actor)
    sender = next((entry for entry in seen.connections if entry.id == digest.connection), None)
    provider = None if sender is None else services.registry.get(sender.provider).provider
    notifier = None if provider is None else provider.capability(Notifier)
    if sender is None or notifier is None:
        log.warning("digest_unsent", code="NOT_CONNECTED")
        return False
    template, values = _text(services, seen)
    words = (notifier.send.markup("text") or PLAIN).fill(template, values)
    arguments = {"channel": digest.channel, "text": words}
    await call.run(services, actor, notifier.send.full_name, arguments, connection=str(sender.id))
    return True


def _text(services: Services, seen: Overview) -> tuple[str, dict[str, Text]]:
    """The summary as a template, and what fills it: others' words are text in it."""
    lines, values = ["Your daily summary"], {}
    for number, rule in enumerate(seen.failing[:MAX_LISTED]):
        values[f"{{rule{number}}}"] = Text(rule.name)
        lines.append(f"• “{{rule{number}}}” {'is paused' if rule.paused else 'failed'}")
    for number, entry in enumerate(seen.broken[:MAX_LISTED]):
        values[f"{{account{number}}}"] = Text(_account(services, entry))
        lines.append(f"• {{account{number}}} needs to be reconnected")
    dead = len(seen.dead_events) + seen.more_dead_events
    if dead:
        lines.append(f"• {dead} failed {'event' if dead == 1 else 'events'}")
    if len(lines) == 1:
        on = f"{seen.rules} {'automation' if seen.rules == 1 else 'automations'} on"
        lines.append(f"Everything works: {on}, nothing needs your attention.")
    lines.append(f"{services.settings.base_url}/")
    return "\n".join(lines), values


def _account(services: Services, entry: ListedConnection) -> str:
    return f"{services.registry.get(entry.provider).provider.name} · {entry.account.name}"


def periodic_tasks(services: Services) -> list[PeriodicTask]:
    """What recurs: summaries of the day."""
    return [PeriodicTask("send daily summaries", timedelta(minutes=1), lambda: send_digests(services))]

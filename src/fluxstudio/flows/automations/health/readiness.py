"""Whether a rule could work right now: its permissions, and the channels it names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest
from fluxstudio.flows import call
from fluxstudio.flows.automations.health.joining import join
from fluxstudio.flows.automations.rules.arguments import is_template
from fluxstudio.flows.automations.rules.definition import Definition, OnEvent
from fluxstudio.sdk import Notifier

# Seconds for which switching on waits for a provider; one that takes longer is believed to be well.
LOOKUP_TIMEOUT_SECONDS = 10.0


async def obstacles(
    services: Services, actor: Actor, definition: Definition, *, joins: bool = False
) -> dict[str, str]:
    """What keeps a rule that is bound to connections from working, by field.

    With `joins` the app joins public channels that the rule names, where it may. What a provider does not say
    in time, or at all, is in nobody's way.
    """
    wrong = await _missing_scopes(services, actor, definition)
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT_SECONDS):
            for place, connection, notifier, channel in _channels(services, definition):
                problem = await _unreachable(services, actor, connection, notifier, channel, joins=joins)
                if problem is not None:
                    wrong[place] = problem
    except (TimeoutError, FluxStudioError):
        return wrong
    return wrong


async def require(
    services: Services, actor: Actor, definition: Definition, where: str = "definition"
) -> None:
    """Raises `InvalidRequest` for a rule that could not work if it were switched on now."""
    wrong = await obstacles(services, actor, definition, joins=True)
    if wrong:
        raise InvalidRequest(
            "This automation cannot work right now. Do what the fields say, or keep it switched off.",
            {f"{where}.{place}": what for place, what in wrong.items()},
        )


async def _missing_scopes(services: Services, actor: Actor, definition: Definition) -> dict[str, str]:
    operation = services.registry.operation(definition.do.operation)
    listed = await services.connections.of_user(actor.user_id)
    entry = next((entry for entry in listed if str(entry.id) == definition.do.connection), None)
    if entry is None:
        return {}
    missing = operation.provider.oauth.missing(operation.scopes, entry.scopes)
    if not missing:
        return {}
    return {
        "do.connection": f"{entry.account.name} has not allowed this ({', '.join(missing)}); choose Grant "
        "access in Settings → Integrations"
    }


def _channels(services: Services, definition: Definition) -> Iterator[tuple[str, str, Notifier, str]]:
    """The channels that a rule names: the field, the connection, and how its provider lists them."""
    do, when = definition.do, definition.when
    notifier = services.registry.operation(do.operation).provider.capability(Notifier)
    if notifier is not None and do.connection is not None:
        channel = do.arguments.get(notifier.argument)
        if isinstance(channel, str) and channel and not is_template(channel):
            yield f"do.arguments.{notifier.argument}", do.connection, notifier, channel
    if not isinstance(when, OnEvent) or when.connection is None:
        return
    notifier = services.registry[when.event.partition(".")[0]].provider.capability(Notifier)
    for number, condition in enumerate(when.conditions):
        named = isinstance(condition.value, str) and condition.test == "equals"
        if notifier is not None and condition.field == notifier.field and named:
            place = f"when.conditions.{number}.value"
            yield place, when.connection, notifier, str(condition.value)


async def _unreachable(
    services: Services, actor: Actor, connection: str, notifier: Notifier, channel: str, *, joins: bool
) -> str | None:
    """Why the app cannot be in touch with a channel, or None. Raises what `call.run` raises."""
    if not re.match(notifier.is_channel, channel):
        return None
    for renew in (False, True):
        entry = await _looked_up(services, actor, connection, notifier, channel, renew=renew)
        problem = _problem(notifier, channel, entry)
        if problem is None:
            return None
    if entry is None or entry.get("is_archived") or entry.get("is_private") or not joins:
        return problem
    joined = await join(services, actor, connection, notifier, str(entry["id"]))
    return None if joined else problem


async def _looked_up(
    services: Services, actor: Actor, connection: str, notifier: Notifier, channel: str, *, renew: bool
) -> Mapping[str, Any] | None:
    """What the provider lists of a channel."""
    entries: Sequence[Mapping[str, Any]] = ()
    for arguments in notifier.lists:
        outcome = await call.run(
            services, actor, notifier.channels.full_name, arguments, connection=connection, renew=renew
        )
        entries = [entry for entry in outcome.value if _is(entry, channel)]
        if entries:
            return entries[0]
    return None


def _problem(notifier: Notifier, channel: str, channel_entry: Mapping[str, Any] | None) -> str | None:
    if channel_entry is None:
        return f"there is no channel {channel} that the app can see; in a private one write {notifier.invite}"
    if channel_entry.get("is_archived"):
        return f"#{channel_entry['name']} is archived; choose another channel"
    if not channel_entry.get("is_member", True):
        return f"the app is not in #{channel_entry['name']}; write {notifier.invite} there"
    return None


def _is(entry: Mapping[str, Any], channel: str) -> bool:
    return channel == entry["id"] or channel.removeprefix("#").lower() == str(entry["name"]).lower()

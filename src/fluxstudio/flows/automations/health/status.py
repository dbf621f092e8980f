"""Whether rules can do what they say: what they listen to, when that was heard last, what is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from fluxstudio.core.automations.bindings import BoundConnection
from fluxstudio.core.automations.listening import EventSource, LastEvent, last_heard
from fluxstudio.core.automations.rules import Automation
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.core.webhooks.subscriptions import SubscriptionHealth
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.automations.authoring.summary import schedule_summary
from fluxstudio.flows.automations.health.listening import covering, places, subscribable
from fluxstudio.flows.automations.rules.definition import Definition, OnEvent, OnSchedule, read

State = Literal["listening", "waiting", "blocked"]
Status = Literal["on", "off", "paused", "blocked", "waiting"]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a rule from working, and what to do about it; `since` where that is known."""

    code: str
    message: str
    fix: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RuleHealth:
    """How it stands with a rule.

    `status` is off, paused (an account it uses is disconnected or not chosen, or its events came too often),
    blocked (it cannot work until somebody does something), waiting (nothing here says that its events come)
    or on. `state` says the same of listening alone; `listens_to` are places in words, `last_event_at` is when
    an event of its kind came last.
    """

    status: Status
    state: State
    listens_to: tuple[str, ...] = ()
    last_event_at: datetime | None = None
    problem: Obstacle | None = None


async def health_of(
    services: Services, actor: Actor, rules: Sequence[Automation]
) -> Mapping[UUID, RuleHealth]:
    """The health of each of these rules of a user, by id."""
    waiting = [rule for rule in rules if rule.trigger is not None]
    webhooks = await subscriptions.of_user(services.db, actor.user_id) if waiting else []
    sources = list({source for rule in waiting if (source := _source(rule)) is not None})
    last_events = await last_heard(services.db, actor.user_id, sources)
    return {rule.id: _health(services.registry, rule, webhooks, last_events) for rule in rules}


def _source(rule: Automation) -> EventSource | None:
    event = str(rule.definition.get("when", {}).get("event", ""))
    if rule.trigger is None or not event:
        return None
    return EventSource(rule.trigger.provider, event.partition(".")[2], rule.trigger.account_id)


def _health(
    registry: Registry,
    rule: Automation,
    webhooks: Sequence[SubscriptionHealth],
    last_events: Mapping[EventSource, LastEvent],
) -> RuleHealth:
    try:
        definition = read(rule.definition)
    except InvalidRequest:
        unreadable = Obstacle("INVALID", "This automation can no longer be read.", "Edit the automation.")
        return RuleHealth("blocked" if rule.enabled else "off", "blocked", problem=unreadable)
    if rule.paused is not None:
        return RuleHealth("paused", "blocked", problem=Obstacle(**rule.paused))
    ended = _ended(registry, rule, definition)
    if ended is not None:
        return RuleHealth("paused" if rule.enabled else "off", "blocked", problem=ended)
    latest = last_events.get(source) if (source := _source(rule)) is not None else None
    state, listens_to, problem = _listening(registry, rule, definition, webhooks, latest)
    lost = _lost(registry, rule)
    if lost is not None:
        state, problem = "blocked", lost
    status: Mapping[State, Status] = {"listening": "on", "waiting": "waiting", "blocked": "blocked"}
    heard_at = None if latest is None else latest.at
    return RuleHealth(status[state] if rule.enabled else "off", state, listens_to, heard_at, problem)


def _ended(registry: Registry, rule: Automation, definition: Definition) -> Obstacle | None:
    """The account that a rule lacks."""
    when, do = definition.when, definition.do
    named = [(rule.action, do.operation)]
    if isinstance(when, OnEvent):
        named.insert(0, (rule.trigger, when.event))
    for bound, name in named:
        service = name.partition(".")[0]
        if registry.get(service).retired:
            return Obstacle(
                "PROVIDER_GONE",
                f"“{service}” is no longer installed here.",
                "Ask an administrator to install it, or edit the automation.",
            )
        if bound is None:
            provider = _name(registry, service)
            return Obstacle(
                "CONNECTION_NOT_CHOSEN",
                f"Nobody has chosen which {provider} account it uses.",
                "Edit the automation and choose one.",
            )
        if bound.status == "disconnected":
            provider = _name(registry, bound.provider)
            return Obstacle(
                "NOT_CONNECTED",
                f"{bound.account} in {provider} is disconnected, and it uses no other account.",
                "Reconnect it in Settings → Integrations, or edit the automation and choose another account.",
                bound.since,
            )
    return None


def _lost(registry: Registry, rule: Automation) -> Obstacle | None:
    """The account that has to be reconnected before the rule can act or listen."""
    for bound in (rule.action, rule.trigger):
        if bound is not None and bound.status == "reauthorize":
            return Obstacle(
                "REAUTHORIZATION_REQUIRED",
                f"{_name(registry, bound.provider)} no longer accepts the access for {bound.account}.",
                f"Reconnect {bound.account} in Settings → Integrations.",
                bound.since,
            )
    return None


def _listening(
    registry: Registry,
    rule: Automation,
    definition: Definition,
    webhooks: Sequence[SubscriptionHealth],
    latest: LastEvent | None,
) -> tuple[State, tuple[str, ...], Obstacle | None]:
    when = definition.when
    if isinstance(when, OnSchedule):
        return "listening", (schedule_summary(when.schedule, when.time_zone),), None
    assert rule.trigger is not None
    capability = subscribable(registry, rule.trigger.provider)
    if capability is None or when.event.partition(".")[2] not in capability.events:
        return "listening", (rule.trigger.account,), None
    covering_webhooks = covering(definition, capability, webhooks, rule.trigger)
    if covering_webhooks:
        return (
            "listening",
            tuple(dict.fromkeys(capability.spot(webhook.details).name for webhook in covering_webhooks)),
            None,
        )
    about = places(definition, capability)
    if latest is not None and latest.by_app_at is not None and (not about or _has_run(rule)):
        return "listening", (rule.trigger.account,), None
    if rule.listening_problem is not None:
        problem = rule.listening_problem
        since = datetime.fromisoformat(problem["at"])
        return "blocked", (), Obstacle(problem["code"], problem["message"], problem["fix"], since)
    return "waiting", (), _unheard(registry, rule.trigger, about)


def _has_run(rule: Automation) -> bool:
    """Whether events have started a rule, whatever went wrong before: by a webhook that was made by hand."""
    if rule.last_run is None:
        return False
    problem = rule.listening_problem
    return problem is None or rule.last_run.at > datetime.fromisoformat(problem["at"])


def _unheard(registry: Registry, trigger: BoundConnection, about: Sequence[str]) -> Obstacle:
    """Nothing that was made here tells the rule of anything; what others made may."""
    name = _name(registry, trigger.provider)
    if about:
        where = ", ".join(about)
        message = f"No webhook here sends what happens in {where}. It runs only if one made at {name} does."
        return Obstacle("NOT_LISTENING", message, "Switch it off and on again to have one added.")
    return Obstacle(
        "NOWHERE_CHOSEN",
        f"No webhook here sends these events, and it does not say where they happen. It runs only if one "
        f"made at {name} sends them.",
        "Add a webhook in Settings → Webhooks, or narrow it to one place.",
    )


def _name(registry: Registry, provider: str) -> str:
    return registry.get(provider).provider.name

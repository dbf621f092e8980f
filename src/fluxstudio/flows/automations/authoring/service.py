"""Making, changing and restoring rules, for whoever they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fluxstudio.core.automations.rules import (
    Automation,
    Automations,
    CurrentRule,
    RuleVersion,
    Run,
    StoredRule,
)
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.flows import directory
from fluxstudio.flows.automations.authoring.dry_run import DryRun, on_recent_events
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.health.listening import listen
from fluxstudio.flows.automations.health.readiness import require
from fluxstudio.flows.automations.rules import validation
from fluxstudio.flows.automations.rules.bindings import bind
from fluxstudio.flows.automations.rules.definition import Definition, read, read_name
from fluxstudio.flows.visibility import conversations
from fluxstudio.flows.webhooks import event_text


async def readable(
    services: Services,
    actor: Actor,
    definition_json: Any,
    evaluation: Evaluation | None = None,
    *,
    before: Definition | None = None,
    complete: bool = False,
) -> Definition:
    """The rule that JSON describes, checked for this user and bound to connections. Raises `InvalidRequest`.

    `evaluation` is the budget it is to come out of, where the same request works out more. What it said
    `before` decides where it names no connections; with `complete` it has to have all of them.
    """
    definition = read(definition_json)
    evaluation = evaluation or Evaluation(services, actor.user_id)
    await validation.check(services, definition, evaluation)
    return (await bind(services, actor, definition, before)).require(complete=complete)


async def checked(
    services: Services,
    actor: Actor,
    name: str,
    definition_json: Any,
    evaluation: Evaluation | None = None,
    *,
    before: Definition | None = None,
    complete: bool = False,
) -> tuple[str, Definition]:
    """A rule's name and what it says, as `readable` has it; `InvalidRequest` names all that is wrong."""
    problems: dict[str, str] = {}
    try:
        name = read_name(name)
    except InvalidRequest as error:
        problems, message = error.details["fields"], error.message
    try:
        definition = await readable(
            services, actor, definition_json, evaluation, before=before, complete=complete
        )
    except InvalidRequest as error:
        error.details["fields"] = {**problems, **error.details["fields"]}
        raise
    if problems:
        raise InvalidRequest(message, problems)
    return name, definition


async def dry_run(
    services: Services, actor: Actor, definition_json: Any, before: Definition | None = None
) -> DryRun:
    """Try the rule that JSON describes on what happened lately. Raises `InvalidRequest`."""
    evaluation = Evaluation(services, actor.user_id)
    definition = await readable(services, actor, definition_json, evaluation, before=before)
    return await on_recent_events(services, actor, definition, evaluation)


async def make(
    services: Services, actor: Actor, name: str, enabled: bool, definition_json: Any
) -> Automation:
    """Keep a new rule. Raises `InvalidRequest`."""
    name, definition = await checked(services, actor, name, definition_json, complete=True)
    if enabled:
        await require(services, actor, definition)
    rule = validation.stored_rule(name, enabled, definition, await services.db.now())
    automations = Automations(services.db)
    made = await automations.add(actor.user_id, rule, definition.to_json())
    await _noted(services, actor, "automation_made", made)
    return await _listening(services, actor, made)


async def change(
    services: Services,
    actor: Actor,
    automation: UUID,
    *,
    name: str | None = None,
    enabled: bool | None = None,
    definition_json: Any = None,
) -> Automation:
    """Change what is given of a rule; what it said before stays as a version.

    It keeps its connections where the new definition names none. Raises `NotFound`, `InvalidRequest`.
    """
    automations = Automations(services.db)
    now = await automations.get(actor.user_id, automation)
    definition = None
    if definition_json is not None:
        before = as_kept(now.definition)
        name, definition = await checked(
            services, actor, now.name if name is None else name, definition_json, before=before, complete=True
        )
    elif enabled and not now.enabled:
        # What was right when it was written need not be any more.
        definition = await readable(services, actor, now.definition, complete=True)
    if definition is not None and (now.enabled if enabled is None else enabled):
        await require(services, actor, definition)

    def decide(present: CurrentRule) -> tuple[StoredRule, Mapping[str, Any]]:
        new_definition = definition or read(present.definition)
        on = present.enabled if enabled is None else enabled
        return validation.stored_rule(
            name or present.name, on, new_definition, present.now
        ), new_definition.to_json()

    await automations.change(actor.user_id, automation, decide)
    await _noted(services, actor, "automation_changed", automation)
    if definition is None:
        return await automations.get(actor.user_id, automation)
    return await _listening(services, actor, automation)


async def _listening(services: Services, actor: Actor, automation: UUID) -> Automation:
    """The rule, after the provider was asked to send what it waits for."""
    automations = Automations(services.db)
    await listen(services, actor, await automations.get(actor.user_id, automation))
    return await automations.get(actor.user_id, automation)


def as_kept(definition: Any) -> Definition | None:
    """What a rule says, None where it can no longer be read."""
    try:
        return read(definition)
    except InvalidRequest:
        return None


async def restore(services: Services, actor: Actor, automation: UUID, version: int) -> Automation:
    """Let a rule say again what it said then, as another version. Raises `NotFound`, `InvalidRequest`."""
    definition = await Automations(services.db).definition_of(actor.user_id, automation, version)
    if definition is None:
        raise NotFound(f"This automation has no version {version}. `GET …/versions` lists what there is.")
    return await change(services, actor, automation, definition_json=definition)


async def versions(
    services: Services, actor: Actor, automation: UUID, *, before: int | None, limit: int
) -> tuple[list[RuleVersion], int | None]:
    """Versions of a rule, newest first, and the number that leads to older ones. Raises `NotFound`."""
    rows = await Automations(services.db).versions(actor.user_id, automation, before=before, limit=limit + 1)
    page_rows = rows[:limit]
    return page_rows, page_rows[-1].version if len(rows) > limit else None


async def remove(services: Services, actor: Actor, automation: UUID) -> None:
    """Delete a rule. Raises `NotFound`."""
    await Automations(services.db).remove(actor.user_id, automation)
    await _noted(services, actor, "automation_deleted", automation)


async def undelete(services: Services, actor: Actor, automation: UUID) -> None:
    """Take back a deletion of the last hour; the rule is off. Raises `NotFound`, `InvalidRequest`."""
    await Automations(services.db).undelete(actor.user_id, automation)
    await _noted(services, actor, "automation_undeleted", automation)


async def started_by(services: Services, actor: Actor, runs: Sequence[Run]) -> Mapping[UUID, str]:
    """In a sentence each, the events that started these runs, as far as they are kept."""
    events = list({run.event_id for run in runs if run.event_id is not None})
    if events:
        await conversations.refresh(services, actor.user_id)
    rows = await Automations(services.db).happened(actor.user_id, events) if events else []
    names = await directory.of_stored(services, actor.user_id, rows)
    return {event["id"]: _text(services, event) for event in names}


def _text(services: Services, event: Mapping[str, Any]) -> str:
    if event["summary"] is not None:
        return str(event["summary"]["text"])
    fields = (event["provider"], event["event_type"], event["payload"] or {})
    return event_text.sentence(services.registry, *fields)


async def try_again(services: Services, actor: Actor, automation: UUID) -> DryRun:
    """Try a rule as it is kept on what happened lately. Raises `NotFound`, `InvalidRequest`."""
    rule = await Automations(services.db).get(actor.user_id, automation)
    return await dry_run(services, actor, rule.definition, as_kept(rule.definition))


async def _noted(services: Services, actor: Actor, action: str, automation: UUID) -> None:
    await services.audit.record(action, None, automation, user_id=actor.user_id)

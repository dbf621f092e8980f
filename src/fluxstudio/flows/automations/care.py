"""Making, changing and restoring rules, for whoever they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fluxstudio.core import telling
from fluxstudio.core.automations import Automation, Automations, Kept, Present, Run, Version
from fluxstudio.core.people import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import NotFound
from fluxstudio.flows import audience
from fluxstudio.flows.automations import rules
from fluxstudio.flows.automations.definition import Definition, read
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.trial import Trial, tried


async def readable(
    services: Services, actor: Actor, given: Any, evaluation: Evaluation | None = None
) -> Definition:
    """The rule that JSON describes, checked for this user. Raises `InvalidRequest`.

    `evaluation` is the budget it is to come out of, where the same request works out more.
    """
    definition = read(given)
    evaluation = evaluation or Evaluation(services, actor.user_id)
    await rules.check(services, actor.user_id, definition, evaluation)
    return definition


async def dry_run(services: Services, actor: Actor, given: Any) -> Trial:
    """Try the rule that JSON describes on what happened lately. Raises `InvalidRequest`."""
    evaluation = Evaluation(services, actor.user_id)
    definition = await readable(services, actor, given, evaluation)
    return await tried(services, actor, definition, evaluation)


async def make(services: Services, actor: Actor, name: str, enabled: bool, given: Any) -> Automation:
    """Keep a new rule. Raises `InvalidRequest`."""
    definition = await readable(services, actor, given)
    kept = rules.kept(name, enabled, definition, await services.db.now())
    automations = Automations(services.db)
    made = await automations.add(actor.user_id, kept, definition.kept())
    await _noted(services, actor, "automation_made", made)
    return await automations.get(actor.user_id, made)


async def change(
    services: Services,
    actor: Actor,
    automation: UUID,
    *,
    name: str | None = None,
    enabled: bool | None = None,
    given: Any = None,
) -> Automation:
    """Change what is given of a rule; what it said before stays as a version.

    Raises `NotFound`, `InvalidRequest`.
    """
    automations = Automations(services.db)
    now = await automations.get(actor.user_id, automation)
    definition = None if given is None else await readable(services, actor, given)
    if definition is None and enabled and not now.enabled:
        # What was right when it was written need not be any more.
        await readable(services, actor, now.definition)

    def decide(present: Present) -> tuple[Kept, Mapping[str, Any]]:
        meant = definition or read(present.definition)
        on = present.enabled if enabled is None else enabled
        return rules.kept(name or present.name, on, meant, present.now), meant.kept()

    await automations.change(actor.user_id, automation, decide)
    await _noted(services, actor, "automation_changed", automation)
    return await automations.get(actor.user_id, automation)


async def restore(services: Services, actor: Actor, automation: UUID, version: int) -> Automation:
    """Let a rule say again what it said then, as another version. Raises `NotFound`, `InvalidRequest`."""
    definition = await Automations(services.db).definition_of(actor.user_id, automation, version)
    if definition is None:
        raise NotFound(f"This automation has no version {version}. `GET …/versions` lists what there is.")
    return await change(services, actor, automation, given=definition)


async def versions(
    services: Services, actor: Actor, automation: UUID, *, before: int | None, limit: int
) -> tuple[list[Version], int | None]:
    """Versions of a rule, newest first, and the number that leads to older ones. Raises `NotFound`."""
    found = await Automations(services.db).versions(actor.user_id, automation, before=before, limit=limit + 1)
    shown = found[:limit]
    return shown, shown[-1].version if len(found) > limit else None


async def remove(services: Services, actor: Actor, automation: UUID) -> None:
    """Delete a rule. Raises `NotFound`."""
    await Automations(services.db).remove(actor.user_id, automation)
    await _noted(services, actor, "automation_deleted", automation)


async def runs(
    services: Services, actor: Actor, automation: UUID, *, before: int | None, limit: int
) -> tuple[list[Run], int | None]:
    """Runs of a rule, newest first, and the number that leads to older ones. Raises `NotFound`."""
    automations = Automations(services.db)
    found = await automations.runs(actor.user_id, automation, before=before, limit=limit + 1)
    shown = found[:limit]
    return shown, shown[-1].number if len(found) > limit else None


async def started_by(services: Services, actor: Actor, runs: Sequence[Run]) -> Mapping[UUID, str]:
    """In a sentence each, the events that started these runs, as far as they are kept."""
    events = list({run.event_id for run in runs if run.event_id is not None})
    if events:
        await audience.refresh(services, actor.user_id)
    found = await Automations(services.db).happened(actor.user_id, events) if events else []
    return {event["id"]: _text(services, event) for event in found}


def _text(services: Services, event: Mapping[str, Any]) -> str:
    if event["summary"] is not None:
        return str(event["summary"]["text"])
    told = (event["provider"], event["event_type"], event["payload"] or {})
    return telling.sentence(services.registry, *told)


async def try_again(services: Services, actor: Actor, automation: UUID) -> Trial:
    """Try a rule as it is kept on what happened lately. Raises `NotFound`, `InvalidRequest`."""
    kept = await Automations(services.db).get(actor.user_id, automation)
    return await dry_run(services, actor, kept.definition)


async def _noted(services: Services, actor: Actor, action: str, automation: UUID) -> None:
    await services.audit.record(action, None, automation, user_id=actor.user_id)

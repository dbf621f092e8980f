"""What places in a rule can be filled with: files, channels and repositories of the user's accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

from fluxstudio.faces.web.automations.form_state import FormState
from fluxstudio.faces.web.components.views import SuggestedField
from fluxstudio.faces.web.shell.deferred import in_time
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES, AUTOMATIONS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring.choices import Question, place_of, question
from fluxstudio.flows.directory import names_in

FIELD_VALUES = f"{AUTOMATIONS}/field-values"


async def picks_for(visit: Visit, state: FormState) -> Mapping[str, SuggestedField]:
    """What each place of a rule offers; a slow provider offers its own once the user types."""
    asked = _asked(state)
    connections = {name: _connection(state, side, provider) for name, (_, provider, side) in asked.items()}
    waiting = (
        _in_time(visit, Question(ask, provider=provider, connection=connections[name]))
        for name, (ask, provider, _) in asked.items()
    )
    questions = await asyncio.gather(*waiting)
    names = await names_in(visit.services, visit.actor, [state.definition])
    picks = {name: _field(entry, names) for name, entry in zip(asked, questions, strict=True)}
    event = state.part("when").get("event")
    if isinstance(event, str):
        about = {"event": event, "connection": _connection(state, "when", event.partition(".")[0]) or ""}
        picks["values"] = SuggestedField(picker=True, href=f"{FIELD_VALUES}?{urlencode(about)}")
    return picks


def _asked(state: FormState) -> dict[str, tuple[str, str, str]]:
    """What is asked for, the provider that answers, and the side of the rule, by the name of the pick."""
    asked = {}
    trigger = state.provider_of(str(state.part("when").get("event", "")))
    place = None if trigger is None else place_of(trigger.provider)
    if trigger is not None and place is not None:
        asked["place"] = (place[1], trigger.provider.id, "when")
    target = state.provider_of(str(state.part("do").get("operation", "")))
    if target is not None:
        for ask in ("channel", "file", "repository"):
            asked[ask] = (ask, target.provider.id, "do")
    return asked


def _connection(state: FormState, side: str, provider: str) -> str | None:
    """The connection that a side works with: the chosen one, or the only one."""
    own = [str(entry.id) for entry in state.listed if entry.provider == provider and entry.is_active]
    chosen = state.part(side).get("connection")
    if isinstance(chosen, str) and chosen in own:
        return chosen
    return own[0] if len(own) == 1 else None


async def _in_time(visit: Visit, open_question: Question) -> Question:
    ask, provider, connection = open_question.ask, open_question.provider, open_question.connection
    asked = await in_time(question(visit.services, visit.actor, ask, provider, connection))
    return open_question if asked is None else asked.result()


def _field(entry: Question, names: Mapping[str, str]) -> SuggestedField:
    query = {"ask": entry.ask, **({"connection": entry.connection} if entry.connection else {})}
    listed = {choice.value: choice.words for choice in entry.choices}
    path = ACCOUNT_PAGES.format(provider=entry.provider)
    return SuggestedField(
        picker=True,
        href=f"{path}/suggestions?{urlencode(query)}",
        choices=(*listed.items(), *((key, name) for key, name in names.items() if key not in listed)),
    )

"""The preview beside a rule that is being written: what it would send for one event, as it will look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from fluxstudio.errors import InvalidRequest, Unavailable
from fluxstudio.faces.web.automations.form_state import FormState
from fluxstudio.faces.web.automations.form_views import EntryView, PreviewView
from fluxstudio.faces.web.automations.parameters import label_of
from fluxstudio.faces.web.automations.pickers import FIELD_VALUES
from fluxstudio.faces.web.automations.shared import values_of
from fluxstudio.faces.web.components.drawing import drawing_view
from fluxstudio.faces.web.shell.filters import ago
from fluxstudio.faces.web.shell.paging import search_in
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring.field_suggestions import field_values
from fluxstudio.flows.automations.authoring.preview import (
    EXAMPLE,
    NOW,
    Preview,
    Sample,
    as_uuid,
    preview,
    samples,
)

router = APIRouter(include_in_schema=False)

MOST_SUMMARY_CHARACTERS = 90
LEADS = {"message": "Message in {place}", "issue": "Issue in {place}", "comment": "Comment on {place}"}


async def preview_of(visit: Visit, state: FormState, chosen: str) -> tuple[EntryView | None, PreviewView]:
    """The events to choose from, and what the rule would send for the chosen one, else for the latest."""
    listed = await samples(visit.services, visit.actor, state.part("when"))
    sample = next((entry for entry in listed if entry.id == chosen), listed[0] if listed else None)
    if sample is None:
        return None, PreviewView()
    try:
        made = await preview(visit.services, visit.actor, state.definition, sample)
    except (InvalidRequest, Unavailable) as error:
        return _choice(listed, sample), PreviewView(problems=(error.message,))
    return _choice(listed, sample), _view(visit, state, made)


def _choice(listed: Sequence[Sample], sample: Sample) -> EntryView | None:
    if sample.id == NOW:
        return None
    return EntryView(
        name="sample",
        label="With",
        value=sample.id,
        options=tuple((entry.id, _words(entry)) for entry in listed),
    )


def _words(sample: Sample) -> str:
    summary = sample.summary
    if len(summary) > MOST_SUMMARY_CHARACTERS:
        summary = f"{summary[:MOST_SUMMARY_CHARACTERS]}…"
    when = "an example" if sample.id == EXAMPLE or sample.at is None else ago(sample.at)
    return f"{summary} · {when}"


def _view(visit: Visit, state: FormState, made: Preview) -> PreviewView:
    if made.problems is not None:
        return PreviewView(
            problems=tuple(f"{_label(place)}: {what}" for place, what in made.problems.items())
        )
    operation = str(state.part("do").get("operation", ""))
    arguments: Mapping[str, Any] = made.arguments or {}
    if made.drawing is None:
        values = values_of(visit.services.registry, operation, arguments)
        return PreviewView(values=values, why=made.why)
    name = _name(state, made.drawing.place)
    return PreviewView(
        lead=LEADS[made.drawing.kind].format(place=name) if name else "",
        drawing=drawing_view(made.drawing, person=_person(visit, state, operation), place=name),
        why=made.why,
    )


def _label(place: str) -> str:
    first, _, rest = place.partition(".")
    return f"{label_of(first)} ({rest})" if rest else label_of(first)


def _name(state: FormState, place: str) -> str:
    """What a place is called: the name that its picker shows."""
    for pick in state.picks.values():
        for value, words in pick.choices:
            if value == place:
                return words
    return place


def _person(visit: Visit, state: FormState, operation: str) -> str:
    """Whose account writes it."""
    chosen, provider = state.part("do").get("connection"), operation.partition(".")[0]
    own = [entry for entry in state.listed if entry.provider == provider and entry.is_active]
    account = next((entry for entry in own if str(entry.id) == chosen), own[0] if own else None)
    return account.account.name if account is not None else visit.actor.name or "You"


@router.get(FIELD_VALUES)
async def values(request: Request) -> Response:
    """`{suggestions: [{value, words}]}`: what stood in a field of an event lately."""
    visit, query = await Visit.of(request), request.query_params
    event, field, needle = query.get("event", ""), query.get("field", ""), search_in(query.get("q")).lower()
    values = (
        await field_values(visit.services, visit.actor, event, as_uuid(query.get("connection")), field)
        if field
        else {}
    )
    entries = [
        {"value": value, "words": words}
        for value, words in values.items()
        if needle in words.lower() or needle in value.lower()
    ]
    return await visit.send(JSONResponse({"suggestions": entries}))

"""Ask: a question in the address, so that an answer can be linked and read without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.ask.databases import OWN
from fluxstudio.core.ask.questions import Questions
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.ask import presenter
from fluxstudio.faces.web.ask.views import AskPage
from fluxstudio.faces.web.components.views import HeadView
from fluxstudio.faces.web.shell.downloads import csv_file
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.ask import service
from fluxstudio.flows.ask.questions import LONGEST_QUESTION

router = APIRouter(include_in_schema=False)

HEAD = HeadView(title="Ask", sentence="Ask about your connections, events and automations in plain English.")
HEAD_OF_ADMINS = HeadView(
    title="Ask", sentence="Ask about everybody’s connections, events and automations in plain English."
)
HISTORY_ROWS = 8
SUGGESTION_CHIPS = 6


@router.get(presenter.PATH)
async def ask(request: Request) -> Response:
    """The page: the question in `q`, answered; `after` is the one it goes on from."""
    visit = await Visit.of(request)
    actor, services = visit.actor, visit.services
    question, source, after = _field(request, "q"), _field(request, "source") or OWN, _field(request, "after")
    reading = _field(request, "reading")
    answer = refusal = None
    status = 200
    if question:
        try:
            answer = await service.ask(services, actor, question, source, after=after, reading=reading)
        except FluxStudioError as error:
            status = error.status
            refusal = presenter.refusal_view(question, source, error.message, error.details)
    page = AskPage(
        head=HEAD_OF_ADMINS if actor.is_admin else HEAD,
        question=answer.question if answer else question,
        source=source,
        sources=tuple(services.ask.names) if len(services.ask.names) > 1 else (),
        answer=presenter.answer_view(answer, reading) if answer else None,
        refusal=refusal,
        suggestions=await _suggestions(visit, source),
        history=tuple(
            presenter.history_row(asked)
            for asked in await Questions(services.db).of(actor.user_id, HISTORY_ROWS)
        ),
    )
    return await visit.page(page, status=status)


async def _suggestions(visit: Visit, source: str) -> tuple[tuple[str, str], ...]:
    try:
        listed = await service.suggestions(visit.services, visit.actor, source)
    except FluxStudioError:
        return ()
    return tuple((question, presenter.href(question, source)) for question in listed)


@router.get(f"{presenter.PATH}/answer.csv")
async def download(request: Request) -> Response:
    """The rows of an answer as CSV."""
    visit = await Visit.of(request)
    answer = await service.ask(
        visit.services,
        visit.actor,
        _field(request, "q"),
        _field(request, "source") or OWN,
        reading=_field(request, "reading"),
    )
    return csv_file("answer.csv", answer.rows.columns, answer.rows.values)


def _field(request: Request, name: str) -> str:
    """A field of the address without what no question has."""
    return request.query_params.get(name, "").replace("\x00", " ").strip()[: LONGEST_QUESTION + 1]

"""Questions to the database in words."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fluxstudio.core.identity.users import Actor
from fluxstudio.faces.api.connections import errors
from fluxstudio.faces.api.schemas.ask import ClearedAnswer, QuestionAnswer, QuestionBody, question_answer
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.authentication import READ, current_admin, require_scope, services_of
from fluxstudio.flows.ask import service

Admin = Annotated[Actor, Depends(current_admin)]
Reader = Annotated[Actor, Depends(require_scope(READ))]

router = APIRouter(prefix="/api/mcp", tags=["Questions"], responses=errors)


@router.post("/query", response_model=QuestionAnswer, operation_id="ask_question")
async def query(request: Request, actor: Reader, body: QuestionBody) -> Response:
    """Answer a question about your connections, events and automations; administrators ask about all.

    What is not understood is refused with what would work (`QUESTION_REFUSED`). Where a question may mean
    several things, send it again with the `id` of one of the `readings` as `reading`. 30 questions a minute;
    the same question gets the same answer for five minutes.
    """
    answer = await service.ask(services_of(request), actor, body.query, body.source, reading=body.reading)
    return json_answer(question_answer(answer))


@router.post("/cache/clear", response_model=ClearedAnswer, operation_id="clear_tool_cache")
async def clear(request: Request, admin: Admin) -> Response:
    """Forget the kept answers to questions, and read the schemas again. For administrators."""
    services = services_of(request)
    await service.clear(services, admin)
    return json_answer(ClearedAnswer(success=True, message="The kept answers are forgotten."))

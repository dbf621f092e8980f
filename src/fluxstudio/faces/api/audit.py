"""The audit log, for administrators and for each user's own part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from fluxstudio.core.audit import AuditLine
from fluxstudio.core.identity.users import Actor
from fluxstudio.faces.api.connections import Caller, errors
from fluxstudio.faces.api.schemas.common import AuditAnswer, AuditEntry, json_answer
from fluxstudio.faces.authentication import current_admin, services_of

Admin = Annotated[Actor, Depends(current_admin)]
Before = Annotated[
    str | None,
    Query(alias="cursor", description="`nextCursor` of the page before.", pattern=r"^[0-9]{1,18}$"),
]
Limit = Annotated[int, Query(description="How many lines a page has at most.", ge=1, le=200)]
OfAction = Annotated[str | None, Query(description="Only this action, such as sign-in.", max_length=60)]
OfUser = Annotated[str | None, Query(alias="userId", description="Only this user.", max_length=255)]

router = APIRouter(prefix="/api/audit", tags=["Audit"], responses=errors)


@router.get("", response_model=AuditAnswer, operation_id="list_audit")
async def everything(
    request: Request,
    admin: Admin,
    cursor: Before = None,
    limit: Limit = 50,
    action: OfAction = None,
    user: OfUser = None,
) -> Response:
    """What was done here, by whom, from where; newest first. For administrators."""
    audit = services_of(request).audit
    return _page(await audit.page(before=_id(cursor), action=action, user=user, limit=limit + 1), limit)


@router.get("/mine", response_model=AuditAnswer, operation_id="list_own_audit")
async def mine(
    request: Request, actor: Caller, cursor: Before = None, limit: Limit = 50, action: OfAction = None
) -> Response:
    """What was done in your name, tries to sign in as you included; newest first."""
    audit = services_of(request).audit
    lines = await audit.page_of(actor.user_id, before=_id(cursor), action=action, limit=limit + 1)
    return _page(lines, limit)


def _id(cursor: str | None) -> int | None:
    return None if cursor is None else int(cursor)


def _page(lines: Sequence[AuditLine], limit: int) -> Response:
    """A page of lines, of which one more than fits was asked for."""
    page_lines = lines[:limit]
    return json_answer(
        AuditAnswer(
            entries=[
                AuditEntry(
                    id=str(line.id),
                    at=line.at,
                    user_id=line.user,
                    action=line.action,
                    provider=line.provider,
                    subject=line.subject,
                    outcome=line.outcome,
                    address=line.address,
                    details=dict(line.details),
                    request_id=line.request_id,
                    trace_id=line.trace_id,
                )
                for line in page_lines
            ],
            next_cursor=str(page_lines[-1].id) if len(lines) > limit else None,
        )
    )

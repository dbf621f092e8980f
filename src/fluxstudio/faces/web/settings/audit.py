"""Settings → Audit log: what was done in one's name."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.audit import AuditLine
from fluxstudio.core.registry import Registry
from fluxstudio.faces.web.components.views import HeadView, LinkView, PagerView
from fluxstudio.faces.web.settings.views import AuditPage, AuditRow
from fluxstudio.faces.web.shell.paths import AUDIT, SETTINGS
from fluxstudio.faces.web.shell.visit import Visit

router = APIRouter(include_in_schema=False)

AUDIT_PAGE_SIZE = 50
OUTCOMES = {"refused": ("Refused", "attention"), "failed": ("Failed", "bad")}
# What is done most; everything else is written as the log has it.
ACTIONS = {
    "connect": "Connected {provider}",
    "disconnect": "Disconnected {provider}",
    "sign-in": "Signed in",
    "sign-out": "Signed out",
    "sign-up": "Signed up",
    "automation_created": "Created an automation",
    "automation_changed": "Changed an automation",
    "automation_deleted": "Deleted an automation",
    "automation_undeleted": "Brought an automation back",
    "notifications_changed": "Changed notifications",
    "data_exported": "Exported data",
}


@router.get(AUDIT)
async def audit(request: Request) -> Response:
    """What was done in one's name, tries to sign in as oneself included."""
    visit = await Visit.of(request)
    before = request.query_params.get("before", "")
    number = int(before) if before.isascii() and before.isdecimal() and len(before) <= 18 else None
    lines = await visit.services.audit.page_of(visit.actor.user_id, before=number, limit=AUDIT_PAGE_SIZE + 1)
    shown = lines[:AUDIT_PAGE_SIZE]
    older = f"{AUDIT}?before={shown[-1].id}" if len(lines) > AUDIT_PAGE_SIZE else None
    page = AuditPage(
        head=HeadView(
            title="Audit log",
            sentence="Everything done in your name, newest first.",
            parent=LinkView(label="Settings", href=SETTINGS),
        ),
        rows=tuple(_row(visit.services.registry, line) for line in shown),
        pager=PagerView(
            words="",
            newer_href=AUDIT if number is not None else None,
            older_href=older,
            newer_label="Newest",
            older_label="Older",
        )
        if older or number is not None
        else None,
    )
    return await visit.page(page)


def _row(registry: Registry, line: AuditLine) -> AuditRow:
    outcome, tone = OUTCOMES.get(line.outcome, (None, "neutral"))
    called = line.action == "call" and line.subject is not None
    words = line.action.replace("-", " ").replace("_", " ")
    provider = registry.get(line.provider).provider.name if line.provider else ""
    title = ACTIONS.get(line.action, f"{words[:1].upper()}{words[1:]}").format(provider=provider)
    parts = (
        "" if provider in title else provider,
        "" if called or is_uuid(line.subject) else line.subject or "",
        line.address or "",
    )
    return AuditRow(
        title=f"Called {line.subject}" if called else title,
        details=tuple(part for part in parts if part),
        at=line.at,
        outcome=outcome,
        tone=tone,
    )


def is_uuid(text: str | None) -> bool:
    """Whether a text is an id of ours, which says nothing to people."""
    try:
        return UUID(text or "") is not None
    except ValueError:
        return False

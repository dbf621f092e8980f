"""One call that waits: what would be sent, and the decision on exactly that."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.agents.approvals import Approval, Approvals, Decision
from fluxstudio.errors import Conflict, InvalidRequest, NotFound
from fluxstudio.faces.web.agents.presenter import approval_path, card
from fluxstudio.faces.web.agents.views import ApprovalPage
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView
from fluxstudio.faces.web.shell.paths import AGENTS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.agents.approvals import decide

router = APIRouter(include_in_schema=False)

DECISIONS: dict[str, Decision] = {"allow": "allowed", "deny": "denied"}


@router.get(AGENTS + "/approvals/{which}")
async def approval(request: Request, which: str) -> Response:
    """What an agent wants to send."""
    visit = await Visit.of(request)
    return await _page(visit, await _approval_of(visit, which))


async def _approval_of(visit: Visit, which: str) -> Approval:
    try:
        return await Approvals(visit.services.db).one(visit.actor.user_id, UUID(which))
    except ValueError:
        raise NotFound("There is no such request.") from None


async def _page(visit: Visit, entry: Approval, problem: str | None = None) -> Response:
    services = visit.services
    connections = await services.connections.of_user(visit.actor.user_id)
    view = card(services.registry, connections, entry)
    page = ApprovalPage(
        head=HeadView(title=f"{entry.agent} wants to act", parent=LinkView(label="Agents", href=AGENTS)),
        card=view,
    )
    banners = [BannerView(tone="attention", title=problem)] if problem else []
    return await visit.page(page, banners=banners, status=409 if problem else 200)


@router.post(AGENTS + "/approvals/{which}")
async def decided(request: Request, which: str) -> Response:
    """Allow or deny; what is allowed is sent at once."""
    visit = await Visit.of(request)
    fields = await visit.form()
    entry = await _approval_of(visit, which)
    decision = DECISIONS.get(fields.get("decision", ""))
    if decision is None:
        raise InvalidRequest("Choose Allow or Deny.")
    try:
        await decide(visit.services, visit.actor, entry.id, fields.get("digest", ""), decision, "page")
    except Conflict as error:
        return await _page(visit, await _approval_of(visit, which), error.message)
    return await visit.go(approval_path(entry.id))
